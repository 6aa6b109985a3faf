/** A chat goes on after a refusal, and what goes upstream is what was judged. */
import { describe, expect, it } from 'vitest';
import type { Conversation } from '../../src/core/conversation.js';
import { turnText } from '../../src/core/conversation.js';
import type { Decision } from '../../src/core/decision.js';
import type { JsonObject } from '../../src/core/json.js';
import type { RequestContext } from '../../src/engine/request-context.js';
import { REFUSED_NOTE } from '../../src/engine/refused-turns.js';
import { ollamaChat, openAiChat } from '../../src/protocols/index.js';
import { benchOf, judgeOf, unsafeWith, type Bench, type ScriptedJudge } from './scripted-judge.js';

const BAD = 'Tell me the POISON recipe.';
const REFUSAL = "I can't help with that request.";
type Message = readonly [role: string, content: unknown, more?: object];

interface Outcome {
  readonly decision: Decision;
  /** What would go upstream. */
  readonly body: JsonObject;
  readonly conversation: Conversation;
}

/** As a handler does it. */
async function run(
  { engine }: Bench,
  context: RequestContext,
  messages: readonly Message[],
  format = openAiChat,
): Promise<Outcome> {
  const body = {
    model: 'm',
    messages: messages.map(([role, content, more]) => ({ role, content, ...more })),
  } as unknown as JsonObject;
  const decoded = format.decodeRequest(body);
  let conversation = engine.prepare(decoded.conversation, context);
  for (let rounds = 0; rounds < 50; rounds += 1) {
    const decision = await engine.assessPrompt(conversation, context);
    const without =
      decision.action === 'block' ? engine.withoutRefused(conversation, decision, context) : undefined;
    if (without === undefined) return { decision, body: decoded.body, conversation };
    conversation = without;
  }
  throw new Error('replaces without end');
}

const contents = ({ body }: Outcome): unknown[] =>
  (body.messages as JsonObject[]).map(({ content }) => content);
const upstreamTexts = ({ body }: Outcome): string => JSON.stringify(body);

function benchFor(judge: ScriptedJudge = judgeOf(unsafeWith('POISON'))) {
  const bench = benchOf(judge);
  const replaced = (): number[] =>
    bench.events.flatMap((event) => (event.type === 'turns-replaced' ? [event.count] : []));
  return { ...bench, judge, replaced };
}

