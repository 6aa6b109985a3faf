import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_PIECES, overflowPieces } from '../../../../src/classifiers/guard/llama-guard/overflow-pieces.js';
import type { GuardMessage, GuardRole } from '../../../../src/core/conversation.js';

const POLICY = 20;
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Each code point of a text is a token, and each message has one more; the policy comes first. */
function tokens(messages: readonly GuardMessage[]): string[] {
  return [
    ...Array.from({ length: POLICY }, () => 'policy'),
    ...messages.flatMap(({ role, text }) => [`${role}:`, ...Array.from(text)]),
  ];
}
const textOf = (prompt: readonly string[]): string =>
  prompt.slice(prompt.findLastIndex((token) => token.endsWith(':')) + 1).join('');
const pieces = (messages: readonly GuardMessage[], limit: number, signal = new AbortController().signal) =>
  overflowPieces(messages, { tokens, limit, maxTokenCharacters: 2, signal });
const said = (role: GuardRole, text: string): GuardMessage => ({ role, text });
/** Every place of the text is another. */
const numbered = (length: number): string =>
  Array.from({ length: Math.ceil(length / 5) }, (_, i) => String(i).padStart(5, '.'))
    .join('')
    .slice(0, length);

describe('pieces of a long message', () => {
  it('cover it, overlap by a quarter, and fit', async () => {
    const text = numbered(1000);
    const prompts = await pieces([said('User', text)], 121);
    expect(prompts?.length).toBeGreaterThan(10);
    let covered = 0;
    for (const [index, prompt] of (prompts ?? []).entries()) {
      expect(prompt.length).toBeLessThanOrEqual(121);
      const piece = textOf(prompt);
      const start = text.indexOf(piece);
      expect(start).toBeGreaterThanOrEqual(0);
      expect(start).toBeLessThanOrEqual(covered);
      if (index > 0 && index < (prompts?.length ?? 0) - 1)
        expect(Math.abs(covered - start - piece.length / 4)).toBeLessThanOrEqual(1);
      covered = start + piece.length;
    }
    expect(covered).toBe(1000);
  });

  it('cover any text, whole code points each, whatever the room', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'binary', maxLength: 300 }),
        fc.integer({ min: POLICY + 8, max: 200 }),
        async (text, limit) => {
          const prompts = await pieces([said('Agent', text)], limit);
          let rest = 0;
          for (const prompt of prompts ?? []) {
            expect(prompt.length).toBeLessThanOrEqual(limit);
            const piece = textOf(prompt);
            // It begins at or before what is covered, and leads on.
            let start = Math.min(rest, text.length);
            while (start > 0 && !text.startsWith(piece, start)) start -= 1;
            expect(text.startsWith(piece, start)).toBe(true);
            if (!LONE_SURROGATE.test(text)) expect(piece).not.toMatch(LONE_SURROGATE);
            rest = Math.max(rest, start + piece.length);
          }
          if (prompts !== undefined) expect(rest).toBe(text.length);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('have the latest messages before them, whole, in a quarter of the room', async () => {
    const messages = [
      said('User', 'a'.repeat(30)),
      said('Agent', 'b'.repeat(12)),
      said('User', 'c'.repeat(8)),
      said('Agent', numbered(500)),
    ];
    // Room for 100 tokens besides the policy: a quarter holds two messages and their labels, not the third.
    for (const prompt of (await pieces(messages, 121)) ?? []) {
      const context = prompt.slice(POLICY, prompt.lastIndexOf('Agent:')).join('');
      expect(context).toBe(`Agent:${'b'.repeat(12)}User:${'c'.repeat(8)}`);
    }
  });

  it('are one where only the earlier messages are too long', async () => {
    const prompts = await pieces(
      [said('User', 'a'.repeat(300)), said('Agent', 'b'.repeat(10)), said('User', 'c'.repeat(20))],
      121,
    );
    expect(prompts).toHaveLength(1);
    expect(prompts?.[0]?.slice(POLICY).join('')).toBe(`Agent:${'b'.repeat(10)}User:${'c'.repeat(20)}`);
  });

  it('stay the same while the message grows, but for the last', async () => {
    const text = numbered(2000);
    const before = await pieces([said('Agent', text.slice(0, 1500))], 121);
    const after = await pieces([said('Agent', text)], 121);
    expect(after?.slice(0, (before?.length ?? 0) - 1)).toEqual(before?.slice(0, -1));
  });

  it('are refused where there would be too many', async () => {
    expect(await pieces([said('User', numbered(5000))], 121)).toBeUndefined();
    expect(await pieces([said('User', 'x'.repeat(10_000_000))], 121)).toBeUndefined();
    expect((await pieces([said('User', numbered(4000))], 121))?.length).toBeLessThanOrEqual(MAX_PIECES);
  });

  it('are not made for somebody who gave up', async () => {
    const reason = new Error('gave up');
    await expect(pieces([said('User', numbered(1000))], 121, AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});
