/** Which judge of a cascade answers, and what becomes of faults. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createCascadeJudge, type Bands } from '../../../../src/classifiers/guard/cascade/index.js';
import type { JudgeRequest } from '../../../../src/core/judge.js';
import { loadTaxonomies } from '../../../../src/taxonomy/taxonomy.js';
import { scriptedJudge, type Answer, type ScriptedJudge } from './scripted-judge.js';

const BAND: Bands = { User: { low: 0.1, high: 0.9 }, Agent: { low: undefined, high: 0.95 } };
const ASK = { timeoutMs: 10_000 };
const taxonomies = loadTaxonomies();

/** The quick judge's score is the text itself. */
const scoreOfText = (text: string): Answer => ({ score: Number(text) });

function cascade(
  quickAnswer: (text: string, request: JudgeRequest) => Answer | Promise<Answer> = scoreOfText,
  thoroughAnswer: (text: string) => Answer = () => ({ score: 0.7 }),
  band = BAND,
): { judge: ReturnType<typeof createCascadeJudge>; quick: ScriptedJudge; thorough: ScriptedJudge } {
  const quick = scriptedJudge(
    { id: 'quick', taxonomy: 'mlcommons-v0.5', queueDepth: 1, pid: 1 },
    quickAnswer,
  );
  const thorough = scriptedJudge(
    { id: 'thorough', taxonomy: 'mlcommons-v1.0', queueDepth: 2, pid: 2 },
    thoroughAnswer,
  );
  return { judge: createCascadeJudge({ quick, thorough, band, taxonomies }), quick, thorough };
}

const ask = (text: string, more: Partial<JudgeRequest> = {}): JudgeRequest => ({
  messages: [{ role: 'User', text }],
  categoriesFrom: 0.5,
  ...more,
});

describe('who decides', () => {
  test.each([
    ['0', 'safe', 'quick'],
    ['0.1', 'safe', 'quick'],
    ['0.11', 'unsafe', 'thorough'],
    ['0.89', 'unsafe', 'thorough'],
    ['0.9', 'unsafe', 'quick'],
    ['1', 'unsafe', 'quick'],
    // No probabilities.
    ['NaN', 'unsafe', 'thorough'],
    ['1.5', 'unsafe', 'thorough'],
    ['-1', 'unsafe', 'thorough'],
  ])('a prompt with the quick score %s: %s, by the %s judge', async (text, verdict, decidedBy) => {
    const { judge, thorough } = cascade();
    expect(await judge.assess(ask(text), ASK)).toMatchObject({ verdict, decidedBy, judge: decidedBy });
    expect(thorough.asked).toHaveLength(decidedBy === 'thorough' ? 1 : 0);
  });

  test('replies have a band of their own', async () => {
    const { judge } = cascade();
    const reply = { messages: [{ role: 'Agent', text: '0' }] as const };
    expect(await judge.assess(ask('', reply), ASK)).toMatchObject({ decidedBy: 'thorough' });
  });

  test('the verdict follows the band even where it crosses the quick judge’s own threshold', async () => {
    const { judge } = cascade(undefined, undefined, {
      User: { low: 0.6, high: 0.8 },
      Agent: { low: undefined, high: undefined },
    });
    expect(await judge.assess(ask('0.55'), ASK)).toMatchObject({ verdict: 'safe', score: 0.55 });
  });

  test('both costs are told together', async () => {
    const { judge } = cascade();
    const verdict = await judge.assess(ask('0.5'), ASK);
    expect(verdict.cost).toMatchObject({ tokensEvaluated: 20, tokensCached: 10 });
    expect((await judge.assess(ask('0'), ASK)).cost).toMatchObject({ tokensEvaluated: 10, tokensCached: 5 });
  });

  test('a policy may ask for the thorough judge always: the quick one is not even asked', async () => {
    const { judge, quick } = cascade();
    const thoroughness = { always: true, categories: [] };
    expect(await judge.assess(ask('0', { thoroughness }), ASK)).toMatchObject({ decidedBy: 'thorough' });
    expect(quick.asked).toHaveLength(0);
  });

  test.each([
    // S9 of v0.5 is S10 of v1.0, the taxonomy of the thorough judge and of the request.
    [['S10'], [{ id: 'S9', score: 0.1 }], 'thorough'],
    [
      ['S10'],
      [
        { id: 'S1', score: 0.95 },
        { id: 'S9', score: 0.099 },
      ],
      'quick',
    ],
    [['S9'], [{ id: 'S9', score: 0.95 }], 'quick'],
    // Evidence of a kind that is not told may be of the forced one.
    [['S10'], [], 'thorough'],
    [['S10'], [{ id: 'X1', score: 0.1 }], 'thorough'],
    [[], [], 'quick'],
  ])('evidence for one of %j in %j: the %s judge decides', async (forced, categories, decidedBy) => {
    const { judge, quick } = cascade(() => ({ score: 0.95, categories }));
    const thoroughness = { always: false, categories: forced };
    expect(await judge.assess(ask('x', { thoroughness }), ASK)).toMatchObject({ decidedBy });
    expect(quick.asked[0]?.request.categoriesFrom).toBe(forced.length > 0 ? 0.1 : 0.5);
  });

  test('the quick judge’s categories are told in the thorough judge’s words', async () => {
    const { judge } = cascade(() => ({ score: 0.95, categories: [{ id: 'S9', score: 0.9 }] }));
    expect(judge.taxonomy).toBe('mlcommons-v1.0');
    expect(await judge.assess(ask('x'), ASK)).toMatchObject({ categories: [{ id: 'S10', score: 0.9 }] });
  });
});

