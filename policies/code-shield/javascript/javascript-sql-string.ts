class Users {
  constructor(private readonly db: Pool) {}

  async bad(id: string, name: string): Promise<User[]> {
    // ruleid: javascript-sql-string
    await this.db.query(`DELETE FROM users WHERE id = ${id}`);
    const sql: string = "SELECT * FROM users WHERE name = '" + name + "'";
    // ruleid: javascript-sql-string
    const rows = await this.db.query<User>(sql);
    // ruleid: javascript-sql-string
    return (await prisma.$queryRawUnsafe(`SELECT * FROM users WHERE id = ${id}`)) as User[];
  }

  async good(id: string, table: 'a' | 'b'): Promise<User[]> {
    // ok: javascript-sql-string
    await this.db.query<User>('SELECT * FROM users WHERE id = $1', [id]);
    // ok: javascript-sql-string
    const text: string = `SELECT * FROM users WHERE id = ${id}`;
    // ok: javascript-sql-string
    return prisma.$queryRaw`SELECT * FROM users WHERE id = ${id}`;
  }
}
