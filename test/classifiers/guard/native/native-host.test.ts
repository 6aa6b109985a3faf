/** The model process may die, hang or never come up; the process that judges with it must not care. */
import { spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createJudge, type CreateJudgeOptions } from '../../../../src/classifiers/guard/create-judge.js';
import type { HostedJudge } from '../../../../src/classifiers/guard/hosted-judge.js';
import { createNativeHost } from '../../../../src/classifiers/guard/native/native-host.js';
import type { LlamaGuardSpec } from '../../../../src/classifiers/guard/native/protocol.js';
import { GuardError } from '../../../../src/core/errors.js';
import { llama3Tokenizer, MINI_CUT } from '../../../support/gguf/llama3-tokenizer.js';
import { writeRandomLlama } from '../../../support/gguf/random-llama.js';
import { writeToyGuard } from '../../../support/gguf/toy-guard.js';
import { toyGuardTemplate } from '../../../support/gguf/toy-template.js';

// A process takes seconds to start where the machine is busy, and some tests start three.
vi.setConfig({ testTimeout: 120_000 });
const PATIENT = { timeoutMs: 60_000 };
const ask = (text: string) => ({
  messages: [{ role: 'User' as const, text }],
  overflow: 'refuse' as const,
  categoriesFrom: 2,
});
const LONG = ask('soup and bread. '.repeat(1000));

let folder: string;
let toy: string;
const closers: (() => Promise<void>)[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-host-'));
  toy = join(folder, 'toy.gguf');
  writeToyGuard(toy);
});
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function open(path: string, options: Partial<CreateJudgeOptions> = {}): Promise<HostedJudge> {
  const judge = await createJudge(
    { kind: 'gguf', path },
    { modelsDir: folder, threads: 1, contextTokens: 8192, ...options },
  );
  closers.push(() => judge.close());
  return judge;
}

function pidOf(judge: HostedJudge): number {
  if (judge.pid === undefined) throw new Error('There is no model process');
  return judge.pid;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(20);
}

function spec(modelPath: string): LlamaGuardSpec {
  return {
    kind: 'llama-guard',
    modelPath,
    threads: 1,
    gpu: false,
    contextTokens: 2048,
    massFloor: 0.5,
    lanes: 2,
    mmap: false,
    stateFolder: undefined,
    modelFingerprint: 'test',
    prompt: { family: undefined, categories: [], taxonomy: undefined },
  };
}