describe('a missing answer', () => {
  test('of the quick judge: the thorough one decides', async () => {
    const { judge } = cascade(() => ({ reason: 'guard_restarted' }));
    expect(await judge.assess(ask('x'), ASK)).toMatchObject({ verdict: 'unsafe', decidedBy: 'thorough' });
  });

  test('of the thorough judge stays missing, whatever the quick one thought', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.constantFrom('timeout' as const, 'overloaded' as const, 'context_overflow' as const),
        async (score, reason) => {
          const { judge } = cascade(
            () => ({ score }),
            () => ({ reason }),
          );
          const verdict = await judge.assess(ask('x'), ASK);
          if (score <= 0.1 || score >= 0.9) expect(verdict).toMatchObject({ decidedBy: 'quick' });
          else expect(verdict).toMatchObject({ verdict: 'unavailable', reason, judge: 'thorough' });
        },
      ),
    );
  });

  test('the quick judge’s time is taken off, and it may not use up all of it', async () => {
    const { judge, quick, thorough } = cascade(async () => {
      await new Promise((resolve) => setTimeout(resolve, 30));
      return { score: 0.5 };
    });
    await judge.assess(ask('x'), { timeoutMs: 1000 });
    expect(quick.asked[0]?.options.timeoutMs).toBe(500);
    expect(thorough.asked[0]?.options.timeoutMs).toBeLessThanOrEqual(971);
  });

  test('no time left for the thorough judge: unavailable, and it is not bothered', async () => {
    const { judge, thorough } = cascade(async () => {
      await new Promise((resolve) => setTimeout(resolve, 15));
      return { score: 0.5 };
    });
    expect(await judge.assess(ask('x'), { timeoutMs: 10 })).toMatchObject({
      verdict: 'unavailable',
      reason: 'timeout',
    });
    expect(thorough.asked).toHaveLength(0);
  });

  test('given up by the caller: aborted', async () => {
    const controller = new AbortController();
    const { judge } = cascade(() => {
      controller.abort();
      return { reason: 'aborted' };
    });
    expect(await judge.assess(ask('x'), { ...ASK, signal: controller.signal })).toMatchObject({
      verdict: 'unavailable',
      reason: 'aborted',
    });
  });
});

