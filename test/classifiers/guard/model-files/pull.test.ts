/** Downloads from a hub: what arrives, what is resumed, what is refused, who gets to see the token. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseJudgeSpec } from '../../../../src/classifiers/guard/spec.js';
import {
  listModels,
  pullModel,
  type HubSpec,
  type PullEvent,
  type PullOptions,
} from '../../../../src/classifiers/guard/model-files/index.js';
import { sha256, startFakeHub, type FakeHub } from './fake-hub.js';

/** Bytes that differ everywhere, so that a piece at the wrong place is noticed. */
function bytes(length: number, seed: number): Buffer {
  const content = Buffer.alloc(length);
  let state = seed;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    content[i] = state >>> 24;
  }
  return content;
}

const REPO = 'someone/Guard-GGUF';
const FILE = 'Guard.Q4_K_M.gguf';
const content = bytes(300_000, 1);

let folder: string;
let hub: FakeHub;
let events: PullEvent[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'models-'));
  events = [];
  hub = await startFakeHub({
    [REPO]: {
      licence: 'llama3',
      files: { [FILE]: { content }, 'Guard.Q8_0.gguf': { content: bytes(1000, 2) } },
    },
  });
});
afterEach(async () => {
  await hub.close();
  rmSync(folder, { recursive: true });
});

const spec = (text: string): HubSpec => parseJudgeSpec(text) as HubSpec;
const pull = (text: string, options: Partial<PullOptions> = {}) =>
  pullModel(spec(text), {
    folder,
    hub: hub.url,
    signal: new AbortController().signal,
    tell: (event) => {
      events.push(event);
      if (event.kind === 'progress') hub.arrived(event.bytes);
    },
    pausesMs: [0, 0],
    ...options,
  });
const at = (name: string): string => join(folder, REPO, name);
const kinds = (): string[] => [...new Set(events.map(({ kind }) => kind))];
const downloads = () => hub.seen.filter(({ server, method }) => server === 'files' && method === 'GET');

describe('a download', () => {
  test('arrives whole, under the name it has on the hub, and leaves nothing else but its record', async () => {
    const pulled = await pull(`hf:${REPO}/${FILE}`);
    expect(pulled).toEqual({
      path: at(FILE),
      downloaded: true,
      files: [{ path: at(FILE), bytes: content.length, sha256: sha256(content), verified: true }],
    });
    expect(readFileSync(at(FILE)).equals(content)).toBe(true);
    expect(readdirSync(join(folder, REPO)).sort()).toEqual([FILE, `${FILE}.json`]);
    expect(JSON.parse(readFileSync(at(`${FILE}.json`), 'utf8'))).toMatchObject({
      repository: REPO,
      file: FILE,
      size: content.length,
      sha256: sha256(content),
      licence: 'llama3',
      revision: 'a'.repeat(40),
    });
  });

  test('names the licence and the gate before the first byte', async () => {
    const repository = hub.repositories[REPO];
    if (repository !== undefined) repository.gated = 'manual';
    await pull(`hf:${REPO}/${FILE}`, { token: hub.token });
    expect(events[0]).toMatchObject({
      kind: 'repository',
      repository: { licence: 'llama3', gated: true, page: `${hub.url}/${REPO}` },
      missingBytes: content.length,
    });
  });

  test('of a quantization takes the file that has it', async () => {
    expect((await pull(`hf:${REPO}:q4_k_m`)).path).toBe(at(FILE));
    expect((await pull(`hf:${REPO}:Q8_0`)).path).toBe(at('Guard.Q8_0.gguf'));
  });

  test('tells how far it is, never backwards', async () => {
    await pull(`hf:${REPO}/${FILE}`);
    const steps = events.flatMap((event) => (event.kind === 'progress' ? [event.bytes] : []));
    expect(steps.at(-1)).toBe(content.length);
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
  });

  test('of a file that the hub names no hash for is checked by its size, and its hash is kept', async () => {
    hub.behaviour.noHashes = true;
    const { files } = await pull(`hf:${REPO}/${FILE}`);
    expect(files).toEqual([
      { path: at(FILE), bytes: content.length, sha256: sha256(content), verified: false },
    ]);
  });

  test('asks for the size where the list has none', async () => {
    const file = hub.repositories[REPO]?.files[FILE];
    if (file !== undefined) Object.assign(file, { size: null, sha256: null });
    const { files } = await pull(`hf:${REPO}/${FILE}`);
    expect(files[0]).toMatchObject({ bytes: content.length, verified: true });
  });
});

