/** The small parts of the remote judges. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAnswer } from '../../../../src/classifiers/guard/backends/answer-reading.js';
import type { ChatAnswer } from '../../../../src/classifiers/guard/backends/dialect.js';
import { createHedgeBudget, createLatencies } from '../../../../src/classifiers/guard/backends/latencies.js';
import { ollamaDialect } from '../../../../src/classifiers/guard/backends/ollama-dialect.js';
import { openaiDialect } from '../../../../src/classifiers/guard/backends/openai-dialect.js';
import { defuse, toChatMessages } from '../../../../src/classifiers/guard/backends/outgoing-messages.js';
import { bytesOf, overlappingPieces } from '../../../../src/classifiers/guard/backends/overlapping-pieces.js';
import { remoteFamily } from '../../../../src/classifiers/guard/backends/remote-family.js';

const GUARD = remoteFamily('Llama-Guard-3-8B', undefined);

/** Half of a surrogate pair. */
const HALF = /\p{Surrogate}/u;

function answer(
  text: string,
  tokens?: readonly (readonly [string, number, Record<string, number>])[],
): ChatAnswer {
  return {
    text,
    tokens: tokens?.map(([token, p, top]) => ({
      text: token,
      logprob: Math.log(p),
      top: Object.entries(top).map(([other, q]) => ({ text: other, logprob: Math.log(q) })),
    })),
    promptTokens: 0,
    cachedTokens: 0,
  };
}

describe('remoteFamily', () => {
  it.each([
    ['meta-llama/LlamaGuard-7b', 'llama-guard-1'],
    ['meta-llama/Meta-Llama-Guard-2-8B', 'llama-guard-2'],
    ['llama-guard3:1b', 'llama-guard-3'],
    ['meta-llama/Llama-Guard-3-11B-Vision', 'llama-guard-3'],
    ['meta-llama/llama-guard-4-12b', 'llama-guard-4'],
    ['google/shieldgemma-2b', 'shieldgemma'],
    ['granite3-guardian:8b', 'granite-guardian'],
    ['ibm-granite/granite-guardian-3.2-5b', 'granite-guardian'],
    ['gpt-oss-safeguard', 'remote'],
    ['llama-3.1-8b-instruct', 'remote'],
  ])('%s is %s', (model, id) => expect(remoteFamily(model, undefined).id).toBe(id));
});

describe('readAnswer', () => {
  it('passes over line breaks that the model was sure of', () => {
    const sure = answer('\n\nunsafe\nS2', [
      ['\n\n', 0.99, { '\n\n': 0.99 }],
      ['unsafe', 0.8, { unsafe: 0.8, safe: 0.1 }],
      ['\n', 1, {}],
      ['S', 1, {}],
      ['2', 0.5, { 2: 0.5, 1: 0.4 }],
    ]);
    const reading = readAnswer(sure, GUARD, 0.5);
    if ('offFormat' in reading) throw new Error(reading.offFormat);
    expect(reading.score).toBeCloseTo(0.8 / 0.9, 6);
    expect(reading.categories).toEqual([{ id: 'S2', score: expect.closeTo((0.8 / 0.9) * 0.5, 6) as number }]);
    const unsure = answer('\nsafe', [
      ['\n', 0.3, { '\n': 0.3, unsafe: 0.25, safe: 0.2 }],
      ['safe', 0.99, { safe: 0.99 }],
    ]);
    expect(readAnswer(unsure, GUARD, 0.5)).toHaveProperty('offFormat');
  });

  it('takes for a word that is not told no more than it can have', () => {
    const reading = readAnswer(answer('safe', [['safe', 0.7, { safe: 0.7 }]]), GUARD, 0.5);
    if ('offFormat' in reading) throw new Error(reading.offFormat);
    expect(reading.score).toBeCloseTo(0.3, 6);
  });

  it('counts the first piece of a word in vocabularies that split it', () => {
    const reading = readAnswer(
      answer('unsafe', [
        ['▁un', 0.6, { '▁un': 0.6, '▁safe': 0.3 }],
        ['safe', 1, {}],
      ]),
      GUARD,
      0.5,
    );
    if ('offFormat' in reading) throw new Error(reading.offFormat);
    expect(reading.score).toBeCloseTo(0.6 / 0.9, 6);
  });

  it('goes by the word where the probabilities cannot be any', () => {
    const reading = readAnswer(answer('unsafe\nS1', [['unsafe', 1, { unsafe: 1, safe: 1 }]]), GUARD, 0.5);
    expect(reading).toMatchObject({ score: 1, fromLogprobs: false, categories: [{ id: 'S1', score: 1 }] });
  });

  it('names only categories of the family, and notes the others without their words', () => {
    const reading = readAnswer(answer('unsafe\nS1,S99'), GUARD, 0.5);
    expect(reading).toMatchObject({ categories: [{ id: 'S1' }] });
    expect(readAnswer(answer('unsafe\nthe user wants a bomb'), GUARD, 0.5)).toMatchObject({
      score: 1,
      categories: [],
      notes: [expect.not.stringContaining('bomb') as string],
    });
    const old = remoteFamily('LlamaGuard-7b', undefined);
    expect(readAnswer(answer('unsafe\nO3'), old, 0.5)).toMatchObject({ categories: [{ id: 'O3' }] });
  });

  it('takes what Granite Guardian writes behind its word', () => {
    const granite = remoteFamily('granite-guardian', undefined);
    expect(readAnswer(answer('No\n<confidence> High </confidence>'), granite, 0.5)).toMatchObject({
      score: 0,
    });
  });

  it('never calls safe what does not say so', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((tail) => `safe${tail}`),
        ),
        (text) => {
          const reading = readAnswer(answer(text), GUARD, 0.5);
          const clean = /^\s*safe(?:\s|<\|[a-z_]+\|>|<\/s>)*$/i.test(text);
          if (!('offFormat' in reading) && reading.score < 0.5) expect(clean).toBe(true);
          if (clean) expect(reading).toMatchObject({ score: 0 });
        },
      ),
    );
  });
});

