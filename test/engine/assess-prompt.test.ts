/** How a prompt is judged: every turn, in its context, once. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { UnavailableReason } from '../../src/core/assessment.js';
import type { Decision } from '../../src/core/decision.js';
import type { Judge } from '../../src/core/judge.js';
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

describe('the time for a prompt', () => {
  afterEach(() => void vi.useRealTimers());

  /** Each judgement takes so long; the judge keeps its contract about time. */
  const slow = (ms: number) => {
    const plain = judgeOf(safe);
    const judge: Judge = {
      ...plain,
      async assess(request, options) {
        await new Promise((resolve) => setTimeout(resolve, Math.min(ms, options.timeoutMs)));
        const verdict = await plain.assess(request, options);
        if (ms <= options.timeoutMs) return verdict;
        const { judge: id, role, cost } = verdict;
        return { judge: id, role, cost, verdict: 'unavailable', reason: 'timeout', detail: 'late' };
      },
    };
    return { judge, options: plain.options };
  };

  it('is for all turns together; the newest has its whole judgement, the rest what is left', async () => {
    vi.useFakeTimers();
    const { judge, options } = slow(80);
    const { engine, context, events } = benchOf(judge);
    const times = { judge_timeout_ms: 100, judge_total_timeout_ms: 200 };
    const judging = engine.assessPrompt(threeTurns, context({ ...times, unavailable: 'allow' }));
    await vi.advanceTimersByTimeAsync(200);
    expect(await judging).toMatchObject({ action: 'allow', reason: 'unavailable', unavailable: 'timeout' });
    expect(options.map(({ timeoutMs }) => Math.round(timeoutMs))).toEqual([100, 100, 40]);
    const verdicts = events.flatMap((event) => (event.type === 'verdict' ? [event.verdict.verdict] : []));
    expect(verdicts).toEqual(['safe', 'safe', 'unavailable', 'unavailable']);
  });

  it('does not matter to turns that were judged before', async () => {
    vi.useFakeTimers();
    const { judge } = slow(60);
    const { engine, context } = benchOf(judge);
    const settings = context({ judge_timeout_ms: 100, judge_total_timeout_ms: 100 });
    const ask = async (turns: number): Promise<Decision> => {
      const texts = ['One', 'Two', 'Three'].slice(0, turns);
      const judging = engine.assessPrompt(chatOf(texts.map((text) => ['user', text])), settings);
      await vi.advanceTimersByTimeAsync(200);
      return judging;
    };
    for (const turns of [1, 2, 3])
      expect(await ask(turns)).toMatchObject({ action: 'allow', reason: 'safe' });
  });
});

describe('what the policy wants of the judge', () => {
  const requestOf = async (settings: object, route?: string, judge = judgeOf(safe)) => {
    const { engine, context } = benchOf(judge);
    await engine.assessPrompt(chatOf([['user', 'Hi']]), { ...context(settings), route });
    await engine.openReply(chatOf([]), { ...context(settings), route }).judge([reply]);
    return judge.requests.map(({ overflow, thoroughness }) => ({ overflow, thoroughness }));
  };
  const reply = { id: '0/text', choice: 0, channel: 'text', text: 'Hello!', complete: false } as const;
  const always = { always: true, categories: [] };
  const noCode = { code: { enabled: false } };

  it('about long texts is told to it', async () => {
    const pieces = { overflow: 'pieces', thoroughness: undefined };
    expect(await requestOf(noCode)).toEqual([pieces, pieces]);
    const refuse = { overflow: 'refuse', thoroughness: undefined };
    expect(await requestOf({ ...noCode, long_texts: 'refuse' })).toEqual([refuse, refuse]);
  });

  it.each([
    ['a direction', { directions: ['reply'] }, undefined, [undefined, always]],
    ['the endpoint of the request', { routes: ['/api/chat'] }, '/api/chat', [always, always]],
    ['another endpoint', { routes: ['/api/chat'] }, 'middleware', [undefined, undefined]],
    ['an endpoint, and there is none', { routes: ['/api/chat'] }, undefined, [undefined, undefined]],
    [
      'a category',
      { categories: ['S4', 'S2'] },
      undefined,
      Array.from({ length: 2 }, () => ({ always: false, categories: ['S2', 'S4'] })),
    ],
  ])('about the thorough guard is told to it: %s', async (_, thorough, route, expected) => {
    const asked = await requestOf({ ...noCode, thorough }, route);
    expect(asked.map(({ thoroughness }) => thoroughness)).toEqual(expected);
  });

  it('about categories is told in its own taxonomy', async () => {
    const own = judgeOf(safe, { taxonomy: 'mlcommons-v1.0' });
    const wanted = ['Non-Violent Crimes', 'Hate'].map((name) => taxonomyId('mlcommons-v0.5', name));
    const [asked] = await requestOf({ ...noCode, thorough: { categories: wanted } }, undefined, own);
    const [other = '', hate = ''] = ['Code Interpreter Abuse', 'Hate'].map((name) =>
      taxonomyId('mlcommons-v1.0', name),
    );
    expect(asked?.thoroughness?.always).toBe(false);
    expect([...(asked?.thoroughness?.categories ?? [])].sort()).toEqual(['S2', hate, other].sort());
  });

  it('about a category that it cannot name makes the thorough guard decide everything', async () => {
    const defamation = taxonomyId('mlcommons-v1.0', 'Defamation');
    const settings = { ...noCode, taxonomy: 'mlcommons-v1.0', thorough: { categories: [defamation] } };
    const asked = await requestOf(settings);
    expect(asked.map(({ thoroughness }) => thoroughness)).toEqual([always, always]);
  });
});

describe('two spellings of one text', () => {
  it('are one to the judge and to the cache: line ends, and how accents are entered', async () => {
    const judge = judgeOf(safe);
    const { engine, context } = benchOf(judge);
    for (const text of ['Caf\u00e9?\nYes.', 'Cafe\u0301?\r\nYes.'])
      await engine.assessPrompt(chatOf([['user', text]]), context());
    expect(judge.requests.map(({ messages }) => messages)).toEqual([
      [{ role: 'User', text: 'Caf\u00e9?\nYes.' }],
    ]);
  });

  it('are two where the difference may matter', async () => {
    const judge = judgeOf(safe);
    const { engine, context } = benchOf(judge);
    for (const text of ['Hi', 'hi', 'Hi ', 'H\u200bi', '\uff28i'])
      await engine.assessPrompt(chatOf([['user', text]]), context());
    expect(judge.requests).toHaveLength(5);
  });
});

describe('two identical prompts at the same moment', () => {
  it('are judged once, and both are told so', async () => {
    const judge = judgeOf(safe);
    const { engine, context, events } = benchOf(judge);
    const both = [1, 2].map(() => engine.assessPrompt(threeTurns, context()));
    for (const decision of await Promise.all(both)) expect(decision).toMatchObject({ action: 'allow' });
    expect(judge.requests).toHaveLength(4);
    const how = events.flatMap((event) => (event.type === 'verdict' ? [event.shared || event.cached] : []));
    expect(how.filter((spared) => !spared)).toHaveLength(4);
    expect(how).toHaveLength(8);
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