describe('the token', () => {
  test('goes to the hub and to no other server', async () => {
    await pull(`hf:${REPO}/${FILE}`, { token: hub.token });
    const to = (server: string) =>
      hub.seen.filter((request) => request.server === server).map((r) => r.authorization);
    expect(to('hub')).toEqual([`Bearer ${hub.token}`, `Bearer ${hub.token}`]);
    expect(to('files')).toEqual([undefined]);
  });

  test.each([
    ['no token', undefined, /gated[^]*accept the terms: http[^]*settings\/tokens[^]*HF_TOKEN/],
    [
      'a token without access',
      'hf_tokenofastranger',
      /knows your token, but it may not read[^]*someone\/Guard-GGUF/,
    ],
    ['a token nobody knows', 'hf_mistyped', /does not accept your token/],
  ])('for a gated repository: %s is told what to do, without the token', async (_, token, message) => {
    const repository = hub.repositories[REPO];
    if (repository !== undefined) repository.gated = 'manual';
    const error: unknown = await pull(`hf:${REPO}/${FILE}`, { token }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'config_invalid',
      message: expect.stringMatching(message) as string,
    });
    expect(String(error)).not.toContain(token ?? 'hf_');
    expect(existsSync(at(FILE))).toBe(false);
    // Nothing came, so nothing is left to resume.
    expect(await listModels(folder)).toEqual([]);
  });

  test('of a repository that is not there: check the spelling', async () => {
    await expect(pull('hf:someone/Gard:Q8_0')).rejects.toThrow(
      /no repository someone\/Gard .*or it is private[^]*HF_TOKEN/,
    );
  });
});

