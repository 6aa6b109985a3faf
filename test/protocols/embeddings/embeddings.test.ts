import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GuardError } from '../../../src/core/errors.js';
import type { JsonObject } from '../../../src/core/json.js';
import {
  llamaEmbedding,
  ollamaEmbed,
  ollamaEmbeddings,
  openAiEmbeddings,
} from '../../../src/protocols/index.js';
import { isBase64Floats } from '../../../src/protocols/numbers/base64-floats.js';
import { describeExchanges } from '../../support/wire/exchange.js';
import { FACTS } from '../../support/wire/facts.js';
import { codeOf, guardErrorOf, judgedText, textsById } from '../../support/wire/read.js';
import {
  BASE64,
  LLAMA_EMBEDDING,
  OLLAMA_EMBED,
  OLLAMA_EMBEDDINGS,
  OPENAI_EMBEDDINGS,
  VECTOR,
} from './exchanges.js';

describeExchanges(openAiEmbeddings, OPENAI_EMBEDDINGS);
describeExchanges(ollamaEmbed, OLLAMA_EMBED);
describeExchanges(ollamaEmbeddings, OLLAMA_EMBEDDINGS);
describeExchanges(llamaEmbedding, LLAMA_EMBEDDING);

const INPUTS = [
  { format: openAiEmbeddings, key: 'input' },
  { format: ollamaEmbed, key: 'input' },
  { format: ollamaEmbeddings, key: 'prompt' },
  { format: llamaEmbedding, key: 'content' },
];

describe.each(INPUTS)('$format.id', ({ format, key }) => {
  it('lists token ids, and judges text among them', () => {
    const flat = format.decodeRequest({ [key]: [1, 'some words', 3] }).conversation;
    expect(flat.unjudged).toEqual([{ kind: 'tokens', path: key }]);
    expect(judgedText(flat)).toBe('some words');
    const nested = format.decodeRequest({ [key]: ['some words', [1, 'more words']] }).conversation;
    expect(nested.unjudged).toHaveLength(1);
    expect(judgedText(nested)).toBe('some words\nmore words');
  });

  it.each<[string, JsonObject, string]>([
    ['an input that is no text', { [key]: 7 }, `${key} must be a string or a list`],
    ['an input that is empty', { [key]: [] }, `${key} must be a list of 1 to 2048`],
    ['a stream', { [key]: 'x', stream: true }, 'stream must be false or absent'],
    ['an input in other case', { [key]: 'x', [key.toUpperCase()]: 'y' }, `write "${key}"`],
  ])('refuses %s', (_name, body, text) => {
    const error = guardErrorOf(() => format.decodeRequest(body));
    expect(error.code).toBe('invalid_request');
    expect(error.message).toContain(text);
  });

  it('calls a reply without vectors malformed, and text in place of them text', () => {
    expect(codeOf(() => format.decodeReply({ answer: 42 }))).toBe('upstream_malformed');
    expect(codeOf(() => format.decodeReply('text'))).toBe('upstream_malformed');
  });

  it('tells of a block as an error', () => {
    const request = format.decodeRequest({ [key]: 'x' });
    expect(request.structured).toBe(true);
    const refusal = format.refusal(request, 'Not this.', FACTS);
    expect(refusal).toEqual(format.error(new GuardError('content_policy_violation', 'Not this.'), 'req-1'));
    expect(JSON.stringify(refusal)).toContain('Not this.');
  });
});

