import { expect, it } from 'vitest';
import type { Decision } from '../../src/core/decision.js';
import { weightier } from '../../src/engine/weightier.js';

const decision = (changes: Partial<Decision> = {}): Decision => ({
  direction: 'reply',
  action: 'allow',
  intended: 'allow',
  reason: 'safe',
  categories: [],
  findings: [],
  policy: 'test@1',
  ...changes,
});
const hit = (id: string, action: Decision['action']) => ({ id, score: 0.9, action });

const safe = decision();
const unjudged = decision({ reason: 'unavailable', unavailable: 'timeout' });
const counted = decision({ reason: 'category', categories: [hit('S5', 'allow')] });
const marked = decision({ action: 'annotate', intended: 'annotate', reason: 'code' });
const blocked = decision({ action: 'block', intended: 'block', reason: 'category' });
const watched = decision({ intended: 'block', reason: 'category', categories: [hit('S1', 'block')] });

// From the lightest to the heaviest: whichever comes first, the heavier one is told.
const order: readonly (readonly [string, Decision])[] = [
  ['safe', safe],
  ['let through without a verdict', unjudged],
  ['would have been blocked', watched],
  ['marked', marked],
  ['blocked', blocked],
];

it.each(order.flatMap(([name], index) => order.slice(0, index).map(([lighter]) => [name, lighter, index])))(
  '"%s" outweighs "%s"',
  (name, lighter) => {
    const heavy = order.find(([one]) => one === name)?.[1] ?? safe;
    const light = order.find(([one]) => one === lighter)?.[1] ?? safe;
    expect(weightier(heavy, light)).toBe(heavy);
    expect(weightier(light, heavy)).toBe(heavy);
  },
);

it('takes the later of two that weigh the same', () => {
  const later = decision({ reason: 'category', categories: [hit('S6', 'allow')] });
  expect(weightier(counted, later)).toBe(later);
  expect(weightier(later, counted)).toBe(counted);
});