describe('an interrupted download', () => {
  test('goes on in the same run after a cut, from where it was', async () => {
    hub.behaviour.cutAfter = { bytes: 100_000, times: 2 };
    await pull(`hf:${REPO}/${FILE}`);
    expect(readFileSync(at(FILE)).equals(content)).toBe(true);
    expect(downloads().map(({ range }) => range)).toEqual([undefined, 'bytes=100000-', 'bytes=200000-']);
    expect(kinds()).toContain('retrying');
  });

  test('that keeps failing is kept, and a later run resumes it', async () => {
    hub.behaviour.cutAfter = { bytes: 50_000, times: 3 };
    await expect(pull(`hf:${REPO}/${FILE}`)).rejects.toMatchObject({
      code: 'guard_unavailable',
      message: expect.stringMatching(/150 kB of 300 kB are kept; the same command resumes it/) as string,
    });
    expect(existsSync(at(FILE))).toBe(false);

    hub.seen.length = 0;
    await pull(`hf:${REPO}/${FILE}`);
    expect(downloads().map(({ range }) => range)).toEqual(['bytes=150000-']);
    expect(events).toContainEqual({ kind: 'resuming', name: FILE, bytes: 150_000, size: 300_000 });
    expect(readFileSync(at(FILE)).equals(content)).toBe(true);
    expect(readdirSync(join(folder, REPO)).sort()).toEqual([FILE, `${FILE}.json`]);
  });

  test('starts anew when the file on the hub has changed since', async () => {
    await interruptAt(50_000);
    const changed = bytes(300_000, 3);
    Object.assign(hub.repositories[REPO]?.files ?? {}, { [FILE]: { content: changed } });
    await pull(`hf:${REPO}/${FILE}`);
    expect(downloads().map(({ range }) => range)).toEqual([undefined]);
    expect(events).toContainEqual({ kind: 'restarting', name: FILE, why: 'the file on the hub has changed' });
    expect(readFileSync(at(FILE)).equals(changed)).toBe(true);
  });

  test('without hashes asks whether it is still the same file, and starts anew when it is not', async () => {
    hub.behaviour.noHashes = true;
    await interruptAt(50_000);
    hub.behaviour.cutAfter = { bytes: 50_000, times: 1 };
    await pull(`hf:${REPO}/${FILE}`);
    const tag = `"cdn-${sha256(content).slice(0, 8)}"`;
    expect(downloads().map(({ range, ifRange }) => [range, ifRange])).toEqual([
      ['bytes=50000-', tag],
      ['bytes=100000-', tag],
    ]);

    rmSync(at(FILE));
    hub.seen.length = 0;
    await interruptAt(50_000);
    const changed = bytes(300_000, 3);
    Object.assign(hub.repositories[REPO]?.files ?? {}, { [FILE]: { content: changed } });
    await pull(`hf:${REPO}/${FILE}`);
    expect(readFileSync(at(FILE)).equals(changed)).toBe(true);
  });

  test('starts anew when the server does not resume', async () => {
    await interruptAt(50_000);
    hub.behaviour.noRanges = true;
    await pull(`hf:${REPO}/${FILE}`);
    expect(readFileSync(at(FILE)).equals(content)).toBe(true);
    expect(kinds()).toContain('restarting');
  });

  test('whose part was damaged on the disk is noticed, and downloaded again', async () => {
    await interruptAt(50_000);
    const part = readFileSync(at(`${FILE}.part`));
    part[1234] = (part[1234] ?? 0) ^ 1;
    writeFileSync(at(`${FILE}.part`), part);
    await pull(`hf:${REPO}/${FILE}`);
    expect(downloads().map(({ range }) => range)).toEqual(['bytes=50000-', undefined]);
    expect(readFileSync(at(FILE)).equals(content)).toBe(true);
  });

  test('on request keeps what it has', async () => {
    hub.behaviour.stallAfter = 70_000;
    const controller = new AbortController();
    const stopped = pull(`hf:${REPO}/${FILE}`, {
      signal: controller.signal,
      tell: (event) => {
        if (event.kind === 'progress' && event.bytes >= 70_000) controller.abort();
      },
    });
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
    expect(readFileSync(at(`${FILE}.part`)).equals(content.subarray(0, 70_000))).toBe(true);
    expect(existsSync(at(`${FILE}.lock`))).toBe(false);
  });

  /** Leaves a part of so many bytes. */
  async function interruptAt(length: number): Promise<void> {
    hub.behaviour.cutAfter = { bytes: length, times: 1 };
    hub.arrived(0);
    await expect(pull(`hf:${REPO}/${FILE}`, { pausesMs: [] })).rejects.toThrow(/interrupted/);
    delete hub.behaviour.cutAfter;
    events.length = 0;
    hub.seen.length = 0;
  }
});

