/** `portcullis models`: the real command against a hub on 127.0.0.1. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { writeToyGuard } from '../support/gguf/toy-guard.js';
import { sha256, startFakeHub, type FakeHub } from '../classifiers/guard/model-files/fake-hub.js';
import { runCli, startCli } from './run-cli.js';
import { runHere } from './run-here.js';

// Each test starts a process or two, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

const REPO = 'someone/Toy-Guard-GGUF';
const FILE = 'Toy-Guard.Q8_0.gguf';
const scratch = mkdtempSync(join(tmpdir(), 'cli-models-'));
let toy: Buffer;
let hub: FakeHub;
let folder: string;
let runs = 0;

beforeAll(async () => {
  const path = join(scratch, 'toy.gguf');
  writeToyGuard(path);
  toy = readFileSync(path);
  hub = await startFakeHub({
    [REPO]: {
      licence: 'llama3',
      files: { [FILE]: { content: toy }, 'notes-F16.gguf': { content: Buffer.from('hello') } },
    },
    'someone/Gated': { licence: 'llama3', gated: 'manual', files: { [FILE]: { content: toy } } },
  });
});
afterEach(() => void vi.unstubAllEnvs());
afterAll(async () => {
  await hub.close();
  rmSync(scratch, { recursive: true });
});
beforeEach(() => {
  folder = join(scratch, `models-${++runs}`);
  hub.seen.length = 0;
  hub.behaviour = {};
});

const env = (): Record<string, string> => ({
  HF_ENDPOINT: hub.url,
  HF_TOKEN: '',
  PORTCULLIS_MODELS_FOLDER: folder,
});
/** In a process of its own, as users run it. */
const models = (args: readonly string[], more: Record<string, string> = {}) =>
  runCli(['models', ...args], { cwd: scratch, env: { ...env(), ...more } });

/** In this process, for what needs neither signals nor a terminal. */
function here(args: readonly string[], more: Record<string, string> = {}) {
  for (const [name, value] of Object.entries({ ...env(), ...more })) vi.stubEnv(name, value);
  return runHere('models', ...args);
}

describe('models pull', () => {
  test('downloads, says what it is and under which terms; list and inspect know it; again it is here', async () => {
    const pulled = await models(['pull', `hf:${REPO}:Q8_0`]);
    expect(pulled.stderr).toContain(
      `licence   llama3. Who uses the model accepts its terms: ${hub.url}/${REPO}`,
    );
    expect(pulled.stderr).toMatch(/downloading: 100% of \d+ kB/);
    const path = join(folder, REPO, FILE);
    expect(pulled.stdout).toContain(`hf:${REPO}:Q8_0 was downloaded.`);
    expect(pulled.stdout).toContain(path);
    expect(pulled.stdout).toContain(`${sha256(toy)} (checked against the hub)`);
    expect(pulled.stdout).toMatch(/family +llama-guard-2/);
    expect(pulled.stdout).toContain(`portcullis serve --guard hf:${REPO}:Q8_0`);
    expect(pulled.code).toBe(0);
    expect(readFileSync(path).equals(toy)).toBe(true);

    const list = await here(['list', '--json']);
    expect(JSON.parse(list.stdout)).toMatchObject([
      {
        spec: `hf:${REPO}/${FILE}`,
        path,
        complete: true,
        bytes: toy.length,
        family: 'llama-guard-2',
        usable: true,
        sha256: sha256(toy),
      },
    ]);
    const inspect = await here(['inspect', `hf:${REPO}:Q8_0`]);
    expect(inspect.stdout).toMatch(/family +llama-guard-2/);
    expect(inspect.code).toBe(0);

    const again = await models(['pull', '--verify', `hf:${REPO}/${FILE}`]);
    expect(again.stdout).toContain(`hf:${REPO}/${FILE} is here already.`);
    expect(again.code).toBe(0);
    expect(hub.seen.filter(({ server }) => server === 'files')).toHaveLength(1);
  });

  test('Ctrl-C keeps what has come, says so, and the same command goes on from there', async () => {
    hub.behaviour.stallAfter = 400_000;
    const child = startCli(['models', 'pull', `hf:${REPO}:Q8_0`], { cwd: scratch, env: env() });
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
      if (/downloading: [56]0%/.test(stderr)) child.kill('SIGINT');
    });
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect(stderr).toMatch(/Stopped\. What has come so far is kept/);
    expect(code).toBe(130);

    const list = await here(['list']);
    expect(list.stdout).toMatch(/INCOMPLETE: \d+ kB of \d+ kB; resume it: portcullis models pull hf:/);

    hub.behaviour = {};
    const resumed = await models(['pull', `hf:${REPO}:Q8_0`]);
    expect(resumed.stderr).toMatch(/Resuming Toy-Guard.Q8_0.gguf: \d+ kB of \d+ kB are here/);
    expect(hub.seen.at(-1)?.range).toMatch(/^bytes=\d{6}-$/);
    expect(resumed.code).toBe(0);
    expect(readFileSync(join(folder, REPO, FILE)).equals(toy)).toBe(true);
  });

  test('a gated repository: how to get in; with the token it goes, and nobody sees the token', async () => {
    const refused = await here(['pull', 'hf:someone/Gated:Q8_0']);
    expect(refused.stderr).toMatch(/gated[^]*accept the terms: http[^]*HF_TOKEN/);
    expect(refused.code).toBe(2);

    const stranger = await here(['pull', 'hf:someone/Gated:Q8_0'], { HF_TOKEN: hub.strangerToken });
    expect(stranger.stderr).toMatch(/knows your token, but it may not read/);
    const admitted = await models(['pull', 'hf:someone/Gated:Q8_0'], { HF_TOKEN: hub.token });
    expect(admitted.code).toBe(0);
    expect(admitted.stdout + admitted.stderr + stranger.stdout + stranger.stderr).not.toMatch(/hf_token/);
    expect(readFileSync(join(folder, 'someone/Gated', `${FILE}.json`), 'utf8')).not.toMatch(/hf_token/);
    expect(
      hub.seen.filter(({ server }) => server === 'files').map(({ authorization }) => authorization),
    ).toEqual([undefined]);
  });

  test('without a network: what to do on such a machine, exit code 3', async () => {
    const { stderr, code } = await models(['pull', `hf:${REPO}:Q8_0`], { HF_ENDPOINT: 'http://127.0.0.1:9' });
    expect(stderr).toMatch(/cannot be reached[^]*another machine[^]*models inspect[^]*--guard gguf:PATH/);
    expect(code).toBe(3);
  });

  test('through a proxy; the token does not go to a hub whose address is not encrypted', async () => {
    const seen: (string | undefined)[] = [];
    const far = createServer((request, response) => {
      seen.push(request.headers.host, request.headers.authorization);
      response.writeHead(401, { 'x-error-code': 'GatedRepo' }).end();
    });
    const proxy = createServer((_, response) => void response.writeHead(500).end());
    proxy.on('connect', (_, socket: Socket) => {
      socket.write('HTTP/1.1 200 Connected\r\n\r\n');
      far.emit('connection', socket);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const { port } = proxy.address() as AddressInfo;
    const { stderr, code } = await here(['pull', 'hf:someone/Gated:Q8_0'], {
      HF_ENDPOINT: 'http://hub.invalid',
      HF_TOKEN: hub.token,
      http_proxy: `http://127.0.0.1:${port}`,
      no_proxy: '',
    });
    expect(seen).toEqual(['hub.invalid', undefined]);
    expect(stderr).toMatch(
      /is gated[^]*A token is set, but was not sent: http:\/\/hub.invalid is not encrypted/,
    );
    expect(code).toBe(2);
    proxy.closeAllConnections();
    proxy.close();
  });

  test('a file that is no guard is kept, and told to be none', async () => {
    const { stdout, code } = await here(['pull', `hf:${REPO}:F16`]);
    expect(stdout).toMatch(/NOT usable: .*not a GGUF/);
    expect(stdout).toContain('It cannot be the guard');
    expect(code).toBe(0);
  });

  test.each([
    [
      `hf:${REPO}`,
      /Say which model .*it has:\n {2}hf:someone\/Toy-Guard-GGUF\/Toy-Guard.Q8_0.gguf +\d+ kB, Q8_0/,
    ],
    [`https://huggingface.co/${REPO}/blob/main/${FILE}?x=1`, new RegExp(`write it as hf:${REPO}/${FILE}\\n`)],
    [`${REPO}:Q8_0`, new RegExp(`write it as hf:${REPO}:Q8_0`)],
    ['gguf:toy.gguf', /nothing that can be downloaded/],
    ['hf:nonsense', /USER\/REPO/],
  ])('%s is explained, exit code 2', async (text, message) => {
    const { stderr, code } = await here(['pull', text]);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });
});

