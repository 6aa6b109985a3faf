import { describe, expect, it } from 'vitest';
import type { ScoredVerdict, UnavailableVerdict } from '../../../src/core/assessment.js';
import { worstOf } from '../../../src/engine/views/worst-view.js';

const base = (ms: number) =>
  ({ judge: 'j', role: 'User', cost: { ms, tokensEvaluated: ms * 10, tokensCached: ms } }) as const;
const scored = (score: number, ids: readonly string[] = [], ms = 1): ScoredVerdict => ({
  ...base(ms),
  verdict: score >= 0.5 ? 'unsafe' : 'safe',
  score,
  categories: ids.map((id) => ({ id, score })),
});
const missing: UnavailableVerdict = { ...base(2), verdict: 'unavailable', reason: 'timeout', detail: 'late' };
const written = <V>(verdict: V) => ({ verdict, view: undefined });
const viewed = <V>(verdict: V, view = 'base64') => ({ verdict, view });

describe('the verdict on a text and its views', () => {
  it('is the one on the text where there are no views', () => {
    const only = scored(0.2);
    expect(worstOf([written(only)], 0.5)).toBe(only);
  });

  it('is the highest score, and names its view', () => {
    expect(
      worstOf([written(scored(0.1)), viewed(scored(0.9)), viewed(scored(0.6), 'json')], 0.5),
    ).toMatchObject({
      verdict: 'unsafe',
      score: 0.9,
      view: 'base64',
    });
    expect(worstOf([written(scored(0.9)), viewed(scored(0.8))], 0.5)).not.toHaveProperty('view');
  });

  it('has every category with its highest score, and what all of them cost', () => {
    const verdict = worstOf(
      [written(scored(0.6, ['S1', 'S2'], 3)), viewed(scored(0.7, ['S2', 'S3'], 2))],
      0.5,
    );
    expect(verdict).toMatchObject({
      categories: [
        { id: 'S2', score: 0.7 },
        { id: 'S3', score: 0.7 },
        { id: 'S1', score: 0.6 },
      ],
      cost: { ms: 3, tokensEvaluated: 50, tokensCached: 5 },
    });
  });

  it('is missing where one is missing and none is unsafe', () => {
    expect(worstOf([written(scored(0.1)), viewed(missing)], 0.5)).toMatchObject({ verdict: 'unavailable' });
    expect(worstOf([written(missing), viewed(scored(0.1))], 0.5)).toMatchObject({ reason: 'timeout' });
    expect(worstOf([written(missing), viewed(scored(0.9))], 0.5)).toMatchObject({ verdict: 'unsafe' });
    expect(worstOf([written(missing), viewed(missing)], 0.5)).toMatchObject({ verdict: 'unavailable' });
  });

  it('is a score that matters to the policy, whatever the judge calls it', () => {
    expect(worstOf([written(missing), viewed(scored(0.4))], 0.3)).toMatchObject({
      verdict: 'safe',
      score: 0.4,
    });
  });

  it('is a score that is no number, which shows a broken judge', () => {
    expect(worstOf([written(scored(0.9)), viewed(scored(NaN))], 0.5)).toMatchObject({ score: NaN });
  });
});
