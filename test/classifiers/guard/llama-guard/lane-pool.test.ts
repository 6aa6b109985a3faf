import { describe, expect, it } from 'vitest';
import { createLanePool, type LanePool } from '../../../../src/classifiers/guard/llama-guard/lane-pool.js';
import type { GuardRole } from '../../../../src/core/conversation.js';

const PREFIX = 3;
/** Ends in two tokens that belong to no conversation. */
const prompt = (...conversation: number[]): number[] => [1, 2, 3, ...conversation, 8, 9];
const NEVER = new AbortController().signal;
const SOUND = new Error('sound');

class FakeLane {
  tokens: readonly number[] = [];
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
  get length(): number {
    return this.tokens.length;
  }
  common(tokens: readonly number[]): number {
    let index = 0;
    while (index < this.tokens.length && this.tokens[index] === tokens[index]) index++;
    return index;
  }
}

interface Bench {
  readonly pool: LanePool<FakeLane, number>;
  opened: number;
  /** Judges the prompt: the lane then keeps it. @returns the lane's name */
  readonly judge: (role: GuardRole, tokens: readonly number[], signal?: AbortSignal) => Promise<string>;
  /** Takes a lane and keeps it until `release`. */
  readonly hold: (
    role: GuardRole,
    tokens: readonly number[],
  ) => { readonly granted: Promise<string>; readonly release: (fault?: Error) => void };
}

function bench(lanes: number): Bench {
  const self: Bench = {
    opened: 0,
    pool: createLanePool<FakeLane, number>({
      open() {
        self.opened += 1;
        return Promise.resolve(
          Array.from({ length: lanes }, (_, index) => new FakeLane(`${self.opened}.${index}`)),
        );
      },
      fixedEnding: () => 2,
      isSound: (error) => error === SOUND,
    }),
    judge: (role, tokens, signal = NEVER) =>
      self.pool.use({ role, tokens, prefix: PREFIX }, signal, (lane) => {
        lane.tokens = tokens;
        return Promise.resolve(lane.name);
      }),
    hold: (role, tokens) => {
      let release: (fault?: Error) => void = () => undefined;
      const freed = new Promise<void>((resolve, reject) => {
        release = (fault) => (fault === undefined ? resolve() : reject(fault));
      });
      const granted = new Promise<string>((resolve, reject) => {
        self.pool
          .use({ role, tokens, prefix: PREFIX }, NEVER, (lane) => {
            lane.tokens = tokens;
            resolve(lane.name);
            return freed;
          })
          .catch(reject);
      });
      granted.catch(() => undefined);
      return { granted, release };
    },
  };
  return self;
}

