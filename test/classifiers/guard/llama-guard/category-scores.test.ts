import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  scoreCategories,
  type NextToken,
} from '../../../../src/classifiers/guard/llama-guard/category-scores.js';
import { categoryTokens } from '../../../../src/classifiers/guard/llama-guard/category-tokens.js';

const END = '<end>';
const IDS = ['S1', 'S2', 'S3', 'S10', 'S11'];

/** A tokenizer that takes the longest token it knows. */
const tokenizerOf =
  (words: readonly string[]) =>
  (text: string): string[] => {
    const tokens: string[] = [];
    for (let rest = text; rest !== '';) {
      const known = words.filter((word) => rest.startsWith(word)).sort((a, b) => b.length - a.length);
      const token = known[0] ?? rest.charAt(0);
      tokens.push(token);
      rest = rest.slice(token.length);
    }
    return tokens;
  };

/** Vocabularies that cut the same answers differently. */
const VOCABULARIES = {
  'a number is one token': ['unsafe', '10', '11'],
  'each digit is a token': ['unsafe'],
  'an id is one token': ['unsafe', 'S1', 'S2', 'S3', 'S10', 'S11'],
  'the comma goes with the S': ['unsafe', ',S', '10', '11'],
  'the word has two tokens': ['uns', 'afe', ',S', '10', '11'],
} as const;
type Vocabulary = keyof typeof VOCABULARIES;
const NAMES = Object.keys(VOCABULARIES) as Vocabulary[];

type ScoreById = Partial<Record<'S1' | 'S2' | 'S3' | 'S10' | 'S11', number>> &
  Partial<Record<string, number>>;

/** What a guard would write, and how likely: the whole answer after the word. */
type Answers = readonly (readonly [answer: string, probability: number])[];

/** The model whose answers are distributed like that, through the eyes of a vocabulary. */
function modelOf(answers: Answers, vocabulary: Vocabulary) {
  const tokenize = tokenizerOf(VOCABULARIES[vocabulary]);
  const word = tokenize('unsafe');
  const written = answers.map(([answer, probability]) => ({
    tokens: [...word, ...tokenize(`unsafe${answer}`).slice(word.length), END],
    probability,
  }));
  let evaluations = 0;
  const seen = new Set<string>();
  const nextToken: NextToken<string> = (path, ahead) => {
    if (!seen.has(path.join('|'))) {
      evaluations += 1;
      for (let length = 0; length <= ahead.length; length++)
        seen.add([...path, ...ahead.slice(0, length)].join('|'));
    }
    const matching = written.filter(({ tokens }) => path.every((token, index) => tokens[index] === token));
    const all = matching.reduce((sum, { probability }) => sum + probability, 0);
    return Promise.resolve((token: string) =>
      all === 0
        ? 0
        : matching
            .filter(({ tokens }) => tokens[path.length] === token)
            .reduce((sum, { probability }) => sum + probability, 0) / all,
    );
  };
  return {
    tokens: categoryTokens(tokenize, 'unsafe', IDS, [END]),
    nextToken,
    evaluations: () => evaluations,
  };
}

async function scoresOf(answers: Answers, vocabulary: Vocabulary, pUnsafe = 1) {
  const model = modelOf(answers, vocabulary);
  const { categories, notes } = await scoreCategories(model.tokens, pUnsafe, model.nextToken);
  return {
    scores: Object.fromEntries(categories.map(({ id, score }) => [id, score])) as ScoreById,
    order: categories.map(({ id }) => id),
    notes,
    evaluations: model.evaluations(),
  };
}

