import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FIRST_WINDOW, GROWTH, MAX_WINDOW, windowsOf } from '../../src/bench/guard/stream-windows.js';
import { loadConfig } from '../../src/config/config.js';
import { loadPolicy } from '../../src/policy/policy.js';
import { loadTaxonomies } from '../../src/taxonomy/taxonomy.js';

test('the windows are those of the default policy', () => {
  const { policy } = loadConfig({ flags: {} });
  expect(loadPolicy(policy, loadTaxonomies()).stream).toMatchObject({
    firstWindow: FIRST_WINDOW,
    growth: GROWTH,
    maxWindow: MAX_WINDOW,
  });
});

test('they hold the whole text, and grow up to the largest', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 8000 }), (text) => {
      const windows = windowsOf(text);
      expect(windows.join('')).toBe(text);
      const full = windows.slice(0, -1).map(({ length }) => length);
      expect(full).toEqual([80, 160, 320, 640, 1200, 1200, 1200, 1200, 1200].slice(0, full.length));
    }),
    { numRuns: 50 },
  );
});
