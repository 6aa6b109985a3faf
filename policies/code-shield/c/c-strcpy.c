#include <string.h>

void bad(char *name, struct user *u, char **argv) {
  char buf[16];
  // ruleid: c-strcpy
  strcpy(buf, argv[1]);
  // ruleid: c-strcpy
  strcat(u->name, name);
  // ruleid: c-strcpy
  if (strcpy(buf, name) == NULL) return;
}

void good(char *name) {
  char buf[16];
  // ok: c-strcpy
  strcpy(buf, "constant");
  // ok: c-strcpy
  snprintf(buf, sizeof buf, "%s", name);
  // ok: c-strcpy
  strlcpy(buf, name, sizeof buf);
  // ok: c-strcpy
  puts("strcpy(buf, name)"); // strcpy(buf, name)
}
