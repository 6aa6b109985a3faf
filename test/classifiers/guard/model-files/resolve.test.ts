/** hf: specs at serve time: what is here is used without a network, and nothing is downloaded unasked. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseJudgeSpec } from '../../../../src/classifiers/guard/spec.js';
import {
  listModels,
  pullModel,
  resolveModelFile,
  type HubSpec,
  type ResolveModelOptions,
} from '../../../../src/classifiers/guard/model-files/index.js';
import { startFakeHub, type FakeHub } from './fake-hub.js';

const REPO = 'someone/Guard-GGUF';
const content = Buffer.alloc(5000, 'guard');
let folder: string;
let hub: FakeHub;
let lines: string[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'models-'));
  lines = [];
  hub = await startFakeHub({
    [REPO]: { licence: 'llama3', files: { 'a.Q4_K_M.gguf': { content }, 'a.Q8_0.gguf': { content } } },
  });
});
afterEach(async () => {
  await hub.close();
  rmSync(folder, { recursive: true });
});

const spec = (text: string): HubSpec => parseJudgeSpec(text) as HubSpec;
const find = (text: string, options: Partial<ResolveModelOptions> = {}) =>
  resolveModelFile(spec(text), {
    folder,
    hub: hub.url,
    download: false,
    log: (level, message) => void lines.push(`${level}: ${message}`),
    signal: new AbortController().signal,
    ...options,
  });
const pull = (text: string) =>
  pullModel(spec(text), {
    folder,
    hub: hub.url,
    signal: new AbortController().signal,
    tell: (event) => {
      if (event.kind === 'progress') hub.arrived(event.bytes);
    },
    pausesMs: [],
  });

describe('a model that was pulled', () => {
  test.each([`hf:${REPO}/a.Q4_K_M.gguf`, `hf:${REPO}:Q4_K_M`, `hf:${REPO}:q4_k_m`])(
    'is found by %s, without asking the hub',
    async (text) => {
      await pull(`hf:${REPO}:Q4_K_M`);
      hub.seen.length = 0;
      expect(await find(text, { download: true })).toBe(join(folder, REPO, 'a.Q4_K_M.gguf'));
      expect(hub.seen).toEqual([]);
    },
  );

  test('is found when it was copied there by hand', async () => {
    put(`${REPO}/own-f16.gguf`);
    expect(await find(`hf:${REPO}:F16`)).toBe(join(folder, REPO, 'own-f16.gguf'));
  });

  test('and whose size has changed since is damaged', async () => {
    await pull(`hf:${REPO}:Q8_0`);
    put(`${REPO}/a.Q8_0.gguf`, 4999);
    await expect(find(`hf:${REPO}:Q8_0`)).rejects.toThrow(
      /has 4999 bytes, and 5000 were downloaded.*pull --force/,
    );
  });

  test('in several files of one quantization has to be named', async () => {
    put(`${REPO}/a-Q8_0.gguf`);
    put(`${REPO}/b-Q8_0.gguf`);
    await expect(find(`hf:${REPO}:Q8_0`)).rejects.toThrow(
      /name one:\n {2}hf:.*a-Q8_0.gguf\n {2}hf:.*b-Q8_0.gguf/,
    );
  });

  test('in parts is opened by the first, and only when all are there', async () => {
    put(`${REPO}/a-F16-00002-of-00002.gguf`);
    await expect(find(`hf:${REPO}:F16`)).rejects.toThrow(/in part only/);
    put(`${REPO}/a-F16-00001-of-00002.gguf`);
    expect(await find(`hf:${REPO}:F16`)).toBe(join(folder, REPO, 'a-F16-00001-of-00002.gguf'));
  });
});

describe('a model that is not here', () => {
  test('is told with the command, and the hub hears nothing of it', async () => {
    await expect(find(`hf:${REPO}:Q8_0`)).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining(`portcullis models pull hf:${REPO}:Q8_0`) as string,
    });
    expect(hub.seen).toEqual([]);
  });

  test('and begun: how much of it is here', async () => {
    hub.behaviour.cutAfter = { bytes: 2000, times: 1 };
    await expect(pull(`hf:${REPO}:Q8_0`)).rejects.toThrow(/interrupted/);
    await expect(find(`hf:${REPO}:Q8_0`)).rejects.toThrow(/in part only: 2.00 kB of 5.00 kB.*models pull/);
    expect(await listModels(folder)).toMatchObject([
      { spec: `hf:${REPO}/a.Q8_0.gguf`, complete: false, bytes: 2000, totalBytes: 5000 },
    ]);
  });

  test('is downloaded when the configuration says so, and the log tells of it', async () => {
    expect(await find(`hf:${REPO}:Q8_0`, { download: true })).toBe(join(folder, REPO, 'a.Q8_0.gguf'));
    expect(lines.join('\n')).toMatch(
      /Downloading hf:someone\/Guard-GGUF:Q8_0 to[^]*licence: llama3[^]*100% of 5.00 kB/,
    );
  });
});

test('a list names what is there, wherever it lies in the folder', async () => {
  await pull(`hf:${REPO}:Q8_0`);
  put('mine.gguf');
  put('notes.txt');
  expect(
    (await listModels(folder)).map(({ spec: text, complete, bytes }) => [text, complete, bytes]),
  ).toEqual([
    [`gguf:${join(folder, 'mine.gguf')}`, true, 5000],
    [`hf:${REPO}/a.Q8_0.gguf`, true, 5000],
  ]);
  expect(await listModels(join(folder, 'nowhere'))).toEqual([]);
});

function put(name: string, bytes = 5000): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), content.subarray(0, bytes));
}
