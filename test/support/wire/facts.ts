/** Fixed facts and a fixed clock, so that what formats write can be compared word by word. */
import type { ReplyFacts } from '../../../src/core/wire-format.js';
import type { Clock } from '../../../src/protocols/clock.js';

export const FACTS: ReplyFacts = {
  requestId: 'req-1',
  decision: {
    direction: 'reply',
    action: 'block',
    intended: 'block',
    reason: 'category',
    categories: [{ id: 'S2', score: 0.97, action: 'block' }],
    findings: [],
    policy: 'default@1',
    message: 'I cannot help with that.',
  },
};

export const FACTS_ON_THE_WIRE = {
  decision: 'block',
  categories: ['S2'],
  policy: 'default@1',
  request_id: 'req-1',
};

export const FIXED_CLOCK: Clock = { now: () => new Date('2025-01-02T03:04:05.678Z'), id: () => 'fixed' };
