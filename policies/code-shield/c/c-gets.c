#include <stdio.h>

int main(void) {
  char buf[64];
  struct request *p = next();
  // ruleid: c-gets
  gets(buf);
  // ruleid: c-gets
  gets(p->buf);
  // ruleid: c-gets
  while (gets(buf) != NULL) puts(buf);
  // ok: c-gets
  fgets(buf, sizeof buf, stdin);
  // ok: c-gets
  // gets(buf) is dangerous
  /* ok: c-gets */
  /* and so is gets(p->buf) */
  // ok: c-gets
  puts("gets(buf)");
  // ok: c-gets
  widgets(buf);
  return 0;
}