describe('a model process', () => {
  it('that is killed costs the check in flight, and is replaced', async () => {
    const lines: string[] = [];
    const judge = await open(toy, { log: (level, message) => lines.push(`${level} ${message}`) });
    await judge.ready();
    const pid = pidOf(judge);
    const running = judge.assess(LONG, PATIENT);
    const waiting = judge.assess(ask('a bomb'), PATIENT);
    process.kill(pid, 'SIGKILL');
    expect(await running).toMatchObject({ verdict: 'unavailable', reason: 'guard_restarted' });
    expect(judge.state.phase).toBe('restarting');
    expect(await waiting).toMatchObject({ verdict: 'unsafe' });
    expect(judge.state).toEqual({ phase: 'ready' });
    expect(pidOf(judge)).not.toBe(pid);
    expect(lines.join('\n')).toContain(
      "error The guard's model process ended unexpectedly (it was ended by SIGKILL)",
    );
    expect(lines.join('\n')).not.toContain('bomb');
  });

  it('that is not up yet makes early checks wait until their deadline', async () => {
    const judge = await open(toy);
    expect(judge.state).toEqual({ phase: 'loading' });
    const [hasty, patient] = await Promise.all([
      judge.assess(ask('soup'), { timeoutMs: 1 }),
      judge.assess(ask('soup'), PATIENT),
    ]);
    expect(hasty).toMatchObject({ verdict: 'unavailable', reason: 'not_ready' });
    expect(patient).toMatchObject({ verdict: 'safe' });
  });

  it('ends with its judge, and so do the checks', async () => {
    const judge = await open(toy);
    await judge.ready();
    const pid = pidOf(judge);
    const running = judge.assess(LONG, PATIENT);
    await judge.close();
    expect(await running).toMatchObject({ verdict: 'unavailable', reason: 'aborted' });
    expect(isAlive(pid)).toBe(false);
    expect(await judge.assess(ask('soup'), PATIENT)).toMatchObject({
      verdict: 'unavailable',
      reason: 'not_ready',
    });
    await expect(judge.ready()).rejects.toBeInstanceOf(GuardError);
    await judge.close();
  });

  it('can be closed while it loads', async () => {
    const judge = await open(toy);
    const ready = judge.ready();
    const pid = pidOf(judge);
    await Promise.all([expect(ready).rejects.toThrow('closed'), judge.close()]);
    expect(isAlive(pid)).toBe(false);
  });

  it('ignores Ctrl-C and a polite end, which are for its parent to act on', async () => {
    const judge = await open(toy);
    await judge.ready();
    process.kill(pidOf(judge), 'SIGINT');
    process.kill(pidOf(judge), 'SIGTERM');
    expect(await judge.assess(ask('a bomb'), PATIENT)).toMatchObject({ verdict: 'unsafe' });
    expect(judge.state).toEqual({ phase: 'ready' });
  });

  it('that hangs is ended, and replaced', async () => {
    const host = createNativeHost<'llama-guard'>(spec(toy), { hangMs: 50 });
    closers.push(() => host.close());
    await host.ready();
    const { pid } = host;
    if (pid === undefined) throw new Error('There is no model process');
    process.kill(pid, 'SIGSTOP');
    const request = { messages: ask('a bomb').messages, overflow: 'refuse' as const, categoriesFrom: 2 };
    expect(await host.call(request, { timeoutMs: 1 })).toMatchObject({ reason: 'timeout' });
    expect(await host.call(request, PATIENT)).toMatchObject({ status: 'done' });
    expect(isAlive(pid)).toBe(false);
  });

  it('goes when its parent is killed', async () => {
    const module = new URL('../../../../src/classifiers/guard/create-judge.ts', import.meta.url);
    const script = join(folder, 'parent.mts');
    writeFileSync(
      script,
      `import { createJudge } from ${JSON.stringify(module.href)};
       const judge = await createJudge({ kind: 'gguf', path: ${JSON.stringify(toy)} }, { modelsDir: '', threads: 1 });
       await judge.ready();
       console.log(judge.pid);`,
    );
    const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
    const parent = spawn(process.execPath, ['--import', tsx, script], {
      stdio: ['ignore', 'pipe', 'inherit'],
      cwd: fileURLToPath(new URL('../../../..', import.meta.url)),
    });
    const pid = await new Promise<number>((resolve) => {
      parent.stdout.once('data', (line: Buffer) => resolve(Number(line.toString())));
    });
    expect(isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    await until(() => !isAlive(pid));
  });
});

describe('a model file that cannot be loaded', () => {
  it.each([
    ['missing.gguf', () => undefined, 'does not exist'],
    ['page.gguf', (path: string) => writeFileSync(path, '<html>404</html>'), 'HTML page'],
    [
      'cut.gguf',
      (path: string) => {
        copyFileSync(toy, path);
        truncateSync(path, 300_000);
      },
      'is cut short',
    ],
    [
      'bert.gguf',
      (path: string) => void writeRandomLlama(path, 'mini', { architecture: 'bert' }),
      'not a Llama',
    ],
  ])('%s leaves a judge that says what is wrong', async (name, make, why) => {
    const path = join(folder, name);
    make(path);
    const judge = await open(path);
    expect(judge.state).toMatchObject({ phase: 'failed', message: expect.stringContaining(why) as string });
    await expect(judge.ready()).rejects.toMatchObject({ code: 'guard_not_ready' });
    expect(await judge.assess(ask('soup'), PATIENT)).toMatchObject({
      verdict: 'unavailable',
      reason: 'load_failed',
      detail: expect.stringContaining(path) as string,
    });
  });

  it('may abort its process: that is told, with its last words, and tried again', async () => {
    // What the check of the header would have caught, given to llama.cpp all the same.
    const path = join(folder, 'doubled.gguf');
    const mini = llama3Tokenizer(MINI_CUT);
    writeRandomLlama(path, 'mini', {
      chatTemplate: toyGuardTemplate(),
      tokenizer: { ...mini, tokens: mini.tokens.with(7, mini.tokens[8] ?? '') },
    });
    const host = createNativeHost<'llama-guard'>(spec(path), { firstPauseMs: 10 });
    closers.push(() => host.close());
    const waiting = host.call(
      { messages: ask('soup').messages, overflow: 'refuse' as const, categoriesFrom: 1 },
      PATIENT,
    );
    const failure = await host.ready().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(GuardError);
    expect(host.state.message).toMatch(
      /ended while loading .*doubled\.gguf: it was ended by SIGABRT; its last words: .*GGML_ASSERT/,
    );
    expect(await waiting).toMatchObject({ status: 'unavailable', reason: 'load_failed' });

    // Once the file is whole, the next try finds it.
    writeToyGuard(path);
    await until(() => host.state.phase === 'ready');
    const outcome = await host.call(
      { messages: ask('bomb').messages, overflow: 'refuse' as const, categoriesFrom: 2 },
      PATIENT,
    );
    expect(outcome).toMatchObject({ status: 'done' });
  });

  it('may take too long', async () => {
    const host = createNativeHost<'llama-guard'>(spec(toy), { loadTimeoutMs: 1 });
    closers.push(() => host.close());
    await expect(host.ready()).rejects.toThrow('took longer than 1 ms');
  });

  it('may be one whose GPU backend is not there', async () => {
    const host = createNativeHost<'llama-guard'>({ ...spec(toy), gpu: 'cuda' });
    closers.push(() => host.close());
    await expect(host.ready()).rejects.toThrow('GPU backend "cuda"');
    expect(host.pid).toBeUndefined();
  });
});
