import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCallCosts } from '../../../../src/classifiers/guard/native/call-costs.js';
import { createCostModel, type CostModel } from '../../../../src/classifiers/guard/native/cost-model.js';
import { createFadingLine } from '../../../../src/classifiers/guard/native/fading-line.js';

/** A model that needs exactly this; `cached` of the prompt's tokens are in its cache. */
interface Machine {
  readonly msPerToken: number;
  readonly fixedMs: number;
  readonly tokensPerCharacter: number;
  /** Evaluated besides the text, in each call. */
  readonly besides: number;
}

function answer(model: CostModel, machine: Machine, characters: number, cold = false): void {
  const tokensEvaluated = characters * machine.tokensPerCharacter + machine.besides;
  model.learn({
    characters,
    newCharacters: characters,
    tokensEvaluated,
    tokensCached: 400,
    ms: machine.fixedMs + machine.msPerToken * tokensEvaluated,
    cold,
  });
}
function cost(machine: Machine, characters: number): number {
  return machine.fixedMs + machine.msPerToken * (characters * machine.tokensPerCharacter + machine.besides);
}

const machines = fc.record({
  msPerToken: fc.double({ min: 0.05, max: 60, noNaN: true }),
  fixedMs: fc.double({ min: 0, max: 200, noNaN: true }),
  tokensPerCharacter: fc.double({ min: 0.15, max: 2, noNaN: true }),
  besides: fc.integer({ min: 1, max: 60 }),
});

