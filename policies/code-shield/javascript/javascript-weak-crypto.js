const crypto = require('crypto');
import { createHash } from 'node:crypto';

// ruleid: javascript-weak-crypto
crypto.createHash('md5').update(password).digest('hex');
// ruleid: javascript-weak-crypto
const sha = createHash("sha1");
// ruleid: javascript-weak-crypto
const cipher = crypto.createCipher('aes192', key);
// ruleid: javascript-weak-crypto
crypto.createCipheriv('aes-128-ecb', key, null);
// ruleid: javascript-weak-crypto
const h = CryptoJS.MD5(text).toString();

// ok: javascript-weak-crypto
crypto.createHash('sha256').update(data);
// ok: javascript-weak-crypto
crypto.createCipheriv('aes-256-gcm', key, iv);
// ok: javascript-weak-crypto
crypto.createHash(algorithm);
// ok: javascript-weak-crypto
const note = "crypto.createHash('md5')"; // createHash('md5')
