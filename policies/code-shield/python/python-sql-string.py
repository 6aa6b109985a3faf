import sqlite3

TABLE = "users"


def bad(cursor, name, conn):
    # ruleid: python-sql-string
    cursor.execute(f"SELECT * FROM users WHERE name = '{name}'")
    # ruleid: python-sql-string
    cursor.execute("SELECT * FROM users WHERE name = '%s'" % name)
    # ruleid: python-sql-string
    cursor.execute("DELETE FROM users WHERE id = " + name + " LIMIT 1")
    # ruleid: python-sql-string
    conn.cursor().executescript("UPDATE t SET a = {}".format(name))
    # ruleid: python-sql-string
    conn.execute(text(f"SELECT {name}"))
    query = f"SELECT * FROM users WHERE id = {name}"
    print(query)
    # ruleid: python-sql-string
    cursor.execute(query)


def bad_branch(cursor, name, flag):
    sql = "SELECT * FROM t WHERE name = '" + name + "'"
    if flag:
        # ruleid: python-sql-string
        cursor.execute(sql)


def good(cursor, name, cur):
    # ok: python-sql-string
    cursor.execute("SELECT * FROM users WHERE name = ?", (name,))
    # ok: python-sql-string
    cursor.execute("SELECT * FROM users WHERE name = %s", (name,))
    # ok: python-sql-string
    cursor.execute("SELECT a " + "FROM b")
    # ok: python-sql-string
    cursor.execute("SELECT * FROM " + TABLE)
    # ok: python-sql-string
    print(f"cursor.execute({name})")
    # ok: python-sql-string
    # cursor.execute(f"SELECT {name}")
    # ok: python-sql-string
    log.info("execute " + name)
    statement = "SELECT * FROM users WHERE name = ?"
    # ok: python-sql-string
    cur.execute(statement, (name,))
