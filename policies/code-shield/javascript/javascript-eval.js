const vm = require('vm');

function bad(code, req) {
  // ruleid: javascript-eval
  eval(code);
  // ruleid: javascript-eval
  const f = new Function('a', 'return ' + code);
  // ruleid: javascript-eval
  vm.runInNewContext(req.body.code, {});
  // ruleid: javascript-eval
  setTimeout(`run(${code})`, 100);
  // ruleid: javascript-eval
  return eval('(' + code + ')');
}

function good(code, page) {
  // ok: javascript-eval
  JSON.parse(code);
  // ok: javascript-eval
  eval('1 + 1');
  // ok: javascript-eval
  page.$eval('input', (el) => el.value);
  // ok: javascript-eval
  setTimeout(() => code(), 100);
  // ok: javascript-eval
  const f = new Function('return this');
  // ok: javascript-eval
  return 'eval(code)'; // eval(code)
}
