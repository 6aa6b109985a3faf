import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createLanes } from '../../../../src/classifiers/guard/embedded/lanes.js';

describe('lanes', () => {
  it('run as many jobs at a time as there are lanes, each lane one, in the order they came', async () => {
    const lanes = createLanes(['a', 'b']);
    const busy = new Set<string>();
    const started: number[] = [];
    let most = 0;
    const jobs = Array.from({ length: 9 }, (_, n) =>
      lanes.run(async (lane) => {
        expect(busy).not.toContain(lane);
        busy.add(lane);
        started.push(n);
        most = Math.max(most, busy.size);
        for (let turns = 0; turns <= n % 3; turns++) await turn();
        busy.delete(lane);
        return n;
      }),
    );
    expect(await Promise.all(jobs)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(started).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(most).toBe(2);
  });

  it('are free again after a job that failed', async () => {
    const lanes = createLanes([1]);
    const failing = lanes.run(() => Promise.reject(new Error('broken')));
    const after = lanes.run((lane) => Promise.resolve(lane));
    await expect(failing).rejects.toThrow('broken');
    await expect(after).resolves.toBe(1);
  });
});
