#include <stdlib.h>

void bad(char *template) {
  // ruleid: c-mktemp
  char *a = mktemp(template);
  // ruleid: c-mktemp
  char *b = tmpnam(NULL);
  // ruleid: c-mktemp
  FILE *f = fopen(tempnam("/tmp", "x"), "w");
}

void good(char *template) {
  // ok: c-mktemp
  int fd = mkstemp(template);
  // ok: c-mktemp
  FILE *f = tmpfile();
  // ok: c-mktemp
  my_mktemp(template); // mktemp(template)
}
