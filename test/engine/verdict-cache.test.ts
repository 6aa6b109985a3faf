/** A verdict is remembered under everything it depends on, and nothing else gets it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ScoredVerdict } from '../../src/core/assessment.js';
import type { JudgeRequest } from '../../src/core/judge.js';
import { firstLink, growingLink, keyOf, nextLink } from '../../src/engine/question-key.js';
import { createVerdictCache, entryBytes } from '../../src/engine/verdict-cache.js';
import { benchOf, chatOf, judgeOf } from './scripted-judge.js';

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
const categories = fc.subarray(['S1', 'S2', 'S12']);
interface Question extends JudgeRequest {
  readonly fingerprint: string;
}
const question: fc.Arbitrary<Question> = fc.record({
  fingerprint: text,
  messages: fc.array(message, { minLength: 1, maxLength: 3 }),
  categoriesFrom: fc.constantFrom(0, 0.25, 0.5),
  overflow: fc.constantFrom('refuse' as const, 'pieces' as const),
  thoroughness: fc.record({ always: fc.boolean(), categories }),
});

const nameOf = ({ fingerprint, messages, ...settings }: Question): string =>
  keyOf(messages.reduce(nextLink, firstLink({ fingerprint, taxonomy: 'mlcommons-v0.5' }, settings)));

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
    { ...one, overflow: one.overflow === 'pieces' ? 'refuse' : 'pieces' },
    { ...one, thoroughness: { always: true, categories: ['S1', 'S11'] } },
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
        expect(nameOf(structuredClone(one))).toBe(nameOf(one));
      }),
    );
  });

  it('tells any two questions apart', () => {
    const pairs = question.chain((one) =>
      fc.tuple(fc.constant(one), fc.oneof(question, neighbour(one), neighbour(one))),
    );
    const property = fc.property(pairs, ([one, other]) => {
      expect(nameOf(one) === nameOf(other)).toBe(JSON.stringify(one) === JSON.stringify(other));
    });
    fc.assert(property, { numRuns: 1000 });
  });
});

describe('the key of a growing message', () => {
  it('is at every moment the key of what has come so far', () => {
    const property = fc.property(question, fc.array(text), (one, pieces) => {
      const { fingerprint, messages, ...settings } = one;
      const link = messages.reduce(
        nextLink,
        firstLink({ fingerprint, taxonomy: 'mlcommons-v0.5' }, settings),
      );
      const growing = growingLink(link, 'Agent');
      pieces.forEach((piece, index) => {
        growing.add(piece);
        const soFar = { role: 'Agent', text: pieces.slice(0, index + 1).join('') } as const;
        expect(growing.key()).toBe(nameOf({ ...one, messages: [...messages, soFar] }));
      });
    });
    fc.assert(property);
  });
});

describe('the memory', () => {
  it('forgets the oldest when it is full, the sooner the more the verdicts say', () => {
    const cache = createVerdictCache({ maxBytes: 2 * entryBytes(verdict), ttlMs: 60_000 });
    for (const key of ['one', 'two', 'three']) cache.set(key, verdict);
    expect(['one', 'two', 'three'].map((key) => cache.get(key))).toEqual([undefined, verdict, verdict]);
    const long = { ...verdict, categories: Array.from({ length: 6 }, () => ({ id: 'S1', score: 0.5 })) };
    cache.set('four', long);
    expect(['two', 'three', 'four'].map((key) => cache.get(key))).toEqual([undefined, undefined, long]);
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
