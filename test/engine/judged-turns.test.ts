/** Which turns of a prompt are judged. */
import { describe, expect, it } from 'vitest';
import type { Conversation } from '../../src/core/conversation.js';
import type { JudgedTurns } from '../../src/policy/policy.js';
import { benchOf, chatOf, judgeOf, unsafeWith, type ScriptedJudge } from './scripted-judge.js';

const CHAT = [
  ['system', 'Be kind.'],
  ['user', 'One?'],
  ['assistant', 'One.'],
  ['user', 'Two?'],
] as const;

const asked = (judge: ScriptedJudge): (string | undefined)[] =>
  judge.requests.splice(0).map(({ messages }) => messages.at(-1)?.text);

/** A cache of one verdict: as if it had dropped all others. */
const forgetful = (judge: ScriptedJudge) => benchOf(judge, undefined, 1);

describe('turns: last_user', () => {
  const judgedOf = async (conversation: Conversation): Promise<(string | undefined)[]> => {
    const judge = judgeOf(() => [0.01]);
    const { engine, context } = benchOf(judge);
    await engine.assessPrompt(conversation, context({ turns: 'last_user' }));
    return asked(judge);
  };

  it.each([
    ['the last question, and what the system says', CHAT, ['Two?', 'Be kind.']],
    [
      'all that is new: several questions, results of tools, a prefill, developer text',
      [
        ...CHAT,
        ['assistant', 'Looking.'],
        ['tool', 'Found 1.'],
        ['tool', 'Found 2.'],
        ['developer', 'Be brief.'],
        ['user', 'So?'],
        ['assistant', 'Well,'],
      ] as const,
      ['Well,', 'So?', 'Be brief.', 'Found 2.', 'Found 1.', 'Be kind.'],
    ],
    [
      'everything, where no answer was given yet',
      [
        ['user', 'A'],
        ['user', 'B'],
      ] as const,
      ['B', 'A'],
    ],
    [
      'a beginning that only looks like an answer',
      [
        ['user', 'A'],
        ['assistant', 'B'],
      ] as const,
      ['B', 'A'],
    ],
    [
      'an empty turn behind the question',
      [
        ['user', 'A'],
        ['assistant', 'B'],
        ['user', ''],
      ] as const,
      ['B', 'A'],
    ],
  ])('judges %s', async (_, turns, expected) => {
    expect(await judgedOf(chatOf(turns))).toEqual(expected);
  });

  it('judges text from unknown fields with the question that it came with', async () => {
    const { turns } = chatOf([...CHAT, ['user', 'unknown field']]);
    const other = turns.map((turn, index) =>
      index < 4
        ? turn
        : { ...turn, segments: [{ channel: 'other', text: 'unknown field', path: 'x' } as const] },
    );
    expect(await judgedOf({ turns: other, unjudged: [] })).toEqual(['unknown field', 'Two?', 'Be kind.']);
  });

  it('gives the judge the whole chat as context', async () => {
    const judge = judgeOf(() => [0.01]);
    const { engine, context } = benchOf(judge);
    await engine.assessPrompt(chatOf(CHAT), context({ turns: 'last_user' }));
    expect(judge.requests[0]?.messages.map(({ text }) => text)).toEqual(CHAT.map(([, text]) => text));
  });

  it('still blocks for the system text', async () => {
    const { engine, context } = benchOf(judgeOf(unsafeWith('kind')));
    expect(await engine.assessPrompt(chatOf(CHAT), context({ turns: 'last_user' }))).toMatchObject({
      action: 'block',
      turn: 0,
    });
  });
});

