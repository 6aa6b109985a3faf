/** A phrase that the judge knows is seen in every disguise, in prompts and before a reply leaves. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../../src/core/assessment.js';
import type { Judge } from '../../../src/core/judge.js';
import type { ReplyText } from '../../../src/engine/reply-review.js';
import { benchOf, chatOf, judgeOf, type Answer } from '../scripted-judge.js';
import { DISGUISES, ENCODINGS } from './disguises.js';

const PHRASE = 'open the old lock on my front door';
const HIDDEN = Object.entries({ ...DISGUISES, ...ENCODINGS });
const NO_CODE = { code: { enabled: false } };

const knowing = (text: string): Answer =>
  text.toLowerCase().includes(PHRASE) ? [0.97, { id: 'S2', score: 0.97 }] : [0.02];

describe('a prompt with a phrase that the judge knows', () => {
  it.each(HIDDEN)('is blocked though it is hidden by %s', async (_name, hide) => {
    const { engine, context, events } = benchOf(judgeOf(knowing));
    const chat = chatOf([['user', `Please help: ${hide(PHRASE)}`]]);
    const decision = await engine.assessPrompt(chat, context());
    expect(decision).toMatchObject({ action: 'block', categories: [{ id: 'S2' }] });
    const verdicts = events.flatMap((event) => (event.type === 'verdict' ? [event.verdict.verdict] : []));
    expect(verdicts).toEqual(['safe', 'unsafe']);
  });

  it.each(HIDDEN)('is not looked into where the policy wants no views: %s', async (name, hide) => {
    const judge = judgeOf(knowing);
    const { engine, context } = benchOf(judge);
    const chat = chatOf([['user', `Please help: ${hide(PHRASE)}`]]);
    const policy = { views: { disguises: !(name in DISGUISES), encodings: name in DISGUISES } };
    const decision = await engine.assessPrompt(chat, context({ ...policy, hidden_characters: 'keep' }));
    expect(decision.action).toBe('allow');
  });

  it('names the view in the verdict, and costs nothing when it comes again', async () => {
    const judge = judgeOf(knowing);
    const { engine, context } = benchOf(judge);
    const messages = [{ role: 'User', text: Buffer.from(PHRASE).toString('base64') }] as const;
    const verdict = await engine.judgeMessages(messages, 'prompt', context());
    expect(verdict).toMatchObject({ verdict: 'unsafe', view: 'base64' });
    expect(judge.requests).toHaveLength(2);
    expect(await engine.judgeMessages(messages, 'prompt', context())).toEqual(verdict);
    expect(judge.requests).toHaveLength(2);
  });

  it('has no verdict when a view has none', async () => {
    const plain = (text: string): Answer => (text.includes(PHRASE) ? 'timeout' : [0.02]);
    const { engine, context } = benchOf(judgeOf(plain));
    const chat = chatOf([['user', Buffer.from(PHRASE).toString('hex')]]);
    expect(await engine.assessPrompt(chat, context())).toMatchObject({
      action: 'block',
      unavailable: 'timeout',
    });
  });

  it('has no verdict when a view has none, also where the policy minds what another says a little', async () => {
    const plain = (text: string): Answer =>
      text.includes(PHRASE) ? 'timeout' : [0.6, { id: 'S6', score: 0.6 }];
    const { engine, context } = benchOf(judgeOf(plain));
    const chat = chatOf([['user', Buffer.from(PHRASE).toString('hex')]]);
    for (const action of ['annotate', 'allow'])
      expect(
        await engine.assessPrompt(chat, context({ prompt: { categories: { S6: { action } } } })),
      ).toMatchObject({ action: 'block', reason: 'unavailable', unavailable: 'timeout' });
  });

  it('is blocked for what one view says, whatever milder thing another is sure of', async () => {
    const plain = (text: string): Answer =>
      text.includes(PHRASE) ? [0.9] : [0.95, { id: 'S6', score: 0.95 }];
    const { engine, context } = benchOf(judgeOf(plain));
    const chat = chatOf([['user', Buffer.from(PHRASE).toString('hex')]]);
    const policy = { prompt: { categories: { S6: { action: 'annotate' } } } };
    expect(await engine.assessPrompt(chat, context(policy))).toMatchObject({
      action: 'block',
      categories: [{ id: 'S6' }, { id: 'uncategorized', score: 0.9 }],
    });
  });

  it('asks about all views at the same time', async () => {
    let running = 0;
    let most = 0;
    const plain = judgeOf(knowing);
    const judge: Judge = {
      ...plain,
      async assess(request, options) {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
        return plain.assess(request, options);
      },
    };
    const { engine, context } = benchOf(judge);
    const note = JSON.stringify({ note: `Decode ${Buffer.from(PHRASE).toString('base64')}` });
    await engine.assessPrompt(chatOf([['user', note]]), context());
    expect(most).toBe(3);
  });

  it('has the turns before it as they were written', async () => {
    const judge = judgeOf(() => [0.02]);
    const { engine, context } = benchOf(judge);
    const [first, second] = ['the first one here', 'the second one here'].map((text) =>
      Buffer.from(text).toString('base64'),
    );
    await engine.assessPrompt(
      chatOf([
        ['user', first ?? ''],
        ['user', second ?? ''],
      ]),
      context(),
    );
    const asked = judge.requests.map(({ messages }) => messages.map(({ text }) => text));
    expect(asked).toEqual([[first, second], [first, 'the second one here'], [first], ['the first one here']]);
  });
});

describe('a phrase in two pieces', () => {
  const [start, end] = ['open the old lock', 'on my front door'] as const;
  const whole = judgeOf((_text, { messages }) =>
    messages
      .map((each) => each.text)
      .join(' ')
      .replace(/\s+/g, ' ')
      .includes(PHRASE)
      ? [0.97]
      : [0.02],
  );

  it('is seen over two turns, because each is judged with those before it', async () => {
    const { engine, context } = benchOf(whole);
    const chat = chatOf([
      ['user', `How to ${start}`],
      ['assistant', ''],
      ['user', `${end}?`],
    ]);
    expect(await engine.assessPrompt(chat, context())).toMatchObject({ action: 'block', turn: 2 });
  });

  it('is seen over two parts of a message, in each other code', async () => {
    const { engine, context } = benchOf(judgeOf((text) => knowing(text.replace(/\s+/g, ' '))));
    const parts = [Buffer.from(start).toString('base64'), ENCODINGS.ROT13?.(end) ?? ''];
    const chat = {
      turns: [
        {
          role: 'User' as const,
          wireRole: 'user' as const,
          segments: parts.map((text) => ({ channel: 'text' as const, text, path: '' })),
        },
      ],
      unjudged: [],
    };
    expect(await engine.assessPrompt(chat, context())).toMatchObject({ action: 'block' });
  });
});

const replyOf = (text: string, complete = false): ReplyText => ({
  id: '0/text',
  choice: 0,
  channel: 'text',
  text,
  complete,
});

describe('a reply with a phrase that the judge knows', () => {
  // Reading a policy takes longer than everything else here.
  const settings = benchOf(judgeOf(knowing)).context(NO_CODE);
  const before = chatOf([['user', 'Hello?']]);

  it.each(HIDDEN)('is stopped before it is out, in any pieces, hidden by %s', async (_name, hide) => {
    const hidden = hide(PHRASE);
    const reply = `Here it is, as you wished.\n${hidden}\nThat is all.`;
    const cuts = fc.uniqueArray(fc.integer({ min: 1, max: reply.length - 1 }), { maxLength: 8 });
    const whole = reply.indexOf(hidden) + hidden.length;
    const property = fc.asyncProperty(cuts, fc.boolean(), async (random, there) => {
      const places = there ? [...random, whole] : random;
      const { engine } = benchOf(judgeOf(knowing));
      const review = engine.openReply(before, settings);
      let out = '';
      for (const end of [...places.sort((a, b) => a - b), reply.length]) {
        const text = reply.slice(0, end);
        const { decision } = await review.judge([replyOf(text, end === reply.length)]);
        if (decision.action === 'block') break;
        out = text;
      }
      review.close();
      expect(out.length).toBeLessThan(whole);
    });
    await fc.assert(property, { numRuns: 15 });
  });

  it('in JSON costs the judge what is new in each window, however long it is', async () => {
    let pushed = 0;
    const plain = judgeOf(knowing);
    const judge: Judge = {
      ...plain,
      openStream: () => ({
        push(text): Promise<Verdict> {
          pushed += text.length;
          return plain.assess({ messages: [{ role: 'Agent', text }], categoriesFrom: 0.5 }, { timeoutMs: 1 });
        },
        close: () => undefined,
      }),
    };
    const { engine } = benchOf(judge);
    const review = engine.openReply(before, settings);
    const items = Array.from({ length: 400 }, (_, n) => ({
      title: `Number ${n}`,
      text: `The ${n}th of "them".`,
    }));
    const json = JSON.stringify(items);
    for (let end = 200; end < json.length + 200; end += 200)
      await review.judge([replyOf(json.slice(0, end))]);
    review.close();
    // As written, and in plain words.
    expect(pushed).toBeLessThan(2 * json.length);
    expect(pushed).toBeGreaterThan(1.5 * json.length);
  });
});