describe('a stream', () => {
  const request = { context: [], role: 'User', categoriesFrom: 0.5 } as const;
  // Sure until a question mark comes.
  const unsureOf = (text: string): Answer => ({ score: text.includes('?') ? 0.5 : 0.01 });

  test('hands the thorough judge all text it has not had, when it is needed', async () => {
    const { judge, quick, thorough } = cascade(unsureOf);
    const stream = judge.openStream(request);
    expect(await stream.push('One ', ASK)).toMatchObject({ decidedBy: 'quick', verdict: 'safe' });
    expect(await stream.push('two ', ASK)).toMatchObject({ decidedBy: 'quick' });
    expect(thorough.streams).toHaveLength(0);
    expect(await stream.push('three? ', ASK)).toMatchObject({ decidedBy: 'thorough' });
    expect(await stream.push('four', ASK)).toMatchObject({ decidedBy: 'thorough' });
    expect(quick.streams[0]?.pushed).toEqual(['One ', 'two ', 'three? ', 'four']);
    expect(thorough.streams[0]?.pushed).toEqual(['One two three? ', 'four']);
    stream.close();
    expect([quick.streams[0]?.closed, thorough.streams[0]?.closed]).toEqual([true, true]);
    expect(await stream.push('five', ASK)).toMatchObject({ verdict: 'unavailable', reason: 'aborted' });
  });

  test('answers as assess does on the same text, wherever it is cut', async () => {
    const piece = fc.constantFrom('a', 'b ', '?', 'bomb', ' ');
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 8 }), async (pieces) => {
        const { judge } = cascade(unsureOf, (text) => ({ score: text.includes('bomb') ? 0.99 : 0.2 }));
        const stream = judge.openStream(request);
        let text = '';
        for (const one of pieces) {
          text += one;
          const pushed = await stream.push(one, ASK);
          const whole = await judge.assess(ask(text), ASK);
          expect({ ...pushed, cost: 0 }).toEqual({ ...whole, cost: 0 });
        }
      }),
      { numRuns: 40 },
    );
  });

  test('always thorough: the quick judge is left out', async () => {
    const { judge, quick } = cascade(unsureOf);
    const stream = judge.openStream({ ...request, thoroughness: { always: true, categories: [] } });
    expect(await stream.push('One', ASK)).toMatchObject({ decidedBy: 'thorough' });
    expect(quick.streams).toHaveLength(0);
  });
});

describe('as one judge', () => {
  test('names, depth, process and end', async () => {
    const { judge, quick, thorough } = cascade();
    expect([judge.id, judge.queueDepth, judge.pid]).toEqual(['cascade', 3, 2]);
    await judge.close();
    expect([quick.closed, thorough.closed]).toEqual([true, true]);
  });

  test('is ready when both are, and in the worse state of both', async () => {
    const ready = scriptedJudge({}, scoreOfText);
    const failed = scriptedJudge(
      { state: { phase: 'failed', message: 'no file' }, ready: () => Promise.reject(new Error('no file')) },
      scoreOfText,
    );
    for (const [quick, thorough] of [[ready, failed] as const, [failed, ready] as const]) {
      const judge = createCascadeJudge({ quick, thorough, band: BAND });
      expect(judge.state).toEqual({ phase: 'failed', message: 'no file' });
      await expect(judge.ready()).rejects.toThrow('no file');
    }
    const both = createCascadeJudge({ quick: ready, thorough: ready, band: BAND });
    expect(both.state).toEqual({ phase: 'ready' });
    await both.ready();
  });

  test('another judge or another band is another fingerprint', () => {
    const judgeOf = (fingerprint: string): ScriptedJudge => scriptedJudge({ fingerprint }, scoreOfText);
    const all = [
      createCascadeJudge({ quick: judgeOf('a'), thorough: judgeOf('b'), band: BAND }),
      createCascadeJudge({ quick: judgeOf('a2'), thorough: judgeOf('b'), band: BAND }),
      createCascadeJudge({ quick: judgeOf('a'), thorough: judgeOf('b2'), band: BAND }),
      createCascadeJudge({
        quick: judgeOf('a'),
        thorough: judgeOf('b'),
        band: { ...BAND, User: BAND.Agent },
      }),
    ].map(({ fingerprint }) => fingerprint);
    expect(new Set(all).size).toBe(4);
    expect(cascade().judge.fingerprint).toBe(cascade().judge.fingerprint);
  });

  test.each([
    [{ low: 0.5, high: 0.5 }, /low end has to be below/],
    [{ low: -0.1, high: 0.5 }, /scores are 0 to 1/],
    [{ low: 0.1, high: Number.NaN }, /scores are 0 to 1/],
  ])('a band of %j is refused', (User, message) => {
    expect(() => cascade(undefined, undefined, { ...BAND, User })).toThrow(message);
  });
});
