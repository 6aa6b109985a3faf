class Example {
  void bad(HttpServletRequest request, HttpServletResponse response) throws IOException {
    // ruleid: java-xss
    response.getWriter().println("<h1>" + request.getParameter("n") + "</h1>");
    String name = request.getParameter("name");
    PrintWriter out = response.getWriter();
    // ruleid: java-xss
    out.println("Hello " + name);
    // ruleid: java-xss
    response.getWriter().write(name);
  }

  void good(HttpServletRequest request, HttpServletResponse response, PrintWriter out) throws IOException {
    String name = request.getParameter("name");
    // ok: java-xss
    out.println("<h1>Hello</h1>");
    // ok: java-xss
    out.println("Hello " + Encode.forHtml(name));
    // ok: java-xss
    log.debug(name);
  }
}
