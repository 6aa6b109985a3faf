// ruleid: javascript-nosql-where
User.find({ $where: "this.name == '" + name + "'" });
// ruleid: javascript-nosql-where
db.collection('a').find({ active: true, $where: `this.a > ${a}` });
// ruleid: javascript-nosql-where
User.find({ $where: code });

// ok: javascript-nosql-where
User.find({ $where: 'this.a > this.b' });
// ok: javascript-nosql-where
User.find({ name });
// ok: javascript-nosql-where
knex('users').where({ name });
