import java.util.Random;
import java.security.SecureRandom;

class Example {
  public static String generateToken() {
    // ruleid: java-weak-random
    Random random = new Random();
    return Long.toHexString(random.nextLong());
  }

  void bad() {
    // ruleid: java-weak-random
    int otp = (int) (Math.random() * 1000000);
    // ruleid: java-weak-random
    long sessionId = new java.util.Random().nextLong();
    Random r = new Random();
    // ruleid: java-weak-random
    String token = Long.toHexString(r.nextLong());
  }

  String makeToken() {
    // ok: java-weak-random
    SecureRandom random = new SecureRandom();
    return Long.toHexString(random.nextLong());
  }

  int roll() {
    // ok: java-weak-random
    Random dice = new Random();
    // ok: java-weak-random
    return (int) (Math.random() * 6) + dice.nextInt(6); // int otp = Math.random()
  }
}
