#include <openssl/md5.h>

void bad(unsigned char *d, unsigned char *out, size_t n) {
  // ruleid: c-weak-hash
  MD5(d, n, out);
  // ruleid: c-weak-hash
  EVP_DigestInit_ex(ctx, EVP_md5(), NULL);
  // ruleid: c-weak-hash
  SHA1_Init(&ctx);
}

void good(unsigned char *d, unsigned char *out, size_t n) {
  // ok: c-weak-hash
  SHA256(d, n, out);
  // ok: c-weak-hash
  EVP_DigestInit_ex(ctx, EVP_sha256(), NULL);
  // ok: c-weak-hash
  puts("MD5(d, n, out)"); // MD5(d, n, out)
}
