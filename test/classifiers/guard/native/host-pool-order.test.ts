/** Which process gets which call when: every order of events, with processes that do as they are told. */
import fc from 'fast-check';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { HostProcess, ProcessEnd } from '../../../../src/classifiers/guard/native/host-process.js';
import { createHostPool } from '../../../../src/classifiers/guard/native/host-pool.js';
import type { NativeHost, NativeHostOptions } from '../../../../src/classifiers/guard/native/native-host.js';
import type {
  CallOutcome,
  EncoderSpec,
  FromHost,
  ToHost,
} from '../../../../src/classifiers/guard/native/protocol.js';

/** A model process that answers when the test says so. */
interface Puppet {
  readonly tell: (message: FromHost) => void;
  readonly end: (end: ProcessEnd) => void;
  /** Calls it was given and has not answered: id -> text. */
  readonly calls: Map<number, string>;
  readonly cancelled: Set<number>;
  ended: boolean;
  loading: boolean;
}

const puppets = vi.hoisted(() => ({ started: [] as unknown[] }));
const started = puppets.started as Puppet[];

vi.mock('../../../../src/classifiers/guard/native/host-process.js', async (original) => ({
  ...(await original<object>()),
  startHostProcess(tell: (message: FromHost) => void): HostProcess {
    let end: (end: ProcessEnd) => void = () => undefined;
    const ended = new Promise<ProcessEnd>((resolve) => (end = resolve));
    const puppet: Puppet = {
      tell,
      end,
      calls: new Map(),
      cancelled: new Set(),
      ended: false,
      loading: false,
    };
    started.push(puppet);
    queueMicrotask(() => tell({ type: 'up' }));
    const stop = (): void => {
      puppet.ended = true;
      end({ code: null, signal: 'SIGKILL', lastLines: [] });
    };
    return {
      pid: started.length,
      ended,
      kill: stop,
      send(message: ToHost) {
        if (puppet.ended) return;
        if (message.type === 'load') puppet.loading = true;
        else if (message.type === 'call')
          puppet.calls.set(message.id, (message.request as { text: string }).text);
        else if (message.type === 'cancel') puppet.cancelled.add(message.id);
        else stop();
      },
    };
  },
}));

const SPEC: EncoderSpec = { kind: 'encoder', modelPath: 'toy', threads: 1, gpu: false };
const PATIENT = { timeoutMs: 60_000 };
const closers: (() => Promise<void>)[] = [];

function open(processes: number, options: Partial<NativeHostOptions<'encoder'>> = {}): NativeHost<'encoder'> {
  started.length = 0;
  const host = createHostPool<'encoder'>(SPEC, { processes, firstPauseMs: 0, maxPauseMs: 0, ...options });
  closers.push(() => host.close());
  return host;
}
function load(puppet: Puppet | undefined, parallel = 1): void {
  if (puppet === undefined) throw new Error('There is no such process');
  puppet.loading = false;
  puppet.tell({ type: 'loaded', facts: { dimension: 1, parallel } });
}
/** The process answers: the text tells how much it evaluated. */
function answer(puppet: Puppet | undefined, id: number | undefined, tokens = 100): void {
  if (puppet === undefined || id === undefined) throw new Error('There is no such call');
  puppet.calls.delete(id);
  const value = { pieces: [], tokens, cachedTokens: 0, answered: id };
  puppet.tell({ type: 'outcome', id, outcome: { status: 'done', value } });
}
function firstCall(puppet: Puppet | undefined): number | undefined {
  return puppet?.calls.keys().next().value;
}
const texts = (puppet: Puppet | undefined): string[] => [...(puppet?.calls.values() ?? [])];

afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

