class Example {
  void bad(HttpServletRequest request) throws IOException {
    // ruleid: java-path-from-request
    File f = new File("/uploads/" + request.getParameter("f"));
    String name = request.getParameter("name");
    // ruleid: java-path-from-request
    InputStream in = new FileInputStream("/data/" + name);
    // ruleid: java-path-from-request
    Path p = Paths.get(ROOT, name);
  }

  void good(HttpServletRequest request, String path) throws IOException {
    String name = request.getParameter("name");
    // ok: java-path-from-request
    File f = new File("/uploads/fixed.txt");
    // ok: java-path-from-request
    InputStream in = new FileInputStream(path);
    // ok: java-path-from-request
    System.out.println(name);
  }
}
