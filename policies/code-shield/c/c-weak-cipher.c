#include <openssl/evp.h>

void bad(void) {
  // ruleid: c-weak-cipher
  EVP_EncryptInit_ex(ctx, EVP_des_cbc(), NULL, key, iv);
  // ruleid: c-weak-cipher
  EVP_EncryptInit_ex(ctx, EVP_aes_128_ecb(), NULL, key, NULL);
  // ruleid: c-weak-cipher
  RC4_set_key(&k, 16, key);
}

void good(void) {
  // ok: c-weak-cipher
  EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, iv);
  // ok: c-weak-cipher
  EVP_CIPHER_CTX_new();
  // ok: c-weak-cipher
  log("RC4_set_key(&k)"); // EVP_des_cbc()
}
