/** How a prompt is judged: every turn, in its context, once. */
import { describe, expect, it } from 'vitest';
import type { UnavailableReason } from '../../src/core/assessment.js';
import { benchOf, chatOf, judgeOf, taxonomies, unsafeWith } from './scripted-judge.js';

const safe = (): readonly [number] => [0.01];
const threeTurns = chatOf([
  ['system', 'Be kind.'],
  ['user', 'Hello?'],
  ['assistant', 'Hello!'],
  ['user', 'How are you?'],
]);
const taxonomyId = (taxonomy: string, name: string): string =>
  taxonomies.get(taxonomy).categories.find((category) => category.name === name)?.id ?? '';
const image = { kind: 'image', path: 'messages[0].content[1]' } as const;

describe('a conversation', () => {
  it('has every turn judged, the newest first, each with what was said before it', async () => {
    const judge = judgeOf(safe);
    const { engine, context } = benchOf(judge);
    const decision = await engine.assessPrompt(threeTurns, context());
    expect(decision).toMatchObject({ direction: 'prompt', action: 'allow', reason: 'safe' });
    expect(
      judge.requests.map(({ messages }) => messages.map(({ role, text }) => `${role}: ${text}`)),
    ).toEqual([
      ['User: Be kind.', 'User: Hello?', 'Agent: Hello!', 'User: How are you?'],
      ['User: Be kind.', 'User: Hello?', 'Agent: Hello!'],
      ['User: Be kind.', 'User: Hello?'],
      ['User: Be kind.'],
    ]);
  });

  it.each([
    ['the newest turn', 'How', 1],
    ['the first turn', 'kind', 4],
    ['what the model is said to have answered', 'Hello!', 2],
  ])('is blocked for %s, and no further turn is judged', async (_, word, requests) => {
    const judge = judgeOf(unsafeWith(word));
    const { engine, context } = benchOf(judge);
    const decision = await engine.assessPrompt(threeTurns, context());
    expect(decision).toMatchObject({ action: 'block', reason: 'category', categories: [{ id: 'S2' }] });
    expect(judge.requests).toHaveLength(requests);
  });

  it('without text is allowed, and nobody is asked', async () => {
    const judge = judgeOf(safe);
    const { engine, context } = benchOf(judge);
    expect(await engine.assessPrompt(chatOf([]), context())).toMatchObject({ action: 'allow' });
    expect(await engine.assessPrompt(chatOf([['user', '']]), context())).toMatchObject({ action: 'allow' });
    expect(judge.requests).toEqual([]);
  });

  it('is not judged where the policy judges no prompts', async () => {
    const judge = judgeOf(unsafeWith('Hello'));
    const { engine, context } = benchOf(judge);
    const decision = await engine.assessPrompt(threeTurns, context({ prompt: { enabled: false } }));
    expect(decision).toMatchObject({ action: 'allow', reason: 'safe' });
    expect(judge.requests).toEqual([]);
  });

  it('is told as it would be blocked, and let through, by a policy that only watches', async () => {
    const { engine, context, events } = benchOf(judgeOf(unsafeWith('How')));
    const decision = await engine.assessPrompt(threeTurns, context({ mode: 'monitor' }));
    expect(decision).toMatchObject({ action: 'allow', intended: 'block', reason: 'category' });
    expect(events.filter(({ type }) => type === 'decision')).toEqual([
      { type: 'decision', requestId: 'test', decision },
    ]);
  });
});

describe('a conversation that goes on', () => {
  it('costs one judgement for each new turn', async () => {
    const judge = judgeOf(safe);
    const { engine, context, events } = benchOf(judge);
    await engine.assessPrompt(chatOf([['user', 'One?']]), context());
    await engine.assessPrompt(
      chatOf([
        ['user', 'One?'],
        ['assistant', 'One.'],
        ['user', 'Two?'],
      ]),
      context(),
    );
    expect(judge.requests.map(({ messages }) => messages.at(-1)?.text)).toEqual(['One?', 'Two?', 'One.']);
    const cached = events.flatMap((event) => (event.type === 'verdict' ? [event.cached] : []));
    expect(cached).toEqual([false, false, false, true]);
  });

  it('is judged anew when anything before a turn has changed', async () => {
    const judge = judgeOf(safe);
    const { engine, context } = benchOf(judge);
    await engine.assessPrompt(
      chatOf([
        ['user', 'One?'],
        ['user', 'Two?'],
      ]),
      context(),
    );
    await engine.assessPrompt(
      chatOf([
        ['user', 'Won?'],
        ['user', 'Two?'],
      ]),
      context(),
    );
    expect(judge.requests).toHaveLength(4);
  });

  it('still is blocked when the verdict comes from the cache', async () => {
    const judge = judgeOf(unsafeWith('Hello?'));
    const { engine, context } = benchOf(judge);
    const question = chatOf([['user', 'Hello?']]);
    await engine.assessPrompt(question, context());
    expect(await engine.assessPrompt(question, context())).toMatchObject({ action: 'block' });
    expect(judge.requests).toHaveLength(1);
  });
});

