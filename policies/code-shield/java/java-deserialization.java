import java.io.*;

class Example {
  Object bad(InputStream s, ObjectMapper mapper) throws Exception {
    ObjectInputStream in = new ObjectInputStream(s);
    // ruleid: java-deserialization
    Object o = in.readObject();
    // ruleid: java-deserialization
    Object p = new ObjectInputStream(s).readObject();
    try (ObjectInputStream other = new ObjectInputStream(s)) {
      // ruleid: java-deserialization
      return other.readObject();
    }
  }

  void alsoBad(ObjectMapper mapper) {
    // ruleid: java-deserialization
    mapper.enableDefaultTyping();
  }

  Object good(InputStream s, ObjectMapper mapper, Reader reader) throws Exception {
    // ok: java-deserialization
    Object o = mapper.readValue(s, User.class);
    // ok: java-deserialization
    Object p = reader.readObject();
    ObjectInputStream in = new ObjectInputStream(s);
    in.setObjectInputFilter(FILTER);
    // ok: java-deserialization
    return in.readObject();
  }
}