describe('openai-embeddings', () => {
  it("knows llama.cpp's other name of the input, which hides no token ids beside a chat", () => {
    const { conversation } = openAiEmbeddings.decodeRequest({
      messages: [{ role: 'user', content: 'Hi' }],
      content: [1, 'some words', 2],
    });
    expect(conversation.unjudged).toEqual([{ kind: 'tokens', path: 'content' }]);
    expect(judgedText(conversation)).toBe('Hi\nsome words');
    expect(guardErrorOf(() => openAiEmbeddings.decodeRequest({ model: 'm' })).message).toContain(
      'input must be',
    );
  });

  it('refuses encodings that are no JSON', () => {
    const error = guardErrorOf(() =>
      openAiEmbeddings.decodeRequest({ input: 'x', encoding_format: 'bytes' }),
    );
    expect(error.message).toBe('encoding_format must be float or base64, got "bytes".');
  });

  it.each(['float', undefined])('judges base64 that was not asked for (encoding_format: %s)', (asked) => {
    const request = openAiEmbeddings.decodeRequest({
      input: 'x',
      ...(asked === undefined ? {} : { encoding_format: asked }),
    });
    const frame = openAiEmbeddings.decodeReply({ data: [{ embedding: BASE64 }] }, request);
    expect(textsById([frame])).toEqual({ '0/other/data[0].embedding': BASE64 });
  });

  it.each<[string, string]>([
    ['a sentence', 'this is a sentence that somebody wrote in place of numbers'],
    [
      'letters of the alphabet of base64',
      'thisIsASentenceThatSomebodyWroteInPlaceOfNumbersAndItIsLong'.slice(0, 56),
    ],
    [
      'text in base64',
      Buffer.from('this is a sentence in base64, which a client would decode').toString('base64'),
    ],
    ['numbers with something behind them', `${BASE64} and more`],
    ['numbers with a line break', `${BASE64.slice(0, 8)}\n${BASE64.slice(8)}`],
    [
      'the other alphabet',
      Buffer.from(Float32Array.from([0.1, 0.9, -0.3, 3e-3, 7, 8, 9, 10]).buffer).toString('base64url') + '-_',
    ],
    ['too few numbers', Buffer.from(Float32Array.from([0.5]).buffer).toString('base64')],
    ['bits that decoding drops', 'A'.repeat(42) + 'B='],
  ])('judges %s where a vector in base64 was asked for', (_name, text) => {
    const request = openAiEmbeddings.decodeRequest({ input: 'x', encoding_format: 'base64' });
    const frame = openAiEmbeddings.decodeReply({ data: [{ embedding: text }] }, request);
    expect(textsById([frame])).toEqual({ '0/other/data[0].embedding': text });
  });

  it('judges base64 where nobody knows what was asked for', () => {
    const frame = openAiEmbeddings.decodeReply({ data: [{ embedding: BASE64 }] });
    expect(textsById([frame])).toEqual({ '0/other/data[0].embedding': BASE64 });
  });

  it('judges a vector in base64 that stands anywhere else', () => {
    const request = openAiEmbeddings.decodeRequest({ input: 'x', encoding_format: 'base64' });
    const reply = { data: [{ embedding: [0.5], note: BASE64 }], more: BASE64 };
    expect(textsById([openAiEmbeddings.decodeReply(reply, request)])).toEqual({
      '0/other/data[0].note': BASE64,
      '0/other/more': BASE64,
    });
  });

  it('knows any learned vector in base64', () => {
    const part = fc.double({ min: -100, max: 100, noNaN: true }).filter((x) => x === 0 || Math.abs(x) > 1e-9);
    fc.assert(
      fc.property(fc.array(part, { minLength: 8, maxLength: 64 }), (vector) => {
        expect(isBase64Floats(Buffer.from(Float32Array.from(vector).buffer).toString('base64'))).toBe(true);
      }),
    );
  });

  it('knows no text, plain or in base64', () => {
    const words = fc.stringMatching(/^([a-z]{2,9} ){6,20}$/);
    fc.assert(
      fc.property(words, (text) => {
        expect(isBase64Floats(text)).toBe(false);
        expect(isBase64Floats(text.replaceAll(' ', ''))).toBe(false);
        expect(isBase64Floats(Buffer.from(text).toString('base64'))).toBe(false);
      }),
      { numRuns: 500 },
    );
  });
});

it('llama.cpp: an annotated object keeps its numbers; an array has no room for facts', () => {
  const object = llamaEmbedding.decodeReply({ embedding: VECTOR });
  llamaEmbedding.annotate(object.json, FACTS);
  expect(llamaEmbedding.replyBody?.(object)).toMatchObject({ embedding: VECTOR, portcullis: {} });
  const array = llamaEmbedding.decodeReply([{ index: 0, embedding: [VECTOR] }]);
  llamaEmbedding.annotate(array.json, FACTS);
  expect(llamaEmbedding.replyBody?.(array)).toEqual([{ index: 0, embedding: [VECTOR] }]);
});
