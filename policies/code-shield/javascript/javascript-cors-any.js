// ruleid: javascript-cors-any
app.use(cors({ origin: '*' }));
// ruleid: javascript-cors-any
res.setHeader('Access-Control-Allow-Origin', '*');
// ruleid: javascript-cors-any
app.use(cors({ credentials: true, origin: true }));

// ok: javascript-cors-any
app.use(cors({ origin: 'https://a.test' }));
// ok: javascript-cors-any
res.setHeader('Access-Control-Allow-Origin', origin);
// ok: javascript-cors-any
res.setHeader('Cache-Control', '*');
