#include <stdlib.h>

void bad(struct node *n, char *text, int *a) {
  // ruleid: c-use-after-free
  free(n);
  count--;
  total = n->size;
  // ruleid: c-use-after-free
  free(text);
  printf("%s", text);
  // ruleid: c-use-after-free
  free(a);
  a[0] = 1;
}

void good(struct node *n, char *text, char *other) {
  total = n->size;
  // ok: c-use-after-free
  free(n);
  // ok: c-use-after-free
  free(text);
  text = malloc(10);
  text[0] = 'a';
  // ok: c-use-after-free
  if (other) {
    free(other);
    return;
  }
  other[0] = 'b';
}