describe('a verdict that is missing', () => {
  it('blocks, is not remembered, and the next request asks again', async () => {
    const state: { reason: UnavailableReason | undefined } = { reason: 'timeout' };
    const judge = judgeOf(() => state.reason ?? [0.01]);
    const { engine, context } = benchOf(judge);
    const question = chatOf([['user', 'Hello?']]);
    expect(await engine.assessPrompt(question, context())).toMatchObject({
      action: 'block',
      reason: 'unavailable',
      unavailable: 'timeout',
    });
    state.reason = undefined;
    expect(await engine.assessPrompt(question, context())).toMatchObject({ action: 'allow', reason: 'safe' });
    expect(judge.requests).toHaveLength(2);
  });

  it('of an older turn is told even where the policy lets it pass', async () => {
    const judge = judgeOf((text) => (text === 'Be kind.' ? 'overloaded' : [0.01]));
    const { engine, context } = benchOf(judge);
    const decision = await engine.assessPrompt(threeTurns, context({ unavailable: 'allow' }));
    expect(decision).toMatchObject({ action: 'allow', reason: 'unavailable', unavailable: 'overloaded' });
  });

  it('because the client left is no category, and nothing older is judged', async () => {
    const judge = judgeOf(safe);
    const { engine, context } = benchOf(judge);
    const decision = await engine.assessPrompt(threeTurns, context({}, AbortSignal.abort()));
    expect(decision).toMatchObject({ reason: 'unavailable', unavailable: 'aborted', categories: [] });
    expect(judge.requests).toHaveLength(1);
  });

  it('because the judge broke its contract is an error, not a permission', async () => {
    const judge = { ...judgeOf(safe), assess: () => Promise.reject(new Error('broken')) };
    const { engine, context } = benchOf(judge);
    await expect(engine.assessPrompt(threeTurns, context())).rejects.toThrow('broken');
  });
});

describe('parts that no text judge can read', () => {
  const withImage = chatOf([['user', 'What is this?']], [image]);

  it('block the prompt before anybody is asked', async () => {
    const judge = judgeOf(safe);
    const { engine, context } = benchOf(judge);
    const decision = await engine.assessPrompt(withImage, context());
    expect(decision).toMatchObject({ action: 'block', reason: 'unjudged_part' });
    expect(decision.message).toContain('messages[0].content[1]');
    expect(judge.requests).toEqual([]);
  });

  it('leave the text to be judged where the policy allows them', async () => {
    const { engine, context } = benchOf(judgeOf(unsafeWith('this')));
    expect(await engine.assessPrompt(withImage, context({ unjudged: 'allow' }))).toMatchObject({
      action: 'block',
      reason: 'category',
    });
    const other = chatOf([['user', 'Hello?']], [image]);
    expect(await engine.assessPrompt(other, context({ unjudged: 'allow' }))).toMatchObject({
      action: 'allow',
      reason: 'unjudged_part',
    });
  });

  it('weigh more than a mark on the text where the policy only watches', async () => {
    const { engine, context } = benchOf(judgeOf(unsafeWith('this')));
    const decision = await engine.assessPrompt(withImage, context({ mode: 'monitor', action: 'annotate' }));
    expect(decision).toMatchObject({ action: 'allow', intended: 'block', reason: 'unjudged_part' });
  });
});

describe('a judge that speaks another taxonomy than the policy', () => {
  // S10 is hate in v1.0 and has another number in v0.5: the number alone would mislead.
  const judge = judgeOf(() => [0.9, { id: 'S10', score: 0.9 }], { taxonomy: 'mlcommons-v1.0' });

  it('is translated, for the decision and for the thresholds', async () => {
    const { engine, context } = benchOf(judge);
    const question = chatOf([['user', 'Hello?']]);
    const hate = taxonomyId('mlcommons-v0.5', 'Hate');
    expect(hate).not.toBe('S10');
    expect(await engine.assessPrompt(question, context())).toMatchObject({
      action: 'block',
      categories: [{ id: hate }],
    });
    const mild = { prompt: { categories: { [hate]: { action: 'annotate' } } } };
    expect(await engine.assessPrompt(question, context(mild))).toMatchObject({ action: 'annotate' });
  });

  it('is translated from the cache too', async () => {
    const { engine, context } = benchOf(judge);
    const messages = [{ role: 'User', text: 'Hi' }] as const;
    const first = await engine.judgeMessages(messages, 'prompt', context());
    expect(await engine.judgeMessages(messages, 'prompt', context())).toEqual(first);
    const own = await engine.judgeMessages(messages, 'prompt', context({ taxonomy: 'mlcommons-v1.0' }));
    expect(own).toMatchObject({ categories: [{ id: 'S10' }] });
  });
});
