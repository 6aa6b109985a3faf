#include <string.h>

void bad(char *src, struct p *p) {
  char dst[16];
  // ruleid: c-memcpy-strlen
  memcpy(dst, src, strlen(src));
  // ruleid: c-memcpy-strlen
  memcpy(dst, p->name, strlen(p->name) + 1);
  // ruleid: c-memcpy-strlen
  strncpy(dst, src, strlen(src));
}

void good(char *src, char *other, size_t n) {
  char dst[16];
  // ok: c-memcpy-strlen
  memcpy(dst, src, sizeof dst);
  // ok: c-memcpy-strlen
  memcpy(dst, src, n);
  // ok: c-memcpy-strlen
  memcpy(dst, src, strlen(other));
  char *copy = malloc(strlen(src) + 1);
  // ok: c-memcpy-strlen
  memcpy(copy, src, strlen(src) + 1);
}
