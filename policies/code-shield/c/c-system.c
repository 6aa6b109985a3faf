#include <stdlib.h>

int bad(char *cmd, char **argv) {
  char line[100];
  snprintf(line, sizeof line, "ls %s", argv[1]);
  // ruleid: c-system
  system(line);
  // ruleid: c-system
  FILE *p = popen(cmd, "r");
  // ruleid: c-system
  execl("/bin/sh", "sh", "-c", cmd, NULL);
  // ruleid: c-system
  return system(argv[1]);
}

int good(char *cmd) {
  // ok: c-system
  system("clear");
  // ok: c-system
  FILE *p = popen("ls -l", "r");
  // ok: c-system
  execl("/bin/ls", "ls", cmd, NULL);
  // ok: c-system
  file_system(cmd);
  // ok: c-system
  return puts("system(cmd)"); // system(cmd)
}
