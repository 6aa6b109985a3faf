const jwt = require('jsonwebtoken');
const KEY = 'topsecret1';
// ruleid: javascript-jwt-hardcoded-key
jwt.sign({ id: 1 }, 'mysecretkey');
// ruleid: javascript-jwt-hardcoded-key
jwt.verify(token, "mysecretkey", { algorithms: ['HS256'] });
// ruleid: javascript-jwt-hardcoded-key
jwt.sign({ id: 1 }, KEY);

// ok: javascript-jwt-hardcoded-key
jwt.sign({ id: 1 }, process.env.JWT_KEY);
// ok: javascript-jwt-hardcoded-key
jwt.verify(token, key);
// ok: javascript-jwt-hardcoded-key
sign({ id: 1 }, 'mysecretkey');
