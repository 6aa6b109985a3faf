import { expect, it } from 'vitest';
import { createRecent } from '../../src/telemetry/index.js';
import { createPerRequest } from '../../src/telemetry/per-request.js';
import { decisionEvent, finding, hit, requestEvent } from './events.js';

const now = () => Date.UTC(2026, 0, 2, 3, 4, 5);

it('puts the decisions of one request into one row, the heaviest leading', () => {
  const recent = createRecent({ now });
  recent.sink(decisionEvent({ action: 'allow' }));
  recent.sink(decisionEvent({ direction: 'reply', action: 'allow', categories: [hit('S2', 'block', 0.6)] }));
  recent.sink(
    decisionEvent({
      direction: 'reply',
      action: 'block',
      reason: 'code',
      categories: [hit('S2', 'block', 0.8)],
      findings: [{ finding: finding(), treatment: 'block' }],
    }),
  );
  recent.sink(requestEvent({ outcome: 'block' }));
  expect(recent.list()).toEqual([
    {
      time: '2026-01-02T03:04:05.000Z',
      requestId: 'r1',
      route: '/v1/chat/completions',
      action: 'block',
      intended: 'block',
      reason: 'code',
      direction: 'reply',
      unavailable: null,
      error: null,
      status: 200,
      categories: [{ id: 'S2', direction: 'reply', score: 0.8 }],
      rules: ['python/os-system'],
      policy: 'default@1',
      ms: 200,
      overheadMs: 20,
    },
  ]);
});

it('shows under monitor mode what would have been done', () => {
  const recent = createRecent();
  recent.sink(decisionEvent({ action: 'allow', intended: 'block', reason: 'category' }));
  recent.sink(decisionEvent({ action: 'allow', direction: 'reply' }));
  recent.sink(requestEvent());
  expect(recent.list()[0]).toMatchObject({ action: 'allow', intended: 'block', direction: 'prompt' });
});

it('shows what was let through without a verdict, though other windows were plainly safe', () => {
  const recent = createRecent();
  recent.sink(decisionEvent({}));
  recent.sink(decisionEvent({ direction: 'reply', reason: 'unavailable', unavailable: 'timeout' }));
  recent.sink(decisionEvent({ direction: 'reply' }));
  recent.sink(requestEvent());
  expect(recent.list()[0]).toMatchObject({
    reason: 'unavailable',
    unavailable: 'timeout',
    direction: 'reply',
  });
});

it('keeps the newest, newest first, and leaves out requests nobody decided on', () => {
  const recent = createRecent({ limit: 2 });
  for (const requestId of ['a', 'b', 'c']) {
    recent.sink(decisionEvent({}, requestId));
    recent.sink(requestEvent({ requestId }));
  }
  recent.sink(requestEvent({ requestId: 'models', route: '/v1/models' }));
  expect(recent.list().map(({ requestId }) => requestId)).toEqual(['c', 'b']);
  recent.sink(requestEvent({ requestId: 'd', outcome: 'error', error: 'guard_unavailable', status: 503 }));
  expect(recent.list()[0]).toMatchObject({ requestId: 'd', action: 'error', error: 'guard_unavailable' });
});

it('forgets the oldest request when the last event of many never comes', () => {
  const states = createPerRequest(() => [] as string[], 3);
  for (const id of ['a', 'b', 'c', 'd', 'e']) states.get(id).push(id);
  expect(states.size).toBe(3);
  expect(states.take('a')).toBeUndefined();
  expect(states.take('e')).toEqual(['e']);
  expect(states.take('e')).toBeUndefined();
});