describe('models inspect', () => {
  test('of a file: --json, exit code 0; of something else: why not, exit code 2', async () => {
    const good = await here(['inspect', '--json', join(scratch, 'toy.gguf')]);
    expect(JSON.parse(good.stdout)).toMatchObject({
      verdict: 'usable',
      family: { id: 'llama-guard-2' },
      fileBytes: toy.length,
    });
    expect(good.code).toBe(0);

    writeFileSync(join(scratch, 'page.gguf'), '<html>Sign in</html>');
    const bad = await here(['inspect', join(scratch, 'page.gguf')]);
    expect(bad.stdout).toMatch(/NOT usable: .*HTML page/);
    expect(bad.code).toBe(2);
    expect((await here(['inspect', 'nowhere.gguf'])).code).toBe(2);
    const other = await here(['inspect', '--family', 'shieldgemma', join(scratch, 'toy.gguf')]);
    expect(other.stdout).toMatch(/NOT usable: .*Yes or No/);
    expect(other.code).toBe(2);
  });

  test('of a model that was not pulled: the command that pulls it', async () => {
    const { stderr, code } = await here(['inspect', `hf:${REPO}:Q8_0`]);
    expect(stderr).toContain(`portcullis models pull hf:${REPO}:Q8_0`);
    expect(code).toBe(2);
    expect(hub.seen).toEqual([]);
  });
});

test('models list of an empty folder says how to fill it, and makes no folder', async () => {
  const { stdout, stderr, code } = await here(['list']);
  expect(stdout).toBe('');
  expect(stderr).toMatch(/no models in .*models-\d+\. Download one: portcullis models pull/);
  expect(code).toBe(0);
  expect(existsSync(folder)).toBe(false);
  expect((await here(['list', '--json'])).stdout).toBe('[]\n');
});

test('serve: Ctrl-C ends a download at once, and what has come is kept', async () => {
  hub.behaviour = { stallAfter: 100_000 };
  const child = startCli(['serve', '--port', '0', '--guard', `hf:${REPO}:Q8_0`], {
    env: { ...env(), PORTCULLIS_MODELS_DOWNLOAD: 'true', PORTCULLIS_LOG_LEVEL: 'info' },
  });
  let text = '';
  const code = await new Promise<number | null>((resolve) => {
    child.stderr.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
      if (text.includes('10% of')) child.kill('SIGINT');
    });
    child.once('close', resolve);
  });
  expect(code).toBe(0);
  expect(existsSync(join(folder, REPO, `${FILE}.part`))).toBe(true);
  expect(existsSync(join(folder, REPO, `${FILE}.lock`))).toBe(false);
});
