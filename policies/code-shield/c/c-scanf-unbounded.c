#include <stdio.h>

void bad(FILE *f, char *line) {
  char buf[64];
  // ruleid: c-scanf-unbounded
  scanf("%s", buf);
  // ruleid: c-scanf-unbounded
  fscanf(f, "%d %s", &n, buf);
  // ruleid: c-scanf-unbounded
  if (sscanf(line, "%[^,]", buf) != 1) return;
}

void good(FILE *f, int n) {
  char buf[64];
  // ok: c-scanf-unbounded
  scanf("%63s", buf);
  // ok: c-scanf-unbounded
  scanf("%d", &n);
  // ok: c-scanf-unbounded
  fscanf(f, "%63[^,]", buf);
  // ok: c-scanf-unbounded
  printf("scanf(\"%%s\", buf)"); // scanf("%s", buf)
}
