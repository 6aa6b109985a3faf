// ruleid: javascript-tls-verify-off
const agent = new https.Agent({ keepAlive: true, rejectUnauthorized: false });
// ruleid: javascript-tls-verify-off
process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
// ruleid: javascript-tls-verify-off
options.rejectUnauthorized = false;
// ruleid: javascript-tls-verify-off
request({ url, 'strictSSL': false });

// ok: javascript-tls-verify-off
const good = new https.Agent({ rejectUnauthorized: true });
// ok: javascript-tls-verify-off
const other = new https.Agent({ ca: fs.readFileSync('ca.pem') });
// ok: javascript-tls-verify-off
process.env.NODE_ENV = '0';
// ok: javascript-tls-verify-off
// { rejectUnauthorized: false }
