/** A verdict is remembered under everything it depends on, and nothing else gets it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ScoredVerdict } from '../../src/core/assessment.js';
import type { JudgeRequest } from '../../src/core/judge.js';
import { createVerdictCache } from '../../src/engine/verdict-cache.js';
import { benchOf, chatOf, judgeOf } from './scripted-judge.js';

const cache = createVerdictCache({ maxBytes: 2048, ttlMs: 60_000 });
const verdict: ScoredVerdict = {
  judge: 'scripted',
  role: 'User',
  cost: { ms: 1, tokensEvaluated: 0, tokensCached: 0 },
  verdict: 'safe',
  score: 0.01,
  categories: [],
};

// Few and awkward characters, so that pairs of requests come close to each other.
const text = fc.string({ unit: fc.constantFrom('a', '"', ',', '[', ']', '\\', '\n', '\ud83e', '\udd99') });
const message = fc.record({ role: fc.constantFrom('User' as const, 'Agent' as const), text });
interface Question extends JudgeRequest {
  readonly fingerprint: string;
}
const question: fc.Arbitrary<Question> = fc.record({
  fingerprint: text,
  messages: fc.array(message, { minLength: 1, maxLength: 3 }),
  categoriesFrom: fc.constantFrom(0, 0.25, 0.5),
});

const keyOf = ({ fingerprint, ...request }: Question): string =>
  cache.key(
    judgeOf(() => [0], { fingerprint }),
    request,
  );

/** Nearly the same: one part changed, or the boundary between two parts moved or imitated. */
const neighbour = (one: Question): fc.Arbitrary<Question> => {
  const [first = { role: 'User', text: '' } as const, ...others] = one.messages;
  const [second, ...rest] = others;
  const joined = ['', second?.role ?? '', `"]["${second?.role ?? ''}","`, '"],["', '\n'].map((between) => ({
    ...one,
    messages: [{ ...first, text: `${first.text}${between}${second?.text ?? ''}` }, ...rest],
  }));
  const near: Question[] = [
    ...joined,
    { ...one, fingerprint: `${one.fingerprint}a` },
    { ...one, fingerprint: one.fingerprint + first.text, messages: [{ ...first, text: '' }, ...others] },
    { ...one, categoriesFrom: 1 },
    { ...one, messages: [{ ...first, role: first.role === 'User' ? 'Agent' : 'User' }, ...others] },
    { ...one, messages: [...one.messages, { role: 'User', text: '' }] },
    { ...one, messages: [{ role: 'User', text: '' }, ...one.messages] },
    { ...one, messages: [...one.messages].reverse() },
  ];
  return fc.constantFrom(...near);
};

describe('the key', () => {
  it('is the same for the same question', () => {
    fc.assert(
      fc.property(question, (one) => {
        expect(keyOf(structuredClone(one))).toBe(keyOf(one));
      }),
    );
  });

  it('tells any two questions apart', () => {
    const pairs = question.chain((one) =>
      fc.tuple(fc.constant(one), fc.oneof(question, neighbour(one), neighbour(one))),
    );
    const property = fc.property(pairs, ([one, other]) => {
      expect(keyOf(one) === keyOf(other)).toBe(JSON.stringify(one) === JSON.stringify(other));
    });
    fc.assert(property, { numRuns: 1000 });
  });
});

describe('the memory', () => {
  it('forgets the oldest when it is full', () => {
    for (const key of ['one', 'two', 'three']) cache.set(key, verdict);
    expect(['one', 'two', 'three'].map((key) => cache.get(key))).toEqual([undefined, verdict, verdict]);
  });

  it('of no entries remembers nothing', async () => {
    const judge = judgeOf(() => [0.01]);
    const { engine, context } = benchOf(judge, undefined, 0);
    await engine.assessPrompt(chatOf([['user', 'Hi']]), context());
    await engine.assessPrompt(chatOf([['user', 'Hi']]), context());
    expect(judge.requests).toHaveLength(2);
  });

  it('does not answer for another threshold, at which the judge has to name categories', async () => {
    const judge = judgeOf(() => [0.3]);
    const { engine, context } = benchOf(judge);
    const messages: JudgeRequest['messages'] = [{ role: 'User', text: 'Hi' }];
    await engine.judgeMessages(messages, 'prompt', context({ threshold: 0.5 }));
    await engine.judgeMessages(messages, 'prompt', context({ threshold: 0.2 }));
    expect(judge.requests.map(({ categoriesFrom }) => categoriesFrom)).toEqual([0.5, 0.2]);
  });
});
