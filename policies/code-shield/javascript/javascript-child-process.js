const { exec, execSync: run, execFile, spawn } = require('child_process');
const cp = require('node:child_process');
const util = require('util');
const execAsync = util.promisify(exec);

async function bad(name) {
  // ruleid: javascript-child-process
  exec(`ls ${name}`, (err) => {});
  // ruleid: javascript-child-process
  run('ping ' + name);
  // ruleid: javascript-child-process
  const out = cp.execSync(name).toString();
  // ruleid: javascript-child-process
  spawn(name, [], { shell: true, stdio: 'inherit' });
  // ruleid: javascript-child-process
  require('child_process').exec(name);
  // ruleid: javascript-child-process
  return await execAsync(`id ${name}`);
}

function good(name, db) {
  // ok: javascript-child-process
  exec('ls -l', (err) => {});
  // ok: javascript-child-process
  execFile('ls', [name]);
  // ok: javascript-child-process
  spawn('ls', [name], { shell: false });
  // ok: javascript-child-process
  /pattern/.exec(name);
  // ok: javascript-child-process
  db.exec(name);
  // ok: javascript-child-process
  console.log(`exec(${name})`); // exec(name)
}
