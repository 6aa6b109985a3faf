import javax.net.ssl.*;

class Example {
  TrustManager bad = new X509TrustManager() {
    public void checkClientTrusted(X509Certificate[] chain, String type) { check(chain); }

    // ruleid: java-trust-all
    public void checkServerTrusted(X509Certificate[] chain, String type) {
      // accept everything
    }
  };

  void alsoBad(HttpsURLConnection c) {
    // ruleid: java-trust-all
    c.setHostnameVerifier((host, session) -> true);
    // ruleid: java-trust-all
    client.setSSLHostnameVerifier(NoopHostnameVerifier.INSTANCE);
  }

  TrustManager good = new X509TrustManager() {
    // ok: java-trust-all
    public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
      delegate.checkServerTrusted(chain, type);
    }
  };

  void alsoGood(HttpsURLConnection c) {
    // ok: java-trust-all
    c.setHostnameVerifier((host, session) -> host.equals("internal"));
    // ok: java-trust-all
    c.setHostnameVerifier(verifier); // NoopHostnameVerifier.INSTANCE
  }
}
