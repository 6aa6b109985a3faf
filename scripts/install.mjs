/**
 * Installs the npm packages that this checkout needs, and only when they are not there already.
 *
 * A stamp in node_modules says what is installed. It says `installing` while npm runs and `done` only
 * after npm ended well, so an install that was killed is seen and begun afresh. `npm ci` is not used:
 * npm 11 refuses this lock file for the optional packages of other platforms.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withLock } from './lock.mjs';

/** Says something to the person at the terminal, on stderr: stdout belongs to the program itself. */
export const say = (text) => process.stderr.write(`portcullis: ${text}\n`);

/** A failure whose message is meant for the user as it stands. */
export class SetupError extends Error {}

export const lockPath = (root) => join(root, '.cache', 'setup.lock');

/** What a process says that waits for the lock. */
export const waiting = (root) => (pid) =>
  say(
    `waiting for another set-up of this folder (process ${pid}) to finish …\n` +
      `            If no such set-up runs, delete ${lockPath(root)}`,
  );

/**
 * Makes node_modules fit package.json and package-lock.json.
 *
 * @param root the folder of package.json
 * @param mode `runtime`: without devDependencies; `full`: everything. A full install serves for both.
 * @throws SetupError when npm is missing or fails
 */
export async function ensureInstalled(root, mode) {
  if (isInstalled(root, mode)) return;
  await withLock(lockPath(root), waiting(root), async (addProcess) => {
    if (!isInstalled(root, mode)) await install(root, mode, addProcess);
  });
}

async function install(root, mode, addProcess) {
  const modules = join(root, 'node_modules');
  const before = readStamp(root);
  if (before?.state === 'installing') {
    say('the last install was interrupted; starting over');
    clear(modules);
  }
  // A developer's packages are never taken away by a mere start.
  const wanted = before?.mode === 'full' || hasDevPackages(root) ? 'full' : mode;
  const size = wanted === 'full' ? 'about 400 MB with the tools for tests' : 'about 200 MB';
  say(`installing npm packages (${size}; only when package-lock.json changed) …`);
  mkdirSync(modules, { recursive: true });
  writeStamp(root, { state: 'installing', mode: wanted });
  const lockFile = readText(join(root, 'package-lock.json'));
  const { code, output, interrupted } = await npm(root, addProcess, [
    ...['install', '--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--include=optional'],
    ...[
      '--loglevel=error',
      '--fetch-retries=2',
      '--fetch-retry-mintimeout=500',
      '--fetch-retry-maxtimeout=3000',
    ],
    wanted === 'full' ? '--include=dev' : '--omit=dev',
  ]);
  if (code !== 0) {
    // npm puts the old tree back when it fails by itself: nothing is half-done.
    if (!interrupted) rmSync(stampPath(root), { force: true });
    throw new SetupError(
      interrupted ? 'the install was interrupted; the next run starts it over.' : explain(code, output),
    );
  }
  if (readText(join(root, 'package-lock.json')) !== lockFile) {
    throw new SetupError(
      'npm changed package-lock.json, so it does not fit package.json. Run "npm install", look at the ' +
        'difference ("git diff package-lock.json") and commit it, or undo the change in package.json.',
    );
  }
  writeStamp(root, { state: 'done', mode: wanted, key: installKey(root) });
}

function isInstalled(root, mode) {
  const stamp = readStamp(root);
  if (stamp?.state !== 'done' || stamp.key !== installKey(root)) return false;
  return stamp.mode === 'full' || stamp.mode === mode;
}

/** Changes when another set of packages would be installed: the wishes, the lock file, the platform. */
function installKey(root) {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const { dependencies, devDependencies, optionalDependencies, overrides } = manifest;
  return createHash('sha256')
    .update(JSON.stringify({ dependencies, devDependencies, optionalDependencies, overrides }))
    .update(readText(join(root, 'package-lock.json')))
    .update(`${process.platform}-${process.arch}`)
    .digest('hex');
}

const stampPath = (root) => join(root, 'node_modules', '.portcullis-install.json');

function readStamp(root) {
  try {
    return JSON.parse(readFileSync(stampPath(root), 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    // A stamp cut off in the middle of writing: the install it speaks of is not to be trusted.
    if (error instanceof SyntaxError) return { state: 'installing' };
    throw error;
  }
}

const writeStamp = (root, stamp) => writeFileSync(stampPath(root), JSON.stringify(stamp) + '\n');

function hasDevPackages(root) {
  const { devDependencies = {} } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const names = Object.keys(devDependencies);
  return (
    names.length > 0 && names.every((name) => existsSync(join(root, 'node_modules', name, 'package.json')))
  );
}

/** Empties a folder and leaves it in place: it may be a mount point. */
function clear(folder) {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true, force: true });
}

const readText = (path) => (existsSync(path) ? readFileSync(path, 'utf8') : '');

/** Runs npm in `root`. Its words go to stderr as they come; signals that reach us reach it too. */
function npm(root, addProcess, args) {
  // Under `npm start` the npm that was called is used, whatever else is on PATH.
  const cli = /npm-cli\.js$/.test(process.env.npm_execpath ?? '') ? process.env.npm_execpath : undefined;
  const [command, prefix] = cli === undefined ? ['npm', []] : [process.execPath, [cli]];
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...prefix, ...args], {
      cwd: root,
      env: { ...process.env, NODE_LLAMA_CPP_SKIP_DOWNLOAD: 'true' },
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: cli === undefined && process.platform === 'win32',
    });
    if (child.pid !== undefined) addProcess(child.pid);
    let output = '';
    let interrupted = false;
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data) => {
        process.stderr.write(data);
        output = (output + data).slice(-20_000);
      });
    }
    const pass = (signal) => {
      interrupted = true;
      child.kill(signal);
    };
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    for (const signal of signals) process.on(signal, pass);
    const done = () => signals.forEach((signal) => process.off(signal, pass));
    child.once('error', (error) => {
      done();
      if (error.code !== 'ENOENT') return reject(error);
      reject(new SetupError('npm is not on PATH. It comes with Node: install both from https://nodejs.org.'));
    });
    child.once('close', (code) => {
      done();
      resolve({ code, output, interrupted: interrupted || code === null || code >= 128 });
    });
  });
}

const CAUSES = [
  [
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ERR_SOCKET_TIMEOUT|network request/,
    'the npm registry cannot be reached. Check the connection, and behind a proxy "npm config set ' +
      'https-proxy URL"; "npm config get registry" shows which registry is asked.',
  ],
  [/ENOSPC/, 'the disk is full. The packages need about 200 MB, and 400 MB with the tools for tests.'],
  [/EACCES|EPERM|EROFS/, 'a file or folder may not be written. Run it as the user who owns this folder.'],
  [/E401|E403/, 'the npm registry refused access. "npm config get registry" shows which one is asked.'],
  [/E404|ETARGET/, 'the registry has no such package or version. Is it a mirror that lags behind?'],
  [/EINTEGRITY/, 'a package is not what package-lock.json says. "npm cache clean --force" and try again.'],
];

/** The error's text: what npm's output says went wrong, and what to do. */
function explain(code, output) {
  const cause = CAUSES.find(([pattern]) => pattern.test(output))?.[1];
  return `npm could not install the packages: ${cause ?? `it ended with exit code ${code}; see its words above.`}`;
}