/** A pool whose processes are all up; each call so far took `ms` of the injected clock. */
async function taughtPool(processes: number, ms: number) {
  const clock = { now: 0 };
  const host = open(processes, { now: () => clock.now });
  for (let index = 0; index < processes; index++) {
    await turn();
    load(started[index]);
  }
  for (let call = 0; call < 4; call++) {
    const done = host.call({ text: text(`lesson ${call}`) }, PATIENT);
    clock.now += ms;
    const busy = started.find(({ calls }) => calls.size > 0);
    answer(busy, firstCall(busy));
    await done;
  }
  return { host, clock };
}
/** Of the length of the lessons; its beginning tells it apart. */
const text = (name: string): string => name + 'x'.repeat(300 - name.length);

describe('calls that cannot be in time', () => {
  it('are turned away at once, with the time until they would be', async () => {
    const { host } = await taughtPool(1, 10_000);
    expect(host.stats.msPerToken).toBeCloseTo(100, 0);
    const deadline = { timeoutMs: 25_000 };
    const running = host.call({ text: text('a') }, deadline);
    const waiting = host.call({ text: text('b') }, deadline);
    expect(host.stats).toMatchObject({ running: 1, waiting: 1, refused: 0 });
    expect(host.stats.waitMs).toBeCloseTo(20_000, 0);
    expect(await host.call({ text: text('c') }, deadline)).toMatchObject({
      status: 'unavailable',
      reason: 'overloaded',
      retryAfter: 5,
    });
    expect(host.stats.refused).toBe(1);
    // Somebody with more time may still queue.
    const patient = host.call({ text: text('d') }, PATIENT);
    expect(host.queueDepth).toBe(3);
    for (const one of [running, waiting, patient]) {
      answer(started[0], firstCall(started[0]));
      expect(await one).toMatchObject({ status: 'done' });
    }
  });

  it('leave the queue as soon as it turns out that they waited in vain', async () => {
    const { host, clock } = await taughtPool(1, 10_000);
    const running = host.call({ text: text('a') }, PATIENT);
    const waiting = host.call({ text: text('b') }, { timeoutMs: 25_000 });
    clock.now += 20_000;
    answer(started[0], firstCall(started[0]));
    expect(await running).toMatchObject({ status: 'done' });
    expect(await waiting).toMatchObject({ status: 'unavailable', reason: 'overloaded', retryAfter: 1 });
    expect(texts(started[0])).toEqual([]);
  });

  it('leave the queue before their turn comes, when it cannot come in time any more', async () => {
    const { host, clock } = await taughtPool(1, 10_000);
    const first = host.call({ text: text('a') }, PATIENT);
    const second = host.call({ text: text('b') }, PATIENT);
    const third = host.call({ text: text('c') }, { timeoutMs: 35_000 });
    clock.now += 18_000;
    answer(started[0], firstCall(started[0]));
    await first;
    // The second works and takes 10 s; the third had 17 s left, and would need 20.
    expect(await third).toMatchObject({ reason: 'overloaded' });
    expect(texts(started[0])).toEqual([text('b')]);
    answer(started[0], firstCall(started[0]));
    expect(await second).toMatchObject({ status: 'done' });
  });

  it('do not wait for a call that was cancelled', async () => {
    const { host } = await taughtPool(1, 10_000);
    const stop = new AbortController();
    const cancelled = host.call({ text: text('a') }, { ...PATIENT, signal: stop.signal });
    expect(host.stats.waitMs).toBeCloseTo(10_000, 0);
    stop.abort();
    expect(await cancelled).toMatchObject({ reason: 'aborted' });
    expect(host.stats).toMatchObject({ running: 1, waiting: 0, waitMs: 0 });
    const next = host.call({ text: text('b') }, { timeoutMs: 11_000 });
    answer(started[0], firstCall(started[0]));
    answer(started[0], firstCall(started[0]));
    expect(await next).toMatchObject({ status: 'done' });
  });

  it('are tried all the same when the guard is idle and the estimate is old', async () => {
    const { host, clock } = await taughtPool(1, 10_000);
    const hasty = { timeoutMs: 5_000 };
    expect(await host.call({ text: text('a') }, hasty)).toMatchObject({ reason: 'overloaded' });
    // Close enough: estimates are not that good.
    const close = host.call({ text: text('b') }, { timeoutMs: 8_000 });
    expect(texts(started[0])).toEqual([text('b')]);
    answer(started[0], firstCall(started[0]));
    expect(await close).toMatchObject({ status: 'done' });

    expect(await host.call({ text: text('c') }, hasty)).toMatchObject({ reason: 'overloaded' });
    clock.now += 10_000;
    const trial = host.call({ text: text('d') }, hasty);
    expect(texts(started[0])).toEqual([text('d')]);
    answer(started[0], firstCall(started[0]));
    expect(await trial).toMatchObject({ status: 'done' });
  });

  it('are not turned away before anything was measured, nor while the model loads', async () => {
    const host = open(1);
    const early = Array.from({ length: 20 }, (_, index) => host.call({ text: text(`${index} `) }, PATIENT));
    await turn();
    expect(host.stats).toMatchObject({ waiting: 20, refused: 0, msPerToken: undefined, waitMs: undefined });
    load(started[0]);
    for (const one of early) {
      answer(started[0], firstCall(started[0]));
      expect(await one).toMatchObject({ status: 'done' });
    }
  });

  it('a full queue also tells when to come again', async () => {
    const host = open(1, { maxQueue: 1 });
    const only = host.call({ text: 'a' }, PATIENT);
    expect(await host.call({ text: 'b' }, PATIENT)).toMatchObject({ reason: 'overloaded', retryAfter: 1 });
    await host.close();
    expect(await only).toMatchObject({ reason: 'aborted' });
  });
});