describe('what comes is not what should come', () => {
  test('another content of the right size is deleted and told', async () => {
    hub.behaviour.instead = bytes(content.length, 9);
    await expect(pull(`hf:${REPO}/${FILE}`)).rejects.toThrow(/SHA-256 should be .* and is .* deleted/);
    expect(readdirSync(join(folder, REPO))).toEqual([]);
  });

  test.each([
    ['shorter', 1_000],
    ['longer', 400_000],
  ])('a file that is %s than the list says is not taken', async (_, length) => {
    hub.behaviour.instead = bytes(length, 9);
    await expect(pull(`hf:${REPO}/${FILE}`)).rejects.toThrow(/is not what the hub's list says/);
    expect(existsSync(at(FILE))).toBe(false);
  });

  test('a list whose hash is not that of the file', async () => {
    const file = hub.repositories[REPO]?.files[FILE];
    if (file !== undefined) file.sha256 = 'b'.repeat(64);
    await expect(pull(`hf:${REPO}/${FILE}`)).rejects.toThrow(/is not what the hub's list says/);
  });

  test('a file server that fails is told by its status', async () => {
    hub.behaviour.status = 503;
    await expect(pull(`hf:${REPO}/${FILE}`)).rejects.toMatchObject({
      code: 'guard_unavailable',
      message: expect.stringMatching(/HTTP status 503/) as string,
    });
  });
});

describe('a model that is here already', () => {
  beforeEach(async () => {
    await pull(`hf:${REPO}/${FILE}`);
    events.length = 0;
    hub.seen.length = 0;
  });

  test('is not downloaded again', async () => {
    expect(await pull(`hf:${REPO}/${FILE}`)).toMatchObject({ downloaded: false, path: at(FILE) });
    expect(downloads()).toEqual([]);
  });

  test('is enough when the hub cannot be reached', async () => {
    await hub.close();
    expect(await pull(`hf:${REPO}:Q4_K_M`)).toMatchObject({ downloaded: false, path: at(FILE) });
    expect(kinds()).toEqual(['hub_not_asked']);
  });

  test('and too short is damaged; --force brings a whole one', async () => {
    writeFileSync(at(FILE), content.subarray(0, 1000));
    await expect(pull(`hf:${REPO}/${FILE}`)).rejects.toThrow(
      /damaged: it has 1000 bytes .*300000.*pull --force/,
    );
    await pull(`hf:${REPO}/${FILE}`, { force: true });
    expect(readFileSync(at(FILE)).equals(content)).toBe(true);
  });

  test('and damaged inside is found by --verify only', async () => {
    const damaged = Buffer.from(content);
    damaged[7] = (damaged[7] ?? 0) ^ 1;
    writeFileSync(at(FILE), damaged);
    expect((await pull(`hf:${REPO}/${FILE}`)).downloaded).toBe(false);
    await expect(pull(`hf:${REPO}/${FILE}`, { verify: true })).rejects.toThrow(/SHA-256 .* should be/);
  });

  test('and older than the hub’s stays, and that is told', async () => {
    Object.assign(hub.repositories[REPO]?.files ?? {}, { [FILE]: { content: bytes(2000, 5) } });
    expect((await pull(`hf:${REPO}/${FILE}`, { verify: true })).downloaded).toBe(false);
    expect(events).toContainEqual({ kind: 'newer_on_hub', name: FILE });
    await pull(`hf:${REPO}/${FILE}`, { force: true });
    expect(readFileSync(at(FILE))).toHaveLength(2000);
  });
});

describe('a split model', () => {
  const parts = [1, 2, 3].map((n) => bytes(20_000 + n, n + 20));
  const name = (n: number): string => `big/Guard-Q8_0-0000${n}-of-00003.gguf`;
  beforeEach(() => {
    hub.repositories['someone/Split'] = {
      files: Object.fromEntries(parts.map((part, index) => [name(index + 1), { content: part }])),
    };
  });

  test.each(['hf:someone/Split:Q8_0', `hf:someone/Split/${name(2)}`])(
    '%s brings all its parts',
    async (text) => {
      const { path, files } = await pull(text);
      expect(path).toBe(join(folder, 'someone/Split', name(1)));
      expect(files.map((file) => readFileSync(file.path))).toEqual(parts);
    },
  );

  test('resumes with the part that was interrupted', async () => {
    hub.behaviour.cutAfter = { bytes: 20_001, times: 1 };
    await expect(pull('hf:someone/Split:Q8_0', { pausesMs: [] })).rejects.toThrow(
      /40.0 kB are kept|interrupted/,
    );
    hub.seen.length = 0;
    await pull('hf:someone/Split:Q8_0');
    expect(downloads().map(({ url, range }) => [url.includes('00002'), range])).toEqual([
      [true, 'bytes=20001-'],
      [false, undefined],
    ]);
  });

  test('of which a part is missing on the hub cannot be had', async () => {
    delete hub.repositories['someone/Split']?.files[name(3)];
    await expect(pull('hf:someone/Split:Q8_0')).rejects.toThrow(/lacks big\/Guard-Q8_0-00003-of-00003.gguf/);
    expect(downloads()).toEqual([]);
  });
});

describe('which file', () => {
  test.each([
    [
      `hf:${REPO}:Q5_K_M`,
      /no file with the quantization Q5_K_M[^]*hf:someone\/Guard-GGUF\/Guard.Q4_K_M.gguf +300 kB, Q4_K_M/,
    ],
    [`hf:${REPO}/Gard.gguf`, /no file Gard.gguf[^]*Guard.Q8_0.gguf +1.00 kB, Q8_0/],
    [
      'hf:someone/Two:Q8_0',
      /2 models with the quantization Q8_0; name the file:[^]*hf:someone\/Two\/a-Q8_0.gguf[^]*hf:someone\/Two\/b-q8_0.gguf/,
    ],
    ['hf:someone/Tensors:Q8_0', /holds no GGUF file[^]*Tensors-GGUF/],
  ])('%s: the candidates with their sizes', async (text, message) => {
    hub.repositories['someone/Two'] = {
      files: { 'a-Q8_0.gguf': { content }, 'b-q8_0.gguf': { content }, 'mmproj-Q8_0.gguf': { content } },
    };
    hub.repositories['someone/Tensors'] = { files: { 'model.safetensors': { content } } };
    await expect(pull(text)).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringMatching(message) as string,
    });
  });

  test.each([
    '../../out.gguf',
    '/etc/out.gguf',
    'a/../../../out.gguf',
    '..\\out.gguf',
    'C:out.gguf',
    '.hidden.gguf',
  ])('a hub that names a file %s writes nothing', async (name) => {
    hub.repositories['someone/Evil'] = { files: { [name]: { content }, 'ok-Q8_0.gguf': { content } } };
    const inside = await pull('hf:someone/Evil:Q8_0');
    expect(inside.path).toBe(join(folder, 'someone/Evil/ok-Q8_0.gguf'));
    await expect(pull('hf:someone/Evil:F16')).rejects.toThrow(
      /It has:\n {2}hf:someone\/Evil\/ok-Q8_0.gguf.*$/,
    );
  });
});