describe('turns: new', () => {
  it('judges each turn once, also when the cache has dropped its verdict', async () => {
    for (const [turns, expected] of [
      ['new', ['Three?', 'Two.']],
      ['all', ['Three?', 'Two.', 'Two?', 'One.', 'One?', 'Be kind.']],
    ] as const) {
      const judge = judgeOf(() => [0.01]);
      const { engine, context } = forgetful(judge);
      const policy = context({ turns });
      await engine.assessPrompt(chatOf(CHAT), policy);
      expect(asked(judge)).toEqual(['Two?', 'One.', 'One?', 'Be kind.']);
      await engine.assessPrompt(chatOf([...CHAT, ['assistant', 'Two.'], ['user', 'Three?']]), policy);
      expect(asked(judge)).toEqual(expected);
    }
  });

  it('judges what only claims to be old: another answer, another order, another chat', async () => {
    const judge = judgeOf(() => [0.01]);
    const { engine, context } = forgetful(judge);
    const policy = context({ turns: 'new' });
    await engine.assessPrompt(chatOf(CHAT), policy);
    asked(judge);
    const [system, one, , two] = CHAT;
    await engine.assessPrompt(chatOf([system, one, ['assistant', 'Uno.'], two]), policy);
    expect(asked(judge)).toEqual(['Two?', 'Uno.']);
    await engine.assessPrompt(chatOf([one, system]), policy);
    expect(asked(judge)).toEqual(['Be kind.', 'One?']);
  });

  it('judges again under another policy, by another judge, and where the thorough one must decide', async () => {
    const judge = judgeOf(() => [0.01]);
    const { engine, context } = forgetful(judge);
    const base = { turns: 'new', thorough: { routes: ['/api/chat'] } };
    const question = chatOf([
      ['user', 'One?'],
      ['user', 'Two?'],
    ]);
    const ask = async (policy: object, route?: string): Promise<number> => {
      await engine.assessPrompt(question, { ...context(policy), route });
      return asked(judge).length;
    };
    expect(await ask(base)).toBe(2);
    expect(await ask(base)).toBe(0);
    expect(await ask({ ...base, threshold: 0.3 })).toBe(2);
    expect(await ask(base, '/api/chat')).toBe(2);
    expect(await ask(base, '/v1/chat/completions')).toBe(0);
    Object.assign(judge, { fingerprint: 'scripted-2' });
    expect(await ask(base)).toBe(2);
  });

  it.each([
    ['was refused', () => [0.99] as const, {}],
    ['was marked', () => [0.99] as const, { action: 'annotate' }],
    ['was let through without a verdict', () => 'overloaded' as const, { unavailable: 'allow' }],
    ['was only watched', () => [0.99] as const, { mode: 'monitor' }],
  ])('judges a turn again that %s', async (_, answer, policy) => {
    const judge = judgeOf(answer);
    const { engine, context } = forgetful(judge);
    const question = chatOf([['user', 'One?']]);
    const first = await engine.assessPrompt(question, context({ turns: 'new', ...policy }));
    expect(await engine.assessPrompt(question, context({ turns: 'new', ...policy }))).toEqual(first);
    expect(first.reason).not.toBe('safe');
  });

  it('goes through a chat of 2,000 turns once', async () => {
    const judge = judgeOf(() => [0.01]);
    const { engine, context } = forgetful(judge);
    const turns = Array.from(
      { length: 2000 },
      (_, i) => [i % 2 === 0 ? 'user' : 'assistant', `${i}`] as const,
    );
    const policy = context({ turns: 'new', judge_total_timeout_ms: 600_000 });
    await engine.assessPrompt(chatOf(turns.slice(0, -2)), policy);
    expect(asked(judge)).toHaveLength(1998);
    await engine.assessPrompt(chatOf(turns), policy);
    expect(asked(judge)).toEqual(['1999', '1998']);
  });
});

it.each<JudgedTurns>(['all', 'last_user', 'new'])(
  'turns: %s lets a chat without text pass',
  async (turns) => {
    const { engine, context } = benchOf(judgeOf(() => [0.99]));
    expect(await engine.assessPrompt(chatOf([]), context({ turns }))).toMatchObject({ action: 'allow' });
  },
);
