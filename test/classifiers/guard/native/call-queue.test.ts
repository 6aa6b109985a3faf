import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createCallQueue,
  MOST_OVERTAKEN,
  type QueuedCall,
} from '../../../../src/classifiers/guard/native/call-queue.js';

function queueOf(limit: number) {
  const abandoned: string[] = [];
  const queue = createCallQueue<string, string, string>({
    limit,
    onFull: () => 7,
    lateReason: () => ({ reason: 'not_ready', detail: 'late' }),
    onAbandoned: (call) => abandoned.push(call.request),
  });
  return { queue, abandoned };
}

const PATIENT = { timeoutMs: 60_000 };

describe('the queue of calls', () => {
  it('hands calls out in order and gives each its own answer', async () => {
    const { queue } = queueOf(10);
    const answers = ['a', 'b', 'c'].map((name) => queue.add(name, PATIENT, ''));
    for (let call = queue.take(); call !== undefined; call = queue.take())
      call.settle({ status: 'done', value: call.request.toUpperCase() });
    expect(await Promise.all(answers)).toEqual(['A', 'B', 'C'].map((value) => ({ status: 'done', value })));
    expect(queue.depth).toBe(0);
  });

  it('tells why a call is late: still waiting, or running too long', async () => {
    const { queue, abandoned } = queueOf(10);
    const running = queue.add('running', { timeoutMs: 5 }, '');
    const waiting = queue.add('waiting', { timeoutMs: 5 }, '');
    queue.take();
    expect(await running).toMatchObject({ status: 'unavailable', reason: 'timeout' });
    expect(await waiting).toMatchObject({ status: 'unavailable', reason: 'not_ready' });
    expect(abandoned).toEqual(['running']);
    expect(queue.take()).toBeUndefined();
  });

  it('takes no call whose caller gave up before', async () => {
    const { queue } = queueOf(1);
    expect(await queue.add('a', { ...PATIENT, signal: AbortSignal.abort() }, '')).toMatchObject({
      reason: 'aborted',
    });
    expect(queue.depth).toBe(0);
  });

  it('answers every call exactly once, never holds more than its limit, and counts right', async () => {
    const step = fc.oneof(
      fc.constant('add' as const),
      fc.constant('take' as const),
      fc.record({ settle: fc.nat(9) }),
      fc.record({ abort: fc.nat(9) }),
      fc.constant('reject waiting' as const),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 60 }),
        fc.integer({ min: 1, max: 5 }),
        async (steps, limit) => {
          const { queue } = queueOf(limit);
          const taken: QueuedCall<string, string, string>[] = [];
          const callers: { controller: AbortController; answers: number; done: Promise<void> }[] = [];
          for (const action of steps) {
            if (action === 'add') {
              const controller = new AbortController();
              const caller = { controller, answers: 0, done: Promise.resolve() };
              caller.done = queue.add('x', { ...PATIENT, signal: controller.signal }, '').then(() => {
                caller.answers += 1;
              });
              callers.push(caller);
            } else if (action === 'take') {
              const call = queue.take();
              if (call !== undefined) {
                expect(call.settled).toBe(false);
                taken.push(call);
              }
            } else if (action === 'reject waiting') queue.rejectWaiting('load_failed', 'x');
            else if ('settle' in action) taken[action.settle]?.settle({ status: 'done', value: 'y' });
            else callers[action.abort]?.controller.abort();
            expect(queue.depth).toBeGreaterThanOrEqual(0);
            expect(queue.depth).toBeLessThanOrEqual(limit);
          }
          for (const { controller } of callers) controller.abort();
          await Promise.all(callers.map(({ done }) => done));
          expect(callers.every(({ answers }) => answers === 1)).toBe(true);
          expect(queue.depth).toBe(0);
        },
      ),
    );
  });

  it('says when to come again where it is full', async () => {
    const { queue } = queueOf(1);
    void queue.add('a', PATIENT, '');
    expect(await queue.add('b', PATIENT, '')).toMatchObject({ reason: 'overloaded', retryAfter: 7 });
    queue.rejectWaiting('aborted', 'x');
  });

  it('gives the preferred call first, passes over what does not fit, and else keeps the order', () => {
    const { queue } = queueOf(10);
    for (const name of ['a1', 'b1', 'a2', 'c1']) void queue.add(name, PATIENT, name.charAt(0));
    expect(queue.take({ prefers: (lane) => lane === 'b' })?.request).toBe('b1');
    expect(queue.take({ fits: (lane) => lane === 'c' })?.request).toBe('c1');
    expect(queue.take({ fits: (lane) => lane === 'd' })).toBeUndefined();
    expect(queue.take({ prefers: (lane) => lane === 'd' })?.request).toBe('a1');
    expect(queue.take()?.request).toBe('a2');
  });

  it('lets no call be overtaken more often than it says, whatever is wished for', () => {
    const lane = fc.constantFrom('a', 'b', 'c');
    // One lane is wanted again and again, and calls of it keep coming: the others would starve.
    const wish = fc.record({
      fits: fc.oneof(
        { weight: 3, arbitrary: fc.constant<string[]>(['a', 'b', 'c']) },
        { weight: 2, arbitrary: fc.constant<string[]>(['a']) },
        { weight: 1, arbitrary: fc.subarray<string>(['a', 'b', 'c']) },
      ),
      prefers: fc.oneof({ weight: 4, arbitrary: fc.constant<string>('a') }, { weight: 1, arbitrary: lane }),
    });
    const action = fc.oneof(
      fc.record({
        add: fc.oneof({ weight: 2, arbitrary: fc.constant('a') }, { weight: 1, arbitrary: lane }),
      }),
      fc.record({ take: wish }),
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 150, size: 'max' }), (actions) => {
        const { queue } = queueOf(1000);
        const overtaken = new Map<number, number>();
        for (const one of actions) {
          if ('add' in one) {
            void queue.add('x', PATIENT, one.add);
            continue;
          }
          const { fits, prefers } = one.take;
          const taken = queue.take({
            fits: (lane) => fits.includes(lane),
            prefers: (lane) => lane === prefers,
          });
          if (taken === undefined) continue;
          for (const { id } of queue.waiting)
            if (id < taken.id) overtaken.set(id, (overtaken.get(id) ?? 0) + 1);
          taken.settle({ status: 'done', value: 'y' });
        }
        expect(Math.max(0, ...overtaken.values())).toBeLessThanOrEqual(MOST_OVERTAKEN);
        queue.rejectWaiting('aborted', 'The test is over.');
        expect(queue.depth).toBe(0);
      }),
    );
  });
});