describe('the cost model', () => {
  it('says nothing before three answers', () => {
    const model = createCostModel();
    const machine = { msPerToken: 10, fixedMs: 5, tokensPerCharacter: 0.3, besides: 20 };
    for (const characters of [100, 300]) {
      answer(model, machine, characters);
      expect(model.estimate(100)).toBeUndefined();
      expect(model.msPerToken).toBeUndefined();
    }
    answer(model, machine, 900);
    expect(model.estimate(100)).toBeGreaterThan(0);
  });

  it('learns any machine from calls of different lengths', () => {
    fc.assert(
      fc.property(machines, (machine) => {
        const model = createCostModel();
        for (let call = 0; call < 60; call++) answer(model, machine, [60, 400, 1500, 4000][call % 4] ?? 0);
        for (const characters of [60, 1000, 4000]) {
          const relative = (model.estimate(characters) ?? 0) / cost(machine, characters);
          expect(relative).toBeGreaterThan(0.75);
          expect(relative).toBeLessThan(1.3);
        }
      }),
    );
  });

  it('stays sane for lengths it has not seen when all calls were alike', () => {
    const model = createCostModel();
    const machine = { msPerToken: 10, fixedMs: 100, tokensPerCharacter: 0.25, besides: 20 };
    for (let call = 0; call < 30; call++) answer(model, machine, 60);
    expect(model.estimate(60)).toBeCloseTo(cost(machine, 60), 0);
    const longer = (model.estimate(6000) ?? 0) / cost(machine, 6000);
    expect(longer).toBeGreaterThan(0.5);
    expect(longer).toBeLessThan(6);
  });

  it('follows a machine that becomes slower or faster', () => {
    fc.assert(
      fc.property(machines, fc.double({ min: 0.2, max: 8, noNaN: true }), (machine, factor) => {
        const model = createCostModel();
        const later = {
          ...machine,
          msPerToken: machine.msPerToken * factor,
          fixedMs: machine.fixedMs * factor,
        };
        for (let call = 0; call < 30; call++) answer(model, machine, [60, 400, 1500][call % 3] ?? 0);
        for (let call = 0; call < 90; call++) answer(model, later, [60, 400, 1500][call % 3] ?? 0);
        const relative = (model.estimate(800) ?? 0) / cost(later, 800);
        expect(relative).toBeGreaterThan(0.7);
        expect(relative).toBeLessThan(1.4);
      }),
    );
  });

  it('takes one monstrous measurement for what it is', () => {
    const model = createCostModel();
    const machine = { msPerToken: 10, fixedMs: 0, tokensPerCharacter: 0.3, besides: 20 };
    for (let call = 0; call < 30; call++) answer(model, machine, [60, 400, 1500][call % 3] ?? 0);
    const before = model.estimate(400) ?? 0;
    model.learn({
      characters: 400,
      newCharacters: 400,
      tokensEvaluated: 140,
      tokensCached: 400,
      ms: 3_600_000,
      cold: false,
    });
    expect(model.estimate(400)).toBeLessThan(before * 2);
  });

  it('learns from calls that were given up that it is too optimistic, but never that it is too pessimistic', () => {
    const model = createCostModel();
    const machine = { msPerToken: 10, fixedMs: 0, tokensPerCharacter: 0.3, besides: 20 };
    for (let call = 0; call < 30; call++) answer(model, machine, [60, 400, 1500][call % 3] ?? 0);
    const before = model.estimate(400) ?? 0;
    model.learnUnfinished(400, before / 10);
    expect(model.estimate(400)).toBe(before);
    for (let call = 0; call < 10; call++) model.learnUnfinished(400, before * 10);
    expect(model.estimate(400)).toBeGreaterThan(before * 3);
  });

  it('keeps a fading line that never goes below zero', () => {
    const measured = fc.array(fc.tuple(fc.nat(100_000), fc.nat(10_000_000)), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(measured, (points) => {
        const line = createFadingLine({ spreadNeeded: (mean) => mean * 0.1 });
        for (const [x, y] of points) line.add(x, y);
        expect(line.slope).toBeGreaterThanOrEqual(0);
        expect(line.base).toBeGreaterThanOrEqual(0);
        for (const x of [0, 10, 1e6]) expect(line.at(x)).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe('the costs of calls', () => {
  const MS_PER_CHARACTER = 1;
  /** Teaches 1 ms a character with conversations that nobody asks for again. */
  function taught() {
    const costs = createCallCosts(4);
    for (let call = 0; call < 40; call++) {
      const characters = [50, 500, 2000][call % 3] ?? 0;
      const started = costs.begin({ characters, key: `teaching ${call}`, lane: 'User' }, 0);
      started.done(characters * MS_PER_CHARACTER, { evaluated: characters / 4, cached: 300 });
    }
    return costs;
  }

  it('are those of the new characters only, where the beginning was judged before', () => {
    const costs = taught();
    const first = { characters: 2000, key: 'talk', lane: 'User' };
    expect(costs.estimate(first, 0)).toBeGreaterThan(1500);
    costs.begin(first, 0).done(2000, { evaluated: 500, cached: 300 });
    expect(costs.estimate({ ...first, characters: 2100 }, 0)).toBeLessThan(500);
    expect(costs.home(first, [0, 1])).toBe(0);
    // Neither another process, nor the same words as somebody else's turn, have anything of it.
    expect(costs.estimate({ ...first, characters: 2100 }, 1)).toBeGreaterThan(1500);
    expect(costs.estimate({ ...first, characters: 2100, lane: 'Agent' }, 0)).toBeGreaterThan(1500);
  });

  it('leave out that the first call of a lane evaluates the whole policy', () => {
    const costs = createCallCosts(4);
    const call = (characters: number, evaluated: number): void =>
      costs
        .begin({ characters, key: `${Math.random()}`, lane: 'User' }, 0)
        .done(evaluated * 10, { evaluated, cached: 450 - evaluated });
    call(100, 450);
    for (let warm = 0; warm < 4; warm++) call(100, 45);
    // 45 tokens at 10 ms. With the policy in the average of what calls evaluate, it would be three times that.
    expect(costs.estimate({ characters: 100, lane: 'User' }, 0)).toBeLessThan(600);
  });

  it('are forgotten with the process, and when too many others came after', () => {
    const costs = taught();
    const talk = { characters: 2000, key: 'talk', lane: 'User' };
    costs.begin(talk, 0).done(2000, { evaluated: 500, cached: 300 });
    for (const other of ['a', 'b', 'c', 'd'])
      costs.begin({ ...talk, key: other }, 0).done(2000, { evaluated: 500, cached: 300 });
    expect(costs.home(talk, [0])).toBeUndefined();
    expect(costs.home({ ...talk, key: 'd' }, [0])).toBe(0);
    costs.forget(0);
    expect(costs.home({ ...talk, key: 'd' }, [0])).toBeUndefined();
  });

  it('bind a conversation to its process from its first call on', () => {
    const costs = createCallCosts(4);
    const talk = { characters: 10, key: 'talk', lane: 'User' };
    costs.begin(talk, 2);
    expect(costs.home(talk, [0, 1, 2])).toBe(2);
    expect(costs.home(talk, [0, 1])).toBeUndefined();
    expect(costs.home({ characters: 10 }, [0, 1, 2])).toBeUndefined();
  });
});