describe('several processes', () => {
  it('start one after the other, and are ready with the first', async () => {
    const host = open(3);
    await turn();
    expect(started).toHaveLength(1);
    expect(host.state).toEqual({ phase: 'loading' });
    load(started[0]);
    await host.ready();
    expect(host.state).toEqual({ phase: 'ready' });
    expect(host.stats.processes).toEqual({ ready: 1, total: 3 });
    await turn();
    load(started[1]);
    await turn();
    load(started[2]);
    expect(host.pids).toEqual([1, 2, 3]);
    expect(host.stats.processes).toEqual({ ready: 3, total: 3 });
  });

  it('a bad file is told once, by the first', async () => {
    const host = open(3);
    await turn();
    const early = host.call({ text: 'a' }, PATIENT);
    started[0]?.tell({ type: 'load-failed', message: 'no model', permanent: true });
    await expect(host.ready()).rejects.toThrow('no model');
    expect(await early).toMatchObject({ reason: 'load_failed', detail: 'no model' });
    expect(await host.call({ text: 'b' }, PATIENT)).toMatchObject({ reason: 'load_failed' });
    expect(started).toHaveLength(1);
  });

  it('the fault of one is told while the others go on', async () => {
    const host = open(2);
    await turn();
    load(started[0]);
    await turn();
    started[1]?.tell({ type: 'load-failed', message: 'no memory for two', permanent: true });
    await turn();
    expect(host.state).toEqual({ phase: 'ready', message: 'no memory for two' });
    const done = host.call({ text: 'a' }, PATIENT);
    answer(started[0], firstCall(started[0]));
    expect(await done).toMatchObject({ status: 'done' });
  });

  it('a conversation stays with its process', async () => {
    const { host } = await taughtPool(2, 1000);
    const other = host.call({ text: 'somebody else' }, PATIENT);
    const first = host.call({ text: 'one' }, { ...PATIENT, affinity: 'talk' });
    expect(texts(started[1])).toEqual(['one']);
    answer(started[0], firstCall(started[0]));
    answer(started[1], firstCall(started[1]));
    await Promise.all([other, first]);
    // Both are idle: without the affinity, the first would get it.
    const next = host.call({ text: 'one and two' }, { ...PATIENT, affinity: 'talk' });
    expect(texts(started[1])).toEqual(['one and two']);
    answer(started[1], firstCall(started[1]));
    await next;
  });

  it('a conversation leaves its process when that is clearly busier', async () => {
    const { host } = await taughtPool(2, 1000);
    const talk = { ...PATIENT, affinity: 'talk' };
    const first = host.call({ text: text('first') }, talk);
    answer(started[0], firstCall(started[0]));
    await first;
    const all = [host.call({ text: text('long') + 'x'.repeat(3000) }, { ...PATIENT, affinity: 'long' })];
    expect(started[0]?.calls.size).toBe(1);
    all.push(host.call({ text: text('second') }, talk));
    expect(texts(started[1])).toEqual([text('second')]);
    answer(started[0], firstCall(started[0]));
    answer(started[1], firstCall(started[1]));
    await Promise.all(all);
  });

  it('a process that was started again holds nothing', async () => {
    const { host } = await taughtPool(2, 1000);
    const other = host.call({ text: 'somebody else' }, PATIENT);
    const first = host.call({ text: 'one' }, { ...PATIENT, affinity: 'talk' });
    answer(started[0], firstCall(started[0]));
    answer(started[1], firstCall(started[1]));
    await Promise.all([other, first]);
    started[1]?.end({ code: null, signal: 'SIGKILL', lastLines: [] });
    while (started.length < 3) await sleep(1);
    await turn();
    load(started[2]);
    expect(host.stats.processes.ready).toBe(2);
    const next = host.call({ text: 'one and two' }, { ...PATIENT, affinity: 'talk' });
    expect(texts(started[0])).toEqual(['one and two']);
    answer(started[0], firstCall(started[0]));
    await next;
  });

  it('what waits when one dies is answered by another', async () => {
    const host = open(2);
    await turn();
    load(started[0]);
    await turn();
    load(started[1]);
    const [a, b, c] = ['a', 'b', 'c'].map((name) => host.call({ text: name }, PATIENT));
    started[0]?.end({ code: null, signal: 'SIGABRT', lastLines: ['GGML_ASSERT'] });
    expect(await a).toMatchObject({ reason: 'guard_restarted' });
    expect(host.state.phase).toBe('ready');
    expect(host.state.message).toContain('model process 1 of 2 ended unexpectedly');
    answer(started[1], firstCall(started[1]));
    expect(await b).toMatchObject({ status: 'done' });
    expect(texts(started[1])).toEqual(['c']);
    answer(started[1], firstCall(started[1]));
    expect(await c).toMatchObject({ status: 'done' });
  });
});

