import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createJudge } from '../../../src/classifiers/guard/create-judge.js';
import { selfTest } from '../../../src/classifiers/guard/self-test.js';
import { parseJudgeSpec } from '../../../src/classifiers/guard/spec.js';
import { packageRoot } from '../../../src/runtime/entry.js';

const PATIENT = { timeoutMs: 60_000 };
const MODELS = join(packageRoot(), 'models');
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-create-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('createJudge', () => {
  it('gives the embedded guard, in a process of its own, that passes the self-test', async () => {
    const judge = await createJudge({ kind: 'embedded' }, { modelsDir: MODELS, threads: 2 });
    try {
      expect(judge.state).toEqual({ phase: 'loading' });
      await judge.ready();
      expect(judge.pid).not.toBe(process.pid);
      expect([judge.id, judge.taxonomy]).toEqual(['embedded', 'mlcommons-v0.5']);
      expect(await selfTest(judge, PATIENT)).toEqual({ ok: true });

      if (judge.pid === undefined) throw new Error('There is no model process');
      const request = {
        messages: [{ role: 'User' as const, text: 'Hello. '.repeat(20_000) }],
        categoriesFrom: 0.5,
      };
      const running = judge.assess(request, PATIENT);
      process.kill(judge.pid, 'SIGKILL');
      expect(await running).toMatchObject({ verdict: 'unavailable', reason: 'guard_restarted' });
    } finally {
      await judge.close();
    }
  });

  it('says what is missing where the embedded guard has no files', async () => {
    const judge = await createJudge({ kind: 'embedded' }, { modelsDir: folder, threads: 1 });
    expect(judge.state.message).toContain(join(folder, 'embedded-head.json'));
    await expect(judge.ready()).rejects.toThrow('The embedded guard cannot be loaded');
  });

  it('refuses an encoder that the head was not trained on', async () => {
    copyFileSync(join(MODELS, 'embedded-head.json'), join(folder, 'embedded-head.json'));
    writeFileSync(join(folder, 'all-minilm-l6-v2.Q8_0.gguf'), 'GGUF');
    const judge = await createJudge({ kind: 'embedded' }, { modelsDir: folder, threads: 1 });
    expect(judge.state.message).toContain('SHA-256');
  });

  it('says how to get a model that was not downloaded, and downloads nothing', async () => {
    const models = { folder, hub: 'http://127.0.0.1:1', download: false };
    await expect(
      createJudge(parseJudgeSpec('hf:a/b:Q8_0'), { modelsDir: folder, threads: 1, models }),
    ).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining('portcullis models pull hf:a/b:Q8_0') as string,
    });
  });

  it('stays up, and says what is missing, while the hub of a model that may be downloaded is away', async () => {
    const models = { folder, hub: 'http://127.0.0.1:1', download: true };
    const judge = await createJudge(parseJudgeSpec('hf:a/b:Q8_0'), { modelsDir: folder, threads: 1, models });
    expect(judge.state.phase).toBe('failed');
    expect(judge.state.message).toContain('127.0.0.1:1');
    expect(
      await judge.assess({ messages: [{ role: 'User', text: 'Hello' }], categoriesFrom: 0.5 }, PATIENT),
    ).toMatchObject({ verdict: 'unavailable', reason: 'load_failed' });
  });

  it.each(['embedded', 'openai:http://127.0.0.1:1/v1#m', 'ollama:http://127.0.0.1:1#m'])(
    'refuses to pass over categories that %s cannot be asked about',
    async (spec) => {
      const prompt = { family: undefined, categories: ['S1'], taxonomy: undefined };
      await expect(
        createJudge(parseJudgeSpec(spec), { modelsDir: folder, threads: 1, prompt }),
      ).rejects.toMatchObject({
        code: 'config_invalid',
        message: expect.stringContaining('guard.categories') as string,
      });
    },
  );
});