describe('lanes', () => {
  it('stay with their conversations', async () => {
    const { judge } = bench(4);
    const first = await judge('User', prompt(10, 11, 12, 13, 14, 15, 16, 17, 18, 19));
    const second = await judge('User', prompt(20, 21, 22, 23, 24, 25, 26, 27, 28, 29));
    expect(second).not.toBe(first);
    expect(await judge('User', prompt(10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 30))).toBe(first);
    expect(await judge('User', prompt(20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30))).toBe(second);
  });

  it('are taken from the conversation that was quiet longest', async () => {
    const { judge } = bench(4);
    const long = (seed: number): number[] => prompt(...Array.from({ length: 20 }, (_, i) => seed * 100 + i));
    await judge('Agent', long(9));
    const names = [await judge('User', long(1)), await judge('User', long(2))];
    await judge('User', long(1));
    names.push(await judge('User', long(3)));
    await judge('User', long(1));
    expect(new Set(names).size).toBe(3);
    expect(await judge('User', long(4))).toBe(names[1]);
  });

  it('are not given up to a conversation that merely begins alike', async () => {
    const { judge } = bench(4);
    const system = Array.from({ length: 50 }, (_, i) => 1000 + i);
    const tail = (seed: number): number[] => Array.from({ length: 20 }, (_, i) => seed * 100 + i);
    const first = await judge('User', prompt(...system, ...tail(1)));
    expect(await judge('User', prompt(...system, ...tail(2)))).not.toBe(first);
    expect(await judge('User', prompt(...system, ...tail(1), 5))).toBe(first);
  });

  it('are always left for the other role, and streams keep theirs in a burst of prompts', async () => {
    const { judge } = bench(4);
    const reply = (seed: number, length: number): number[] =>
      prompt(...Array.from({ length }, (_, i) => seed * 1000 + i));
    const one = await judge('Agent', reply(1, 20));
    const two = await judge('Agent', reply(2, 20));
    for (let i = 0; i < 10; i++) await judge('User', reply(10 + i, 20));
    expect(await judge('Agent', reply(1, 30))).toBe(one);
    expect(await judge('Agent', reply(2, 30))).toBe(two);
    const users = new Set<string>();
    for (let i = 0; i < 100; i++) users.add(await judge('User', reply(100 + i, 20)));
    // After a long burst one is left: that of the reply judged last.
    expect(users.size).toBe(3);
    expect(await judge('Agent', reply(2, 40))).toBe(two);
  });

  it('are waited for, each role for its own', async () => {
    const { hold } = bench(2);
    const user = hold('User', prompt(1));
    const agent = hold('Agent', prompt(2));
    expect(await user.granted).not.toBe(await agent.granted);
    const waiting = hold('User', prompt(3));
    agent.release();
    const reply = hold('Agent', prompt(4));
    expect(await reply.granted).toBe(await agent.granted);
    user.release();
    expect(await waiting.granted).toBe(await user.granted);
  });

  it('go first to a prompt that continues what they keep, but nobody is passed by for ever', async () => {
    const { hold } = bench(2);
    const order: string[] = [];
    const conversation = Array.from({ length: 20 }, (_, i) => 100 + i);
    const first = hold('User', prompt(...conversation));
    await first.granted;
    // Each is done as soon as it has its lane.
    const queue = (name: string, tokens: number[]): Promise<void> => {
      const one = hold('User', tokens);
      return one.granted.then(() => {
        order.push(name);
        one.release();
      });
    };
    const all = [queue('other', prompt(7))];
    for (let i = 0; i < 8; i++) all.push(queue('turn', prompt(...conversation, 200 + i)));
    first.release();
    await Promise.all(all);
    expect(order.indexOf('other')).toBe(4);
    expect(order).toHaveLength(9);
  });

  it('are not waited for by whoever gave up', async () => {
    const { hold, judge, pool } = bench(2);
    const running = hold('User', prompt(1));
    await running.granted;
    const controller = new AbortController();
    const reason = new Error('gave up');
    const waiting = judge('User', prompt(2), controller.signal);
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await expect(judge('User', prompt(2), AbortSignal.abort(reason))).rejects.toBe(reason);
    running.release();
    expect(await judge('User', prompt(3))).toBe(await running.granted);
    await expect(pool.open()).resolves.toBeUndefined();
  });
});

describe('a fault', () => {
  it('replaces all lanes once their holders are done; who waits gets a new one', async () => {
    const self = bench(4);
    const healthy = self.hold('Agent', prompt(1));
    const faulty = self.hold('User', prompt(2));
    expect(await healthy.granted).toMatch(/^1\./);
    await faulty.granted;
    const waiting = self.judge('User', prompt(3));
    faulty.release(new Error('decode failed'));
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(self.opened).toBe(1);
    const later = self.judge('User', prompt(4));
    healthy.release();
    expect(await later).toMatch(/^2\./);
    await waiting;
    expect(self.opened).toBe(2);
  });

  it('that leaves the lane sound changes nothing', async () => {
    const self = bench(2);
    const aborted = self.hold('User', prompt(1));
    await aborted.granted;
    aborted.release(SOUND);
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(await self.judge('User', prompt(1))).toMatch(/^1\./);
  });

  it('on opening is told to whoever waits, and the next prompt tries again', async () => {
    let works = false;
    const pool = createLanePool<FakeLane, number>({
      open: () =>
        works
          ? Promise.resolve([new FakeLane('a'), new FakeLane('b')])
          : Promise.reject(new Error('no memory')),
      fixedEnding: () => 2,
      isSound: () => true,
    });
    const use = (): Promise<string> =>
      pool.use({ role: 'User', tokens: prompt(1), prefix: PREFIX }, NEVER, (lane) =>
        Promise.resolve(lane.name),
      );
    await expect(use()).rejects.toThrow('no memory');
    works = true;
    expect(await use()).toBe('a');
  });
});