describe('the pause before a restart', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('grows while the process keeps dying, up to its limit, and is short again after a healthy life', async () => {
    const host = open(1, { firstPauseMs: 200, maxPauseMs: 1000 });
    const crash = async (): Promise<void> => {
      started.at(-1)?.end({ code: null, signal: 'SIGABRT', lastLines: [] });
      await vi.advanceTimersByTimeAsync(0);
    };
    /** Milliseconds until there is a new process. */
    const pause = async (): Promise<number> => {
      const before = started.length;
      for (let ms = 0; ; ms += 100) {
        if (started.length > before) return ms;
        await vi.advanceTimersByTimeAsync(100);
      }
    };
    const pauses: number[] = [];
    for (let life = 0; life < 5; life++) {
      await vi.advanceTimersByTimeAsync(0);
      load(started.at(-1));
      await crash();
      expect(host.state.phase).toBe('restarting');
      pauses.push(await pause());
    }
    expect(pauses).toEqual([200, 400, 800, 1000, 1000]);
    expect(host.stats.restarts).toBe(5);

    // The time that it took to load does not count.
    await vi.advanceTimersByTimeAsync(120_000);
    load(started.at(-1));
    await crash();
    expect(await pause()).toBe(1000);
    load(started.at(-1));
    await vi.advanceTimersByTimeAsync(61_000);
    await crash();
    expect(await pause()).toBe(200);
  });
});

