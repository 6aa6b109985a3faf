#include <stdlib.h>

void bad(size_t n, size_t w) {
  // ruleid: c-alloc-product
  int *a = malloc(n * sizeof(int));
  // ruleid: c-alloc-product
  p = realloc(p, n * w);
  // ruleid: c-alloc-product
  char *b = (char *)malloc(w * n);
}

void good(size_t n) {
  // ok: c-alloc-product
  int *a = calloc(n, sizeof(int));
  // ok: c-alloc-product
  int *b = malloc(10 * sizeof(int));
  // ok: c-alloc-product
  char *c = malloc(n + 1);
}
