// ruleid: javascript-hardcoded-secret
const API_KEY = 'k9f83hf0s9d8f7';
// ruleid: javascript-hardcoded-secret
const db = mysql.createConnection({ host: 'db', user: 'root', password: 'S3cure!pass' });
// ruleid: javascript-hardcoded-secret
config.jwtSecret = "d41c8cd98f00b204";

// ok: javascript-hardcoded-secret
const apiKey = process.env.API_KEY;
// ok: javascript-hardcoded-secret
const password = '';
// ok: javascript-hardcoded-secret
const options = { password: 'YOUR_PASSWORD' };
// ok: javascript-hardcoded-secret
const input = { type: 'password', name: 'password1234' };
// ok: javascript-hardcoded-secret
const secret = `${prefix}-suffix`;
