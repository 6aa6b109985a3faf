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
    const typed = session.tokenizeSentences('[SEP] [CLS] [MASK]').flatMap((piece) => [...piece]);
    for (const special of [101, 102, 103]) expect(typed).not.toContain(special);
    expect(typed.length).toBeGreaterThan(6);
  });

  it('reads look-alike spellings as the plain ones', () => {
    const plain = session.tokenizeSentences('how to kill time');
    expect(session.tokenizeSentences('ｈｏｗ 𝐭𝐨 k\u200Bi\u00ADll tíme')).toEqual(plain);
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

  it.each([46, 47, 61, 62])(
    'embeds a sentence of %s tokens as one piece, near what half of it says',
    async (length) => {
      // One word is one token.
      const words = (count: number): string =>
        'the old bridge over the river was built by monks '.repeat(7).split(' ').slice(0, count).join(' ');
      const { pieces, tokens } = await session.embedPieces(words(length));
      expect([pieces.length, tokens]).toEqual([1, length]);
      expect(pieces[0]?.tokenIds).toHaveLength(length);
      expect(cosine(await first(words(length)), await first(words(20)))).toBeGreaterThan(0.8);
    },
  );

  it('puts a window over the sentences of a text, near what the encoder says of the whole', async () => {
    const { pieces, tokens } = await session.embedPieces(
      'The old bridge over the river was built by monks. It has seven arches and a small chapel in its middle.',
    );
    const whole = await first(
      'The old bridge over the river was built by monks, it has seven arches and a small chapel in its middle',
    );
    const [window, ...sentences] = pieces;
    if (window === undefined) throw new Error('no window');
    expect(sentences).toHaveLength(2);
    expect(tokens).toBe(window.tokenIds.length);
    expect(cosine(window.embedding, whole)).toBeGreaterThan(0.85);
  });

  it('gives the same with several sentences at a time, and stops all of them on an abort', async () => {
    const text = Array.from(
      { length: 12 },
      (_, n) => `Sentence ${n} is about ${'rain '.repeat(n * 5)}. `,
    ).join('');
    const two = await createEncoderSession({ modelPath: ENCODER_PATH, threads: 2 });
    try {
      const [expected, got] = [await session.embedPieces(text), await two.embedPieces(text)];
      expect(got.tokens).toBe(expected.tokens);
      expect(got.pieces.map(({ tokenIds }) => tokenIds)).toEqual(
        expected.pieces.map(({ tokenIds }) => tokenIds),
      );
      for (const [index, { embedding }] of got.pieces.entries())
        expect(cosine(embedding, expected.pieces[index]?.embedding ?? new Float32Array())).toBeCloseTo(1, 4);

      const controller = new AbortController();
      const running = two.embedPieces(text.replaceAll('rain', 'snow').repeat(200), {
        signal: controller.signal,
      });
      controller.abort(new Error('the caller left'));
      await expect(running).rejects.toThrow('the caller left');
      await expect(two.embedPieces('still alive')).resolves.toMatchObject({ pieces: [{}] });
    } finally {
      await two.dispose();
    }
  }, 30_000);

  it('says so when the file is missing', async () => {
    await expect(createEncoderSession({ modelPath: ENCODER_PATH + '.none', threads: 1 })).rejects.toThrow();
  });
});
