const crypto = require('crypto');
// ruleid: javascript-weak-random
const token = Math.random().toString(36).slice(2);
// ruleid: javascript-weak-random
user.resetCode = Math.floor(100000 + Math.random() * 900000);

function generatePassword(length) {
  let out = '';
  // ruleid: javascript-weak-random
  for (let i = 0; i < length; i++) out += CHARS[Math.floor(Math.random() * CHARS.length)];
  return out;
}

const makeOtp = () => {
  // ruleid: javascript-weak-random
  return Math.floor(Math.random() * 1e6);
};

// ok: javascript-weak-random
const x = Math.random() * 100;
// ok: javascript-weak-random
const color = colors[Math.floor(Math.random() * colors.length)];
// ok: javascript-weak-random
const sessionToken = crypto.randomBytes(16).toString('hex');
// ok: javascript-weak-random
const delay = Math.floor(Math.random() * 10);
