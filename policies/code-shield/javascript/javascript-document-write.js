function bad(name, res) {
  // ruleid: javascript-document-write
  document.write(name);
  // ruleid: javascript-document-write
  document.writeln('<p>' + location.hash + '</p>');
  // ruleid: javascript-document-write
  window.document.write(`<h1>${name}</h1>`);
  // ruleid: javascript-document-write
  res.send(`<h1>Hello ${name}</h1>`);
}

function good(name, stream, res) {
  // ok: javascript-document-write
  document.write('<p>constant</p>');
  // ok: javascript-document-write
  stream.write(name);
  // ok: javascript-document-write
  document.body.textContent = name;
  // ok: javascript-document-write
  res.send(`done: ${name}`);
  // ok: javascript-document-write
  // document.write(name)
  // ok: javascript-document-write
  return 'document.write(name)';
}