type Step =
  | { readonly do: 'call'; readonly key: number; readonly hasty: boolean }
  | { readonly do: 'answer' | 'abort'; readonly which: number }
  | { readonly do: 'crash' | 'load'; readonly which: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('call' as const), key: fc.nat(3), hasty: fc.boolean() }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('answer' as const), which: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('abort' as const), which: fc.nat(30) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const), which: fc.nat(3) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('load' as const), which: fc.nat(3) }) },
);

describe('whatever happens in whatever order', () => {
  it('every call is answered once, none more than its process takes at once, and none as done by nobody', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 60 }),
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 3 }),
        async (steps, processes, parallel) => {
          const clock = { now: 0 };
          const host = open(processes, { maxQueue: 12, now: () => clock.now });
          const callers: {
            name: string;
            stop: AbortController;
            outcomes: CallOutcome<unknown>[];
            done: Promise<unknown>;
          }[] = [];
          /** Calls that a process answered. */
          const answeredIds = new Set<number>();
          /** Texts of the calls that a process worked on when it died. */
          const lost = new Set<string>();
          const alive = (): Puppet[] => started.filter(({ ended }) => !ended);
          const look = (): void => {
            for (const puppet of alive()) expect(puppet.calls.size).toBeLessThanOrEqual(parallel);
            expect(host.queueDepth).toBeLessThanOrEqual(12);
          };
          const answerSome = (which: number): void => {
            const busy = alive().flatMap((puppet) => [...puppet.calls.keys()].map((id) => ({ puppet, id })));
            const chosen = busy[which % Math.max(1, busy.length)];
            if (chosen === undefined) return;
            clock.now += 1000;
            answeredIds.add(chosen.id);
            answer(chosen.puppet, chosen.id);
          };

          for (const one of steps) {
            if (one.do === 'call') {
              const stop = new AbortController();
              const outcomes: CallOutcome<unknown>[] = [];
              const options = {
                timeoutMs: one.hasty ? 30_000 : 300_000,
                signal: stop.signal,
                affinity: `${one.key}`,
              };
              const name = text(`${callers.length} `);
              const done = host.call({ text: name }, options).then((outcome) => outcomes.push(outcome));
              callers.push({ name, stop, outcomes, done });
            } else if (one.do === 'answer') answerSome(one.which);
            else if (one.do === 'abort') {
              const caller = callers[one.which];
              const before = host.queueDepth;
              caller?.stop.abort();
              if (caller?.outcomes.length === 0) expect(host.queueDepth).toBeLessThanOrEqual(before);
            } else if (one.do === 'crash') {
              const puppet = alive()[one.which % Math.max(1, alive().length)];
              if (puppet === undefined) continue;
              puppet.ended = true;
              for (const [id, name] of puppet.calls) if (!puppet.cancelled.has(id)) lost.add(name);
              puppet.end({ code: null, signal: 'SIGABRT', lastLines: [] });
              await turn();
            } else {
              await turn();
              const loading = alive().filter((puppet) => puppet.loading);
              const puppet = loading[one.which % Math.max(1, loading.length)];
              if (puppet !== undefined) load(puppet, parallel);
            }
            look();
          }
          // All that still waits gets a process; then nothing is left.
          for (let round = 0; round < 200 && host.queueDepth > 0; round++) {
            await new Promise((resolve) => setTimeout(resolve, 1));
            for (const puppet of alive()) if (puppet.loading) load(puppet, parallel);
            answerSome(0);
            look();
          }
          await Promise.all(callers.map(({ done }) => done));
          expect(host.queueDepth).toBe(0);
          for (const { name, outcomes } of callers) {
            expect(outcomes).toHaveLength(1);
            const [outcome] = outcomes;
            expect(outcome?.status === 'unavailable' && outcome.reason === 'guard_restarted').toBe(
              lost.has(name),
            );
            // "Done" is only what a process said of this very call.
            if (outcome?.status === 'done')
              expect(answeredIds).toContain((outcome.value as { answered: number }).answered);
          }
          await host.close();
        },
      ),
      { numRuns: 60 },
    );
  });
});
