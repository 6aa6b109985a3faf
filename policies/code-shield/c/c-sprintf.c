#include <stdio.h>

void bad(const char *name, char *out) {
  char buf[32];
  // ruleid: c-sprintf
  sprintf(buf, "Hello %s", name);
  // ruleid: c-sprintf
  int n = sprintf(out, "%d: %s" "!", 1, name);
  // ruleid: c-sprintf
  sprintf(buf + 4, "%-10s", name);
}

void good(const char *name) {
  char buf[64];
  // ok: c-sprintf
  snprintf(buf, sizeof buf, "Hello %s", name);
  // ok: c-sprintf
  sprintf(buf, "%d", 42);
  // ok: c-sprintf
  sprintf(buf, "%.10s", name);
  // ok: c-sprintf
  // sprintf(buf, "%s", name)
}
