/** What a calibration sees of the quick judge is what the cascade hands on. */
import { expect, test } from 'vitest';
import { speakingIn } from '../../../../src/classifiers/guard/cascade/index.js';
import { createFailedJudge } from '../../../../src/classifiers/guard/failed-judge.js';
import type { Judge } from '../../../../src/core/judge.js';
import { loadTaxonomies } from '../../../../src/taxonomy/taxonomy.js';

const taxonomies = loadTaxonomies();
const REQUEST = { messages: [{ role: 'User' as const, text: 'x' }], categoriesFrom: 0.5 };

test("categories come in the thorough judge's words, also where these say less", async () => {
  const failed = createFailedJudge({ id: 'quick', taxonomy: 'mlcommons-v0.5' }, 'no model');
  const quick: Judge = {
    ...failed,
    assess: () =>
      Promise.resolve({
        judge: 'quick',
        role: 'User',
        verdict: 'unsafe',
        score: 0.9,
        categories: [
          { id: 'S1', score: 0.9 },
          { id: 'S5', score: 0.8 },
        ],
        cost: { ms: 1, tokensEvaluated: 0, tokensCached: 0 },
      }),
  };
  const speaking = speakingIn('llama-guard-1', quick, taxonomies);
  const expected = taxonomies.mapCategories(
    [
      { id: 'S1', score: 0.9 },
      { id: 'S5', score: 0.8 },
    ],
    'mlcommons-v0.5',
    'llama-guard-1',
  );
  expect(speaking.taxonomy).toBe('llama-guard-1');
  expect(expected.map(({ id }) => id)).not.toContain('S1');
  expect(await speaking.assess(REQUEST, { timeoutMs: 1000 })).toMatchObject({ categories: expected });
});

test('no verdict stays none', async () => {
  const failed = createFailedJudge({ id: 'quick', taxonomy: 'mlcommons-v0.5' }, 'no model');
  const speaking = speakingIn('llama-guard-1', failed, taxonomies);
  expect(await speaking.assess(REQUEST, { timeoutMs: 1000 })).toMatchObject({
    verdict: 'unavailable',
    reason: 'load_failed',
  });
});
