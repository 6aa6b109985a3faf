import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createEncoderSession,
  type EncoderSession,
} from '../../../../src/classifiers/guard/embedded/encoder-session.js';
import { ENCODER_PATH } from './real-encoder.js';

let session: EncoderSession;

beforeAll(async () => {
  session = await createEncoderSession({ modelPath: ENCODER_PATH, threads: 1 });
}, 60_000);

afterAll(async () => {
  await session.dispose();
});

async function first(text: string): Promise<Float32Array> {
  const [piece] = (await session.embedPieces(text)).pieces;
  if (piece === undefined) throw new Error('no piece');
  return piece.embedding;
}

function cosine(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
}

describe('the encoder session', () => {
  it('gives the embedding that the original weights give', async () => {
    // The first eight values for this text, computed from the checkpoint in float32 with its own tokenizer.
    const original = [-0.1393, 0.0055, 0.0136, 0.0327, -0.0503, -0.0126, -0.085, -0.1015];
    const embedding = await first('What is a good recipe for vegetable soup?');
    for (const [index, value] of original.entries()) expect(embedding[index]).toBeCloseTo(value, 2);
  });

  it('gives vectors of length 1 that put like texts together', async () => {
    const soup = await first('How do I cook vegetable soup?');
    const stew = await first('A recipe for a vegetable stew');
    const chess = await first('The best opening moves in chess');
    expect(cosine(soup, soup)).toBeCloseTo(1, 5);
    expect(soup).toHaveLength(session.dimension);
    expect(cosine(soup, stew)).toBeGreaterThan(cosine(soup, chess) + 0.2);
  });

  it('reads special tokens typed by a person as ordinary characters', () => {
    const typed = session.tokenizePieces('[SEP] [CLS] [MASK]').flatMap((piece) => [...piece]);
    for (const special of [101, 102, 103]) expect(typed).not.toContain(special);
    expect(typed.length).toBeGreaterThan(6);
  });

  it('reads look-alike spellings as the plain ones', () => {
    const plain = session.tokenizePieces('how to kill time');
    expect(session.tokenizePieces('ｈｏｗ 𝐭𝐨 k\u200Bi\u00ADll tíme')).toEqual(plain);
  });

  it.each([
    ['nothing', ''],
    ['white space', ' \n\t '],
    ['lone surrogates and control characters', 'a\uD800b\u0000c\u001B[0m'],
    ['emoji and other scripts', '😀👨‍👩‍👧 你好世界 Привет مرحبا'],
    ['one endless word', 'x'.repeat(5000)],
  ])('takes %s', async (_name, text) => {
    const { pieces } = await session.embedPieces(text);
    for (const { embedding } of pieces) expect(embedding.every(Number.isFinite)).toBe(true);
    expect(pieces.length > 0).toBe(text.trim() !== '');
  });

  it('costs only the new pieces when a text grows', async () => {
    const text = 'A sentence about the garden behind our old house. '.repeat(3) + 'Then it rained. ';
    const filler = Array.from(
      { length: 40 },
      (_, n) => `Line ${n} of the report is about topic ${n * 7}. `,
    ).join('');
    await session.embedPieces(filler + text);
    const again = await session.embedPieces(filler + text + 'And one more thing happened.');
    expect(again.tokens - (again.cachedTokens ?? 0)).toBeLessThan(again.tokens / 3);
  });

  it('stops soon after an abort, even in a text of a million characters', async () => {
    const huge = Array.from({ length: 50_000 }, (_, n) => `number ${n} of many.`).join(' ');
    const controller = new AbortController();
    const running = session.embedPieces(huge, { signal: controller.signal });
    const reason = new Error('the caller left');
    setTimeout(() => controller.abort(reason), 50);
    await expect(running).rejects.toBe(reason);
    await expect(session.embedPieces('still alive')).resolves.toMatchObject({ pieces: [{}] });
  }, 30_000);

  it('says so when the file is missing', async () => {
    await expect(createEncoderSession({ modelPath: ENCODER_PATH + '.none', threads: 1 })).rejects.toThrow();
  });
});