describe('before anything is downloaded', () => {
  test('a disk that has no room is told', async () => {
    const file = hub.repositories[REPO]?.files[FILE];
    if (file !== undefined) file.size = 9e15;
    await expect(pull(`hf:${REPO}/${FILE}`)).rejects.toThrow(
      /too full: .* are needed, .* are free.*PORTCULLIS_MODELS_FOLDER/,
    );
    expect(downloads()).toEqual([]);
  });

  test('a hub that cannot be reached: how it is done without one', async () => {
    await hub.close();
    await expect(pull(`hf:${REPO}/${FILE}`)).rejects.toMatchObject({
      code: 'guard_unavailable',
      message: expect.stringMatching(
        /cannot be reached: .*refused[^]*another machine[^]*models inspect[^]*gguf:PATH/,
      ) as string,
    });
  });

  test('a server that is no hub is recognised', async () => {
    const web = createServer((_, response) => void response.end('<html>Welcome</html>'));
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
    const { port } = web.address() as AddressInfo;
    await expect(pull(`hf:${REPO}/${FILE}`, { hub: `http://127.0.0.1:${port}` })).rejects.toThrow(
      /does not answer as a model hub does.*HF_ENDPOINT/,
    );
    web.closeAllConnections();
    web.close();
  });

  test('a download by another process is left alone', async () => {
    mkdirSync(join(folder, REPO), { recursive: true });
    // The parent of this process is alive and is not this one.
    writeFileSync(at(`${FILE}.lock`), JSON.stringify({ id: 'x', pid: process.ppid, host: hostname() }));
    await expect(pull(`hf:${REPO}/${FILE}`)).rejects.toMatchObject({
      code: 'guard_unavailable',
      message: expect.stringMatching(new RegExp(`already by process ${process.ppid} `)) as string,
    });
    expect(existsSync(at(FILE))).toBe(false);
  });

  test('what a killed process has left does not stand in the way', async () => {
    mkdirSync(join(folder, REPO), { recursive: true });
    writeFileSync(at(`${FILE}.lock`), JSON.stringify({ id: 'x', pid: process.pid, host: hostname() }));
    await pull(`hf:${REPO}/${FILE}`);
    expect(existsSync(at(`${FILE}.lock`))).toBe(false);
  });

  test('of two pulls at once one downloads and the other is told', async () => {
    hub.behaviour.stallAfter = 100_000;
    const controller = new AbortController();
    let second: Promise<unknown> | undefined;
    const first = pull(`hf:${REPO}/${FILE}`, {
      signal: controller.signal,
      tell: (event) => {
        // The first one is in the middle now, and waits.
        if (event.kind === 'progress' && event.bytes === 100_000)
          second ??= pull(`hf:${REPO}/${FILE}`)
            .catch((error: unknown) => error)
            .finally(() => controller.abort());
      },
    });
    await expect(first).rejects.toMatchObject({ name: 'AbortError' });
    expect(await second).toMatchObject({
      code: 'guard_unavailable',
      message: expect.stringMatching(/being downloaded already/) as string,
    });
    expect(readFileSync(at(`${FILE}.part`)).equals(content.subarray(0, 100_000))).toBe(true);
  });
});
