import java.sql.*;

class Example {
  static final String ALL = "SELECT * FROM users";

  void bad(Connection c, Statement st, String name) throws SQLException {
    // ruleid: java-sql-string
    ResultSet rs = st.executeQuery("SELECT * FROM users WHERE name = '" + name + "'");
    // ruleid: java-sql-string
    st.executeUpdate(String.format("DELETE FROM users WHERE name = '%s'", name));
    String sql = "SELECT * FROM users WHERE id = " + name;
    // ruleid: java-sql-string
    st.execute(sql);
    // ruleid: java-sql-string
    c.prepareStatement("SELECT * FROM t WHERE a = " + name).executeQuery();
  }

  void good(Connection c, Statement st, String name, Executor pool) throws SQLException {
    // ok: java-sql-string
    PreparedStatement ps = c.prepareStatement("SELECT * FROM users WHERE name = ?");
    // ok: java-sql-string
    st.executeQuery(ALL);
    // ok: java-sql-string
    st.executeQuery("SELECT a " + "FROM b");
    // ok: java-sql-string
    pool.submit("a" + name);
    // ok: java-sql-string
    log.info("executeQuery " + name); // st.executeQuery("a" + name)
  }
}
