#include <stdlib.h>

void bad(char *a, struct s *s, char *b) {
  // ruleid: c-double-free
  free(a);
  log(1);
  free(a);
  // ruleid: c-double-free
  free(s->name);
  if (x) free(s->name);
  // ruleid: c-double-free
  free(b);
  free(b);
}

void good(char *a, char *b, char *c) {
  // ok: c-double-free
  free(a);
  a = NULL;
  free(a);
  if (x) {
    // ok: c-double-free
    free(b);
    return;
  }
  // ok: c-double-free
  free(b);
  // ok: c-double-free
  free(c);
}
