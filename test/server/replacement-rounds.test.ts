/** A made-up chat must not make the guard work without end. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { replacementRounds } from '../../src/server/replacement-rounds.js';

afterEach(() => {
  vi.useRealTimers();
});

describe('rounds in which a refused turn is left out', () => {
  it('are at most 16', () => {
    const another = replacementRounds(60_000);
    expect(Array.from({ length: 18 }, () => another())).toEqual([
      ...Array<boolean>(16).fill(true),
      false,
      false,
    ]);
  });

  it('begin within the time that judging a prompt may take', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const another = replacementRounds(1000);
    vi.advanceTimersByTime(999);
    expect(another()).toBe(true);
    vi.advanceTimersByTime(1);
    expect(another()).toBe(false);
  });
});
