import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Lanes, type Lane } from '../../src/server/proxy/lanes.js';

describe('calls of the model server', () => {
  it('wait in order, and do not when nobody wants them any more', () => {
    const lanes = new Lanes(2);
    const begun: string[] = [];
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => lanes.enter(() => begun.push(name)));
    expect(begun).toEqual(['a', 'b']);
    expect(lanes.waiting).toBe(2);
    c?.leave();
    expect(lanes.waiting).toBe(1);
    a?.leave();
    a?.leave();
    expect(begun).toEqual(['a', 'b', 'd']);
    b?.leave();
    d?.leave();
    lanes.enter(() => begun.push('e'));
    expect(begun).toEqual(['a', 'b', 'd', 'e']);
  });

  it('are never more than allowed, and none waits while a lane is free', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.array(fc.nat(20), { maxLength: 60 }), (limit, steps) => {
        const lanes = new Lanes(limit);
        const all: Lane[] = [];
        const left = new Set<Lane>();
        for (const step of steps) {
          const lane = all[step];
          if (lane === undefined) all.push(lanes.enter(() => undefined));
          else {
            lane.leave();
            left.add(lane);
          }
          const open = all.filter((one) => !left.has(one));
          const running = open.filter(({ entered }) => entered).length;
          expect(running).toBe(Math.min(limit, open.length));
          expect(lanes.waiting).toBe(open.length - running);
        }
      }),
    );
  });
});
