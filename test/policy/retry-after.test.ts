import { expect, test } from 'vitest';
import type { Verdict } from '../../src/core/assessment.js';
import { assessed, decided, policyOf, scored } from './samples.js';

const overloaded = (retryAfter?: number): Verdict => ({
  judge: 'llama-guard-2',
  role: 'User',
  cost: { ms: 0, tokensEvaluated: 0, tokensCached: 0 },
  verdict: 'unavailable',
  reason: 'overloaded',
  retryAfter,
  detail: 'full',
});

test('a decision says when to come again, as the judge that needs longest has it', () => {
  const decision = decided(
    policyOf(),
    assessed([overloaded(3), overloaded(), overloaded(17), overloaded(9)]),
  );
  expect(decision).toMatchObject({ action: 'block', unavailable: 'overloaded', retryAfter: 17 });
});

test('a decision that rests on something else says nothing of it', () => {
  const unsafe = scored(0.9, [{ id: 'S1', score: 0.9 }]);
  expect(decided(policyOf(), assessed([overloaded(3), unsafe]))).not.toHaveProperty('retryAfter');
  expect(decided(policyOf(), assessed([overloaded()]))).not.toHaveProperty('retryAfter');
});
