import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  admits,
  admitsWhenIdle,
  retryAfterSeconds,
  schedule,
  worthStarting,
} from '../../../../src/classifiers/guard/native/admission.js';
import { createCostModel } from '../../../../src/classifiers/guard/native/cost-model.js';

const calls = fc.array(fc.record({ costMs: fc.nat(1000), remainingMs: fc.nat(5000) }), { maxLength: 20 });

describe('the schedule of waiting calls', () => {
  it('is a queue at a counter: one slot adds up, two share', () => {
    const call = { costMs: 100, remainingMs: 10_000 };
    expect(schedule([50], [call, call]).startMs).toBe(250);
    expect(schedule([50, 0], [call, call, call]).startMs).toBe(150);
    expect(schedule([0], []).startMs).toBe(0);
  });

  it('passes over calls that will have left by then', () => {
    const late = { costMs: 100, remainingMs: 120 };
    const patient = { costMs: 100, remainingMs: 10_000 };
    expect(schedule([0], [patient, late, patient])).toEqual({ startMs: 200, hopeless: [late] });
  });

  it('never promises a start before there is a slot, nor after all the work', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3000), { minLength: 1, maxLength: 4 }), calls, (slots, waiting) => {
        const { startMs, hopeless } = schedule(slots, waiting);
        const work = waiting.reduce((sum, { costMs }) => sum + costMs, 0);
        expect(startMs).toBeGreaterThanOrEqual(Math.min(...slots));
        expect(startMs).toBeLessThanOrEqual(Math.min(...slots) + work);
        for (const call of waiting) if (call.costMs > call.remainingMs) expect(hopeless).toContain(call);
      }),
    );
  });
});

describe('the time to come again', () => {
  it('is when the call would fit, in whole seconds and at least one', () => {
    expect(retryAfterSeconds(20_000, { costMs: 10_000, remainingMs: 25_000 })).toBe(5);
    expect(retryAfterSeconds(20_000, { costMs: 10_000, remainingMs: 29_900 })).toBe(1);
    // It would never fit: when the queue is empty.
    expect(retryAfterSeconds(20_000, { costMs: 90_000, remainingMs: 25_000 })).toBe(20);
    expect(retryAfterSeconds(0, { costMs: 90_000, remainingMs: 25_000 })).toBe(1);
  });

  it('is long enough: after it, a queue that only drained admits the call', () => {
    fc.assert(
      fc.property(
        fc.nat(100_000),
        fc.nat(50_000),
        fc.integer({ min: 1, max: 50_000 }),
        (startMs, costMs, remainingMs) => {
          fc.pre(costMs <= remainingMs);
          const call = { costMs, remainingMs };
          const waited = Math.max(0, startMs - 1000 * retryAfterSeconds(startMs, call));
          expect(admits(waited, call)).toBe(true);
        },
      ),
    );
  });
});

/** Numbers in [0, 1) that are the same in each run (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

interface Customer {
  readonly characters: number;
  readonly deadline: number;
}

/**
 * One model under `load` times the work it can do, for half an hour of simulated time: Poisson arrivals,
 * exponential lengths, costs with a noise of 30%, 10 s for each check.
 * @returns shares of the model's time: spent on checks that were answered, and on ones that died while it worked
 */
function simulate(load: number, admission: boolean): { useful: number; wasted: number } {
  const HALF_HOUR = 1_800_000;
  const random = randomNumbers(7);
  const gauss = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const tokensOf = (characters: number): number => characters * 0.3 + 30;
  const meanMs = tokensOf(200) * 10;
  const model = createCostModel();
  let waiting: Customer[] = [];
  let busy: { customer: Customer; since: number; until: number; finished: boolean } | undefined;
  let now = 0;
  let arrival = 0;
  let useful = 0;
  let wasted = 0;

  const costed = (customer: Customer) => ({
    customer,
    costMs: model.estimate(customer.characters) ?? 0,
    remainingMs: customer.deadline - now,
  });
  const refuseWaiting = (customer: Customer): void => {
    waiting = waiting.filter((one) => one !== customer);
  };
  while (now < HALF_HOUR) {
    now = Math.min(arrival, busy?.until ?? Infinity);
    waiting = waiting.filter(({ deadline }) => deadline > now);
    if (now === arrival) {
      const customer = { characters: Math.round(-Math.log(1 - random()) * 200), deadline: now + 10_000 };
      const call = costed(customer);
      const expected = busy === undefined ? 0 : costed(busy.customer).costMs - (now - busy.since);
      const { startMs } = schedule([Math.max(0, expected)], waiting.map(costed));
      const idle = busy === undefined && waiting.length === 0;
      if (!admission || (idle ? admitsWhenIdle(call) : admits(startMs, call))) waiting.push(customer);
      arrival = now + (-Math.log(1 - random()) * meanMs) / load;
    } else if (busy !== undefined) {
      const { customer, since, finished } = busy;
      const tokensEvaluated = tokensOf(customer.characters);
      if (finished) useful += now - since;
      else wasted += now - since;
      if (finished)
        model.learn({
          characters: customer.characters,
          newCharacters: customer.characters,
          tokensEvaluated,
          tokensCached: 400,
          ms: now - since,
          cold: false,
        });
      else model.learnUnfinished(customer.characters, now - since);
      busy = undefined;
      if (admission)
        for (const { customer: late } of schedule([0], waiting.map(costed)).hopeless) refuseWaiting(late);
    }
    while (busy === undefined) {
      const customer = waiting.shift();
      if (customer === undefined) break;
      if (admission && !worthStarting(costed(customer))) {
        refuseWaiting(customer);
        continue;
      }
      const needed = tokensOf(customer.characters) * 10 * Math.exp(0.3 * gauss() - 0.045);
      const until = now + Math.min(needed, customer.deadline - now);
      busy = { customer, since: now, until, finished: needed <= customer.deadline - now };
    }
  }
  return { useful: useful / now, wasted: wasted / now };
}

describe('admission by estimated cost', () => {
  it('keeps the model at useful work under three times the load that it can bear', () => {
    const without = simulate(3, false);
    expect(without.useful).toBeLessThan(0.33);
    const { useful, wasted } = simulate(3, true);
    expect(useful).toBeGreaterThan(0.985);
    expect(wasted).toBeLessThan(0.012);
  });

  it('takes away next to nothing where the load can be borne', () => {
    const without = simulate(0.7, false);
    const { useful } = simulate(0.7, true);
    expect(useful).toBeGreaterThan(without.useful - 0.02);
  });
});