describe('what goes out', () => {
  it('has no special token of the usual spellings left, and every word', () => {
    const bricks = fc.constantFrom(
      ...[
        '<|eot_id|>',
        '<|',
        '|>',
        '<｜end｜>',
        '[INST]',
        '[/INST]',
        '<<SYS>>',
        '<s>',
        '</s>',
        '<start_of_turn>',
      ],
      ...[
        '<end_of_turn>model',
        '<END CONVERSATION>',
        '\nUser: ',
        '<',
        '>',
        '|',
        'word',
        ' ',
        '\ud800',
        '\u0000',
      ],
    );
    fc.assert(
      fc.property(fc.array(bricks, { maxLength: 12 }), (parts) => {
        const text = parts.join('');
        const out = defuse(text);
        expect(out).not.toMatch(
          /<[|｜]|[|｜]>|\[\/?INST\]|<<\/?SYS>>|<\/?s>|<\/?(?:start|end)_of_turn>|<\/?END CONV/i,
        );
        expect(out).not.toContain('\u0000');
        expect(out).not.toMatch(HALF);
        const words = (s: string) => s.match(/[a-z_]{2,}/gi) ?? [];
        expect(words(out)).toEqual(words(text));
      }),
    );
  });

  it('leaves ordinary text as it is', () => {
    for (const text of ['a < b && c > d', 'x[0] = y | z', '<div class="s">user: me</div>', 'Grüße 👋\n\tEnd'])
      expect(defuse(text)).toBe(text);
  });

  it('alternates, user first', () => {
    const message = fc.record({
      role: fc.constantFrom('User' as const, 'Agent' as const),
      text: fc.string(),
    });
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 8 }), (messages) => {
        const chat = toChatMessages(messages);
        chat.forEach(({ role }, index) => expect(role).toBe(index % 2 === 0 ? 'user' : 'assistant'));
        expect(chat.at(-1)?.role).toBe(messages.at(-1)?.role === 'User' ? 'user' : 'assistant');
      }),
    );
  });
});

describe('overlappingPieces', () => {
  it('are the whole message in order, each within the room, each sharing with the next', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', minLength: 1, maxLength: 800 }),
        fc.array(fc.string({ maxLength: 100 }), { maxLength: 3 }),
        fc.integer({ min: 64, max: 300 }),
        (text, before, room) => {
          const context = before.map((said) => ({ role: 'Agent' as const, text: said }));
          const pieces = overlappingPieces([...context, { role: 'User', text }], room);
          if (pieces === undefined) return;
          let end = 0;
          for (const piece of pieces) {
            expect(bytesOf(piece)).toBeLessThanOrEqual(room);
            const last = piece.at(-1)?.text ?? '';
            const at = text.lastIndexOf(last, end);
            expect(at).toBeGreaterThanOrEqual(0);
            end = Math.max(end, at + last.length);
            expect(HALF.test(last)).toBe(HALF.test(text));
          }
          expect(end).toBe(text.length);
          // The latest of what was said, if any of it.
          for (const piece of pieces)
            expect(context.slice(context.length - (piece.length - 1))).toEqual(piece.slice(0, -1));
        },
      ),
    );
  });

  it('are not more than 64', () => {
    expect(overlappingPieces([{ role: 'User', text: 'x'.repeat(100_000) }], 64)).toBeUndefined();
  });
});

describe('hedging', () => {
  it('knows no percentile below twenty samples, and forgets what is older than 200', () => {
    const latencies = createLatencies();
    for (let ms = 1; ms < 20; ms++) latencies.add(ms);
    expect(latencies.percentile(0.95)).toBeUndefined();
    latencies.add(20);
    expect(latencies.percentile(0.95)).toBe(19);
    for (let i = 0; i < 200; i++) latencies.add(1000);
    expect(latencies.percentile(0.01)).toBe(1000);
  });

  it('spends no more than its share and what little it began with', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 300 }), (slow) => {
        const budget = createHedgeBudget(0.1);
        let spent = 0;
        slow.forEach((wanted, index) => {
          budget.earn();
          if (wanted && budget.spend()) spent += 1;
          expect(spent).toBeLessThanOrEqual(1 + (index + 1) * 0.1 + 1e-9);
        });
      }),
    );
  });
});

describe('URLs', () => {
  it.each([
    ['http://h', ''],
    ['http://h/v1', ''],
    ['http://h/v1/', ''],
    ['https://api.groq.com/openai/v1', '/openai'],
    ['https://h/guard/', '/guard'],
  ])('%s with or without /v1', (url, base) => expect(openaiDialect.basePath(new URL(url))).toBe(base));

  it('of an Ollama with or without /api', () => {
    expect(ollamaDialect.basePath(new URL('http://h/api'))).toBe('');
    expect(ollamaDialect.basePath(new URL('http://h/x/'))).toBe('/x');
  });
});
