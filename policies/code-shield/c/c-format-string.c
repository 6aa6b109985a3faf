#include <stdio.h>

void bad(char *text, struct m *m, char **argv) {
  // ruleid: c-format-string
  printf(text);
  // ruleid: c-format-string
  fprintf(stderr, m->text);
  // ruleid: c-format-string
  printf(argv[1]);
}

void good(char *text) {
  // ok: c-format-string
  printf("%s", text);
  // ok: c-format-string
  printf("constant");
  // ok: c-format-string
  fprintf(stderr, "%s\n", text);
  // ok: c-format-string
  printf(USAGE);
  // ok: c-format-string
  puts(text); // printf(text)
}
