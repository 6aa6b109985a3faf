import java.io.IOException;

class Example {
  void bad(String name, String[] args) throws IOException {
    // ruleid: java-runtime-exec
    Runtime.getRuntime().exec("ping " + name);
    // ruleid: java-runtime-exec
    Process p = Runtime.getRuntime().exec(args[0]);
    Runtime rt = Runtime.getRuntime();
    // ruleid: java-runtime-exec
    rt.exec(name);
    // ruleid: java-runtime-exec
    new ProcessBuilder("sh", "-c", "ls " + name).start();
  }

  void good(String name, Executor executor) throws IOException {
    // ok: java-runtime-exec
    Runtime.getRuntime().exec("uptime");
    // ok: java-runtime-exec
    new ProcessBuilder("ping", name).start();
    // ok: java-runtime-exec
    executor.exec(name);
    // ok: java-runtime-exec
    System.out.println("Runtime.getRuntime().exec(name)"); // Runtime.getRuntime().exec(name)
  }
}
