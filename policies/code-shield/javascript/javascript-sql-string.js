async function bad(db, id, name, client) {
  // ruleid: javascript-sql-string
  db.query(`SELECT * FROM users WHERE id = ${id}`);
  // ruleid: javascript-sql-string
  await client.query("SELECT * FROM users WHERE name = '" + name + "'");
  // ruleid: javascript-sql-string
  db.run('DELETE FROM users WHERE id = ' + id, (err) => {});
  const sql = `UPDATE users SET name = '${name}' WHERE id = 1`;
  // ruleid: javascript-sql-string
  db.execute(sql);
}

async function good(db, id, name, client, api) {
  // ok: javascript-sql-string
  db.query('SELECT * FROM users WHERE id = ?', [id]);
  // ok: javascript-sql-string
  await client.query('SELECT * FROM users ' + 'WHERE name = $1', [name]);
  // ok: javascript-sql-string
  api.get(`/select/${id}`);
  // ok: javascript-sql-string
  console.log(`SELECT * FROM users WHERE id = ${id}`);
  // ok: javascript-sql-string
  await db.sql`SELECT * FROM users WHERE id = ${id}`;
  // ok: javascript-sql-string
  cache.get('selected:' + name);
}