describe.each(NAMES)('category scores where %s', (vocabulary) => {
  it('are p(unsafe) for the only category', async () => {
    const { scores, notes } = await scoresOf([['\nS2', 1]], vocabulary, 0.7);
    expect(scores).toEqual({ S2: expect.closeTo(0.7, 9) as number });
    expect(notes).toEqual([]);
  });

  it('are the shares of the first place, an id that others begin with included', async () => {
    const { scores, order } = await scoresOf(
      [
        ['\nS1', 0.2],
        ['\nS10', 0.5],
        ['\nS3', 0.3],
      ],
      vocabulary,
    );
    expect(order).toEqual(['S10', 'S3', 'S1']);
    expect(scores.S1).toBeCloseTo(0.2, 9);
    expect(scores.S10).toBeCloseTo(0.5, 9);
    expect(scores.S3).toBeCloseTo(0.3, 9);
  });

  it('add what later places say, as far as these are reached', async () => {
    const { scores } = await scoresOf(
      [
        ['\nS1,S3', 0.5],
        ['\nS1,S11', 0.1],
        ['\nS1', 0.4],
      ],
      vocabulary,
      0.9,
    );
    expect(scores.S1).toBeCloseTo(0.9, 9);
    expect(scores.S3).toBeCloseTo(0.9 * 0.5, 9);
    expect(scores.S11).toBeCloseTo(0.9 * 0.1, 9);
  });

  it('leave out what is hardly likely, and stop where the list hardly goes on', async () => {
    const { scores } = await scoresOf(
      [
        ['\nS1', 0.945],
        ['\nS2', 0.005],
        ['\nS1,S3', 0.05],
      ],
      vocabulary,
    );
    expect(Object.keys(scores)).toEqual(['S1']);
  });

  it('are none where the model names something else, and that is noted', async () => {
    const { scores, notes } = await scoresOf(
      [
        ['\nS7', 0.6],
        ['\nS1', 0.4],
      ],
      vocabulary,
    );
    expect(scores).toEqual({});
    expect(notes).toHaveLength(1);
    expect(notes[0]).not.toContain('S7');
  });

  it('are found after two line breaks and after a space too', async () => {
    for (const answer of ['\n\nS3', ' S3', '\nS3, S2'])
      expect((await scoresOf([[answer, 1]], vocabulary)).scores.S3).toBeCloseTo(1, 9);
  });

  it('are probabilities, at most p(unsafe), in falling order, for any answers', async () => {
    const answer = fc
      .tuple(
        fc.constantFrom('\n', '\n\n', ' ', ''),
        fc.array(fc.constantFrom(...IDS, 'S7', 'x'), { maxLength: 6 }),
      )
      .map(([lead, ids]) => lead + ids.join(','));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(answer, fc.double({ min: 0.001, max: 1, noNaN: true })), {
          minLength: 1,
          maxLength: 8,
        }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (answers, pUnsafe) => {
          const sum = answers.reduce((total, [, weight]) => total + weight, 0);
          const { scores, order, evaluations } = await scoresOf(
            answers.map(([text, weight]) => [text, weight / sum]),
            vocabulary,
            pUnsafe,
          );
          const values = order.map((id) => scores[id] ?? NaN);
          for (const value of values) expect(value >= 0.01 && value <= pUnsafe + 1e-12).toBe(true);
          expect([...values].sort((a, b) => b - a)).toEqual(values);
          expect(evaluations).toBeLessThan(60);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('of the first place are its shares, whatever they are', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 100 }), { minLength: IDS.length, maxLength: IDS.length }),
        async (weights) => {
          const sum = weights.reduce((total, weight) => total + weight, 0);
          const answers = IDS.map((id, index) => [`\n${id}`, (weights[index] ?? 0) / sum] as const);
          const { scores } = await scoresOf(answers, vocabulary);
          for (const [answer, share] of answers)
            if (share > 0.03) expect(scores[answer.trim()]).toBeCloseTo(share, 2);
        },
      ),
    );
  });
});

describe('category scores', () => {
  it('take few evaluations in a vocabulary like that of Llama 3', async () => {
    const one = await scoresOf([['\nS2', 1]], 'the comma goes with the S');
    expect(one.evaluations).toBe(2);
    const two = await scoresOf([['\nS2,S3', 1]], 'the comma goes with the S');
    expect(two.evaluations).toBe(3);
  });

  it('are none where a number is not finite', async () => {
    const { tokens } = modelOf([['\nS1', 1]], 'each digit is a token');
    const { categories, notes } = await scoreCategories(tokens, 1, () => Promise.resolve(undefined));
    expect(categories).toEqual([]);
    expect(notes).toHaveLength(1);
  });

  it('end after four ids', async () => {
    const { order } = await scoresOf([['\nS1,S2,S3,S10,S11', 1]], 'a number is one token');
    expect(order.sort()).toEqual(['S1', 'S10', 'S2', 'S3']);
  });
});

describe('the usual way to an id', () => {
  it('goes up to the choice between ids', () => {
    const { tokens } = modelOf([], 'the comma goes with the S');
    expect(tokens.usual.first).toEqual(['\n', 'S']);
    expect(tokens.usual.next).toEqual([',S']);
  });
});
