const fs = require('fs');
app.get('/f', (req, res) => {
  // ruleid: javascript-path-from-request
  fs.readFile('./files/' + req.query.name, cb);
  // ruleid: javascript-path-from-request
  fs.createReadStream(path.join(root, req.params.file)).pipe(res);
  const name = req.query.name;
  // ruleid: javascript-path-from-request
  const text = fs.readFileSync(`./files/${name}`);
  // ok: javascript-path-from-request
  fs.readFile('./files/a.txt', cb);
  // ok: javascript-path-from-request
  res.sendFile(name, { root });
  // ok: javascript-path-from-request
  fs.readFile(config.path, cb);
});
