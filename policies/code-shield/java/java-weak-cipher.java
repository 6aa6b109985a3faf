import javax.crypto.*;

class Example {
  void bad(byte[] key) throws Exception {
    // ruleid: java-weak-cipher
    Cipher a = Cipher.getInstance("DES/CBC/PKCS5Padding");
    // ruleid: java-weak-cipher
    Cipher b = Cipher.getInstance("AES/ECB/PKCS5Padding");
    // ruleid: java-weak-cipher
    Cipher c = Cipher.getInstance("AES");
    // ruleid: java-weak-cipher
    KeyGenerator g = KeyGenerator.getInstance("DES");
  }

  void good(byte[] key, String name) throws Exception {
    // ok: java-weak-cipher
    Cipher a = Cipher.getInstance("AES/GCM/NoPadding");
    // ok: java-weak-cipher
    Cipher b = Cipher.getInstance(name);
    // ok: java-weak-cipher
    KeyGenerator g = KeyGenerator.getInstance("AES");
    // ok: java-weak-cipher
    SecretKeySpec s = new SecretKeySpec(key, "AES"); // Cipher.getInstance("DES")
  }
}