describe('a refused turn', () => {
  it('is a note once the chat goes on, and the whole is judged with the note', async () => {
    const bench = benchFor();
    const context = bench.context();
    const first = await run(bench, context, [['user', BAD]]);
    expect(first.decision).toMatchObject({ action: 'block', turn: 0 });
    bench.judge.requests.length = 0;
    const next = await run(bench, context, [
      ['user', BAD],
      ['assistant', REFUSAL],
      ['user', 'And a recipe for soup?'],
    ]);
    expect(next.decision).toMatchObject({ action: 'allow', reason: 'safe' });
    expect(contents(next)).toEqual([REFUSED_NOTE, REFUSAL, 'And a recipe for soup?']);
    expect(next.conversation.turns.map(turnText)).toEqual(contents(next));
    for (const { messages } of bench.judge.requests)
      for (const { text } of messages) expect(text).not.toContain('POISON');
    expect(bench.replaced()).toEqual([1]);
  });

  it('stays refused as the newest turn, however often and wherever it comes', async () => {
    const bench = benchFor();
    const context = bench.context();
    for (let i = 0; i < 2; i += 1)
      expect((await run(bench, context, [['user', BAD]])).decision.action).toBe('block');
    const again: Message[] = [
      ['user', BAD],
      ['assistant', REFUSAL],
      ['user', BAD],
    ];
    for (let i = 0; i < 2; i += 1) {
      const outcome = await run(bench, context, again);
      expect(outcome.decision).toMatchObject({ action: 'block', turn: 2 });
      expect(contents(outcome)[0]).toBe(REFUSED_NOTE);
    }
    const prefilled = await run(bench, context, [
      ['user', BAD],
      ['assistant', 'Sure, take'],
    ]);
    expect(prefilled.decision).toMatchObject({ action: 'block', turn: 0 });
    const inPieces = await run(bench, context, [
      ['user', BAD],
      ['user', 'Now.'],
    ]);
    expect(inPieces.decision).toMatchObject({ action: 'block', turn: 0 });
  });

  it('is one of several', async () => {
    const bench = benchFor();
    const context = bench.context();
    const chat: Message[] = [];
    for (const text of [BAD, 'Another POISON.', 'Hello?', 'More POISON.']) {
      chat.push(['user', text]);
      const { decision } = await run(bench, context, chat);
      chat.push(['assistant', decision.message ?? 'Hello!']);
    }
    bench.judge.requests.length = 0;
    const outcome = await run(bench, context, [...chat, ['user', 'Bye.']]);
    expect(outcome.decision.action).toBe('allow');
    expect(contents(outcome)).toEqual([
      ...[REFUSED_NOTE, REFUSAL, REFUSED_NOTE, REFUSAL, 'Hello?', 'Hello!', REFUSED_NOTE, REFUSAL],
      'Bye.',
    ]);
    // The older turns were judged before.
    expect(bench.judge.requests.map(({ messages }) => messages.at(-1)?.text)).toEqual([
      'Bye.',
      REFUSAL,
      REFUSED_NOTE,
      'Hello!',
    ]);
  });

  it('keeps the form of its message: parts, tool calls, names, images', async () => {
    const bench = benchFor();
    const context = bench.context({ unjudged: 'allow' });
    const call = (content: string | null, args: string): Message => [
      'assistant',
      content,
      { tool_calls: [{ id: 'c1', type: 'function', function: { name: 'look_up', arguments: args } }] },
    ];
    const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } };
    const chat: Message[] = [
      ['user', [{ type: 'text', text: BAD }, image, { type: 'text', text: 'Please.' }], { name: 'joe' }],
      ['assistant', REFUSAL],
      ['user', 'Look it up.'],
      call('Looking for POISON.', '{"query":"POISON"}'),
      ['tool', 'POISON is made so', { tool_call_id: 'c1' }],
      ['assistant', `It is\n\n${REFUSAL}`],
      ['user', 'What is the weather?'],
    ];
    for (const end of [1, 4, 5]) await run(bench, context, chat.slice(0, end));
    const outcome = await run(bench, context, chat);
    expect(outcome.decision.action).toBe('allow');
    expect(upstreamTexts(outcome)).not.toContain('POISON');
    expect(outcome.body.messages).toEqual([
      {
        role: 'user',
        name: 'joe',
        content: [{ type: 'text', text: REFUSED_NOTE }, image, { type: 'text', text: '[removed]' }],
      },
      { role: 'assistant', content: REFUSAL },
      { role: 'user', content: 'Look it up.' },
      {
        role: 'assistant',
        content: REFUSED_NOTE,
        tool_calls: [{ id: 'c1', type: 'function', function: { name: 'look_up', arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: 'c1', content: REFUSED_NOTE },
      { role: 'assistant', content: `It is\n\n${REFUSAL}` },
      { role: 'user', content: 'What is the weather?' },
    ]);
  });

  it("keeps a tool's arguments an object where the format has objects", async () => {
    const bench = benchFor();
    const messages: Message[] = [
      ['user', 'Look it up.'],
      ['assistant', '', { tool_calls: [{ function: { name: 'find', arguments: { q: 'POISON' } } }] }],
      ['tool', 'nothing'],
      ['assistant', REFUSAL],
      ['user', 'Hello?'],
    ];
    const outcome = await run(bench, bench.context(), messages, ollamaChat);
    expect(outcome.decision.action).toBe('allow');
    expect((outcome.body.messages as JsonObject[])[1]).toMatchObject({
      tool_calls: [{ function: { name: 'find', arguments: {} } }],
    });
  });

  it('is a result of a tool as well', async () => {
    const bench = benchFor();
    const chat: Message[] = [
      ['user', 'Look it up.'],
      ['tool', 'The page says POISON.', { tool_call_id: 'c1' }],
    ];
    expect((await run(bench, bench.context(), chat)).decision).toMatchObject({ action: 'block', turn: 1 });
    const outcome = await run(bench, bench.context(), [
      ...chat,
      ['assistant', REFUSAL],
      ['user', 'Never mind.'],
    ]);
    expect(outcome.decision.action).toBe('allow');
    expect(contents(outcome)[1]).toBe(REFUSED_NOTE);
  });

  it.each(['system', 'developer'])('is never what the %s says', async (role) => {
    const bench = benchFor();
    const chat: Message[] = [
      [role, BAD],
      ['user', 'Hello?'],
      ['assistant', REFUSAL],
      ['user', 'Hello?'],
    ];
    for (let i = 0; i < 2; i += 1) {
      const outcome = await run(bench, bench.context(), chat);
      expect(outcome.decision).toMatchObject({ action: 'block', turn: 0 });
      expect(contents(outcome)[0]).toBe(BAD);
    }
    expect(bench.replaced()).toEqual([]);
  });

  it('is remembered for its chat only: elsewhere the same words are judged', async () => {
    // "Yes." is refused only behind the bad question of another.
    const judge = judgeOf((text, { messages }) =>
      text === 'Yes.' && messages.some((one) => one.text.includes('dark')) ? [0.99] : [0.01],
    );
    const bench = benchFor(judge);
    const dark = await run(bench, bench.context(), [
      ['user', 'Something dark.'],
      ['assistant', 'Really?'],
      ['user', 'Yes.'],
    ]);
    expect(dark.decision).toMatchObject({ action: 'block', turn: 2 });
    const bright = await run(bench, bench.context(), [
      ['user', 'Something bright.'],
      ['assistant', 'Really?'],
      ['user', 'Yes.'],
      ['assistant', 'Here.'],
      ['user', 'Thanks.'],
    ]);
    expect(contents(bright)[2]).toBe('Yes.');
  });

  it('is remembered for one policy and one judge', async () => {
    const bench = benchFor();
    const chat: Message[] = [
      ['user', BAD],
      ['assistant', 'No answer.'],
      ['user', 'Hello?'],
    ];
    await run(bench, bench.context(), [['user', BAD]]);
    const mild = await run(bench, bench.context({ prompt: { enabled: false } }), chat);
    expect(contents(mild)[0]).toBe(BAD);
    const other = await run(bench, bench.context({ threshold: 0.4 }), chat);
    expect(other.decision).toMatchObject({ action: 'block', turn: 0 });
    expect((await run(bench, bench.context(), chat)).decision.action).toBe('allow');
  });

  it('is replaced for two clients at once', async () => {
    const bench = benchFor();
    const chat: Message[] = [
      ['user', BAD],
      ['assistant', REFUSAL],
      ['user', 'Hello?'],
    ];
    const both = await Promise.all([1, 2].map(() => run(bench, bench.context(), chat)));
    for (const outcome of both) {
      expect(outcome.decision.action).toBe('allow');
      expect(contents(outcome)[0]).toBe(REFUSED_NOTE);
    }
  });

  it('is replaced once the client goes on without an answer, where blocks are errors', async () => {
    const bench = benchFor();
    const context = bench.context({ on_block: 'error' });
    const chat: Message[] = [['user', BAD]];
    for (let i = 0; i < 2; i += 1)
      expect((await run(bench, context, chat)).decision).toMatchObject({ action: 'block', turn: 0 });
    const outcome = await run(bench, context, [...chat, ['user', 'Hello?']]);
    expect(outcome.decision.action).toBe('allow');
    expect(contents(outcome)).toEqual([REFUSED_NOTE, 'Hello?']);
  });

  it('is not one that the guard gave no verdict on', async () => {
    const state = { down: true };
    const judge = judgeOf((text) => (state.down && text === BAD ? 'timeout' : [0.01]));
    const bench = benchFor(judge);
    await run(bench, bench.context(), [['user', BAD]]);
    state.down = false;
    const outcome = await run(bench, bench.context(), [
      ['user', BAD],
      ['assistant', REFUSAL],
      ['user', 'Hello?'],
    ]);
    expect(outcome.decision.action).toBe('allow');
    expect(contents(outcome)[0]).toBe(BAD);
  });
});

describe('a refused turn of which nothing is remembered', () => {
  it('is known by the refusal behind it', async () => {
    const bench = benchFor();
    const outcome = await run(bench, bench.context(), [
      ['user', BAD],
      ['assistant', REFUSAL],
      ['user', 'Hello?'],
    ]);
    expect(outcome.decision.action).toBe('allow');
    expect(contents(outcome)).toEqual([REFUSED_NOTE, REFUSAL, 'Hello?']);
  });

  it.each([
    ['another answer', 'Sure, here is how.'],
    ['a refusal in the middle of an answer', `${REFUSAL} But here is how.`],
    ['nothing', ''],
  ])('and has %s behind it, is refused once; then it is remembered', async (_, answer) => {
    const bench = benchFor();
    const chat: Message[] = [
      ['user', BAD],
      ['assistant', answer],
      ['user', 'Go on.'],
    ];
    const outcome = await run(bench, bench.context(), chat);
    expect(outcome.decision).toMatchObject({ action: 'block', turn: 0 });
    expect(contents(outcome)[0]).toBe(BAD);
    const next = await run(bench, bench.context(), [...chat, ['assistant', REFUSAL], ['user', 'Hello?']]);
    expect(next.decision.action).toBe('allow');
    expect(contents(next)[0]).toBe(REFUSED_NOTE);
  });

  it.each([
    ['{names}', 'Nothing about {names}, please.', 'Nothing about Violent Crimes, Hate, please.', true],
    ['{categories} at both ends', '{categories} is not our topic {names}', 'S2 is not our topic Hate', true],
    ['a filling of two lines', 'Nothing about {names}, please.', 'Nothing about a\nb, please.', false],
    ['other words', 'Nothing about {names}, please.', 'Nothing of Hate, please.', false],
    ['only placeholders', '{names}', 'Hate', false],
    ['several lines', 'No.\n\nNot about {names} here.', 'No.\n\nNot about Hate here.', true],
  ])('is known by a refusal with %s', async (_, prompt, answer, isKnown) => {
    const bench = benchFor();
    const chat: Message[] = [
      ['user', BAD],
      ['assistant', answer],
      ['user', 'Hello?'],
    ];
    const outcome = await run(bench, bench.context({ refusal: { prompt } }), chat);
    expect(outcome.decision.action).toBe(isKnown ? 'allow' : 'block');
  });

  it('may be an answer that was stopped in the middle: it becomes the refusal that ended it', async () => {
    const bench = benchFor();
    const withheld = "I can't share the answer to that request.";
    const outcome = await run(bench, bench.context(), [
      ['user', 'How is it made?'],
      ['assistant', `First you take POISON\n\n${withheld}`],
      ['user', 'Hello?'],
    ]);
    expect(outcome.decision.action).toBe('allow');
    expect(contents(outcome)).toEqual(['How is it made?', withheld, 'Hello?']);
  });

  it('cannot be replaced where the text is no value of the body', async () => {
    const bench = benchFor();
    const body: Message[] = [
      ['user', 'Look.'],
      ['assistant', '', { tool_calls: [{ function: { name: 'f', arguments: { 'a POISON key': 1 } } }] }],
      ['assistant', REFUSAL],
      ['user', 'Hello?'],
    ];
    const outcome = await run(bench, bench.context(), body, ollamaChat);
    // Arguments are one text, their keys included.
    expect(outcome.decision.action).toBe('allow');
    const { conversation } = openAiChat.decodeRequest({
      messages: [
        { role: 'user', content: BAD },
        { role: 'assistant', content: REFUSAL },
        { role: 'user', content: 'Hello?' },
      ],
    });
    const fixed = {
      ...conversation,
      turns: conversation.turns.map((turn) => ({
        ...turn,
        segments: turn.segments.map((segment) => ({ ...segment, replace: undefined })),
      })),
    };
    const decision = await bench.engine.assessPrompt(fixed, bench.context());
    expect(decision).toMatchObject({ action: 'block', turn: 0 });
    expect(bench.engine.withoutRefused(fixed, decision, bench.context())).toBeUndefined();
    expect(bench.engine.prepare(fixed, bench.context())).toBe(fixed);
  });

  it('is found in a chat of 2,000 turns, with a thousand like it, in two passes over the chat', async () => {
    const bench = benchFor();
    const chat = Array.from({ length: 2000 }, (_, index): Message =>
      index % 2 === 0 ? ['user', `POISON number ${index}`] : ['assistant', REFUSAL],
    );
    const outcome = await run(bench, bench.context({ judge_total_timeout_ms: 600_000 }), [
      ...chat,
      ['user', 'Hello?'],
    ]);
    expect(outcome.decision.action).toBe('allow');
    expect(upstreamTexts(outcome)).not.toContain('POISON');
    expect(bench.judge.requests.length).toBeLessThan(2 * 2001 + 10);
    const again = await run(bench, bench.context(), [...chat, ['user', 'Hello?']]);
    expect(upstreamTexts(again)).toBe(upstreamTexts(outcome));
    expect(bench.replaced()).toEqual([1000, 1000]);
  });
});
