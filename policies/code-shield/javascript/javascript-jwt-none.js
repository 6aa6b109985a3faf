const jwt = require('jsonwebtoken');

// ruleid: javascript-jwt-none
jwt.verify(token, key, { algorithms: ['HS256', 'none'] });
// ruleid: javascript-jwt-none
const t = jwt.sign({ id: 1 }, '', { algorithm: 'none' });
// ruleid: javascript-jwt-none
jwt.verify(token, null);

// ok: javascript-jwt-none
jwt.verify(token, key, { algorithms: ['RS256'] });
// ok: javascript-jwt-none
jwt.sign({ id: 1 }, key, { algorithm: 'HS256' });
// ok: javascript-jwt-none
jwt.verify(token, process.env.KEY);
