/** Real model processes that are killed while they judge: nothing is lost, and nothing passes unjudged. */
import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createHostPool } from '../../../../src/classifiers/guard/native/host-pool.js';
import type { NativeHost } from '../../../../src/classifiers/guard/native/native-host.js';
import type {
  CallOutcome,
  LlamaGuardAnswer,
  LlamaGuardSpec,
} from '../../../../src/classifiers/guard/native/protocol.js';
import { writeToyGuard } from '../../../support/gguf/toy-guard.js';

const PATIENT = { timeoutMs: 120_000 };
let folder: string;
let spec: LlamaGuardSpec;
vi.setConfig({ testTimeout: 120_000 });
const closers: (() => Promise<void>)[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-pool-'));
  const modelPath = join(folder, 'toy.gguf');
  writeToyGuard(modelPath);
  spec = {
    kind: 'llama-guard',
    modelPath,
    threads: 1,
    gpu: false,
    contextTokens: 8192,
    massFloor: 0.5,
    lanes: 2,
    mmap: false,
    stateFolder: undefined,
    modelFingerprint: 'test',
    prompt: { family: undefined, categories: [], taxonomy: undefined },
  };
});
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function open(processes: number, of = spec): Promise<NativeHost<'llama-guard'>> {
  const host = createHostPool<'llama-guard'>(of, { processes, firstPauseMs: 10 });
  closers.push(() => host.close());
  await until(() => host.stats.processes.ready === processes);
  return host;
}
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(20);
}
const ask = (text: string) => ({
  messages: [{ role: 'User' as const, text }],
  overflow: 'refuse' as const,
  categoriesFrom: 2,
});
/** Ends a stopped process: it cannot have answered in the meantime. */
function end(pid: number, signal: 'SIGKILL' | 'SIGABRT'): void {
  process.kill(pid, signal);
  process.kill(pid, 'SIGCONT');
}

function isUnsafe(outcome: CallOutcome<LlamaGuardAnswer>): boolean {
  return outcome.status === 'done' && outcome.value.score > 0.5;
}

describe.each(['SIGKILL', 'SIGABRT'] as const)('a process that ends by %s', (signal) => {
  it('loses only what it worked on; the rest is judged by the next one', async () => {
    const host = await open(1);
    const [pid] = host.pids;
    if (pid === undefined) throw new Error('There is no model process');
    process.kill(pid, 'SIGSTOP');
    const running = host.call(ask('nice soup'), PATIENT);
    const waiting = ['a bomb', 'some soup', 'a bomb, too'].map((text) => host.call(ask(text), PATIENT));
    expect(host.stats).toMatchObject({ running: 1, waiting: 3, restarts: 0 });
    end(pid, signal);
    expect(await running).toMatchObject({ status: 'unavailable', reason: 'guard_restarted' });
    expect((await Promise.all(waiting)).map(isUnsafe)).toEqual([true, false, true]);
    expect(host.stats).toMatchObject({ running: 0, waiting: 0, restarts: 1 });
    expect(host.pids).not.toContain(pid);
  });
});

describe('two processes', () => {
  it('judge side by side, and one goes on when the other is killed', async () => {
    const host = await open(2);
    const [first, second] = host.pids;
    if (first === undefined || second === undefined) throw new Error('There are not two processes');
    process.kill(first, 'SIGSTOP');
    const both = [host.call(ask('nice soup'), PATIENT), host.call(ask('a bomb'), PATIENT)] as const;
    expect(host.stats).toMatchObject({ running: 2, waiting: 0 });
    expect(isUnsafe(await both[1])).toBe(true);
    end(first, 'SIGKILL');
    expect(await both[0]).toMatchObject({ status: 'unavailable', reason: 'guard_restarted' });
    expect(host.state.phase).toBe('ready');
    expect(isUnsafe(await host.call(ask('a bomb'), PATIENT))).toBe(true);
    await until(() => host.stats.processes.ready === 2);
    expect(host.state).toEqual({ phase: 'ready' });
    expect(host.pids).toContain(second);
    expect(host.stats.restarts).toBe(1);
  });
});

describe('a model file that was replaced while the guard ran', () => {
  it('does not judge in the name of the first after a restart: it has proved nothing', async () => {
    const modelPath = join(folder, 'replaced.gguf');
    writeToyGuard(modelPath);
    const host = await open(1, { ...spec, modelPath });
    expect(isUnsafe(await host.call(ask('a bomb'), PATIENT))).toBe(true);
    writeToyGuard(`${modelPath}.new`, { swapped: true });
    renameSync(`${modelPath}.new`, modelPath);
    process.kill(host.pid ?? 0, 'SIGKILL');
    await until(() => host.state.phase !== 'ready');
    await until(() => host.state.phase === 'failed' || host.state.phase === 'ready');
    expect(await host.call(ask('a bomb'), PATIENT)).toMatchObject({
      status: 'unavailable',
      reason: 'load_failed',
      detail: expect.stringMatching(/was replaced or changed .* Restart Portcullis/) as string,
    });
  });
});
