class Example {
  // ruleid: java-hardcoded-secret
  private static final String API_KEY = "k9f83hf0s9d8f7";
  // ruleid: java-hardcoded-secret
  String dbPassword = "S3cure!pass";

  void bad() throws Exception {
    // ruleid: java-hardcoded-secret
    Connection c = DriverManager.getConnection(URL, "root", "hunter2-prod");
  }

  // ok: java-hardcoded-secret
  private static final String PASSWORD_FIELD = "passwordField";
  // ok: java-hardcoded-secret
  String password = System.getenv("DB_PASSWORD");
  // ok: java-hardcoded-secret
  String apiKey = "YOUR_API_KEY";
  // ok: java-hardcoded-secret
  String secret = "";
}
