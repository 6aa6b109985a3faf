import java.security.MessageDigest;

class Example {
  void bad(byte[] data, String text) throws Exception {
    // ruleid: java-weak-hash
    MessageDigest md = MessageDigest.getInstance("MD5");
    // ruleid: java-weak-hash
    byte[] d = java.security.MessageDigest.getInstance("SHA-1").digest(data);
    // ruleid: java-weak-hash
    String hex = DigestUtils.md5Hex(text);
  }

  void good(byte[] data, String name) throws Exception {
    // ok: java-weak-hash
    MessageDigest md = MessageDigest.getInstance("SHA-256");
    // ok: java-weak-hash
    MessageDigest other = MessageDigest.getInstance(name);
    // ok: java-weak-hash
    String text = "MessageDigest.getInstance(MD5)"; // MessageDigest.getInstance("MD5")
  }
}
