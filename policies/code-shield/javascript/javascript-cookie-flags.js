// ruleid: javascript-cookie-flags
res.cookie('sid', id, { httpOnly: false });
// ruleid: javascript-cookie-flags
res.cookie('sid', id, { maxAge: 1, secure: false });
// ruleid: javascript-cookie-flags
app.use(session({ secret: key, cookie: { secure: false } }));

// ok: javascript-cookie-flags
res.cookie('sid', id, { httpOnly: true, secure: true });
// ok: javascript-cookie-flags
res.clearCookie('sid');
// ok: javascript-cookie-flags
const options = { httpOnly: false };
