#include <stdlib.h>

void bad(unsigned char *key, struct s *s) {
  // ruleid: c-weak-random
  int token = rand();
  // ruleid: c-weak-random
  for (int i = 0; i < 16; i++) key[i] = rand() % 256;
  // ruleid: c-weak-random
  s->session_id = random();
}

void generate_password(char *out) {
  // ruleid: c-weak-random
  out[0] = CHARS[rand() % 62];
}

void good(unsigned char *key, int n) {
  // ok: c-weak-random
  int dice = rand() % 6 + 1;
  // ok: c-weak-random
  getrandom(key, 16, 0);
  // ok: c-weak-random
  int index = rand() % n; // int token = rand();
}
