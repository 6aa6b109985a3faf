import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject } from '../../../src/core/json.js';
import {
  createFrameDecoder,
  encodeMessage,
  encodeTerminator,
  encodeTextEvent,
  type FrameDecoderOptions,
  type FramedMessage,
} from '../../../src/protocols/index.js';
import type { Framing } from '../../../src/core/wire-format.js';
import { codeOf } from '../../support/wire/read.js';

const jsonObject = fc
  .dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 4 })
  .map((value) => JSON.parse(JSON.stringify(value)) as JsonObject)
  .filter(isJsonObject);

/** Feeds the bytes in the given pieces; the outcome is the messages, or the code of the error. */
function run(
  framing: Framing,
  bytes: Uint8Array,
  cuts: readonly number[],
  options?: FrameDecoderOptions,
): unknown {
  const decoder = createFrameDecoder(framing, options);
  const messages: FramedMessage[] = [];
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  let failure: unknown;
  let start = 0;
  try {
    for (const end of ends) {
      messages.push(...decoder.push(bytes.subarray(start, end)));
      start = end;
    }
    messages.push(...decoder.end());
  } catch (error) {
    failure = (error as { code?: unknown }).code ?? error;
  }
  return failure === undefined ? messages : failure;
}

const cuts = fc.array(fc.nat(), { maxLength: 12 });
const json = (value: JsonObject): FramedMessage => ({ kind: 'json', json: value });

describe('server-sent events', () => {
  const lineEnd = fc.constantFrom('\n', '\r', '\r\n');
  const noise = fc.constantFrom('', ': keep-alive', ':', 'id: 7', 'retry: 10', 'nonsense: x', 'nonsense');

  it('gives the same messages for any split, any line end, and any noise between the lines', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(jsonObject, noise, lineEnd, fc.boolean()), { maxLength: 5 }),
        fc.boolean(),
        cuts,
        (events, mark, at) => {
          const text = events
            .map(([value, extra, end, space]) => {
              const lines = extra === '' ? [] : [extra];
              return [...lines, `data:${space ? ' ' : ''}${JSON.stringify(value)}`, '', ''].join(end);
            })
            .join('');
          const bytes = Buffer.from((mark ? '\ufeff' : '') + text);
          expect(run('sse', bytes, at)).toEqual(events.map(([value]) => json(value)));
        },
      ),
    );
  });

  it('reads any bytes alike for any split', () => {
    const piece = fc.constantFrom(
      'data: ',
      '{"a":1}',
      '\n',
      '\r',
      '\r\n',
      ':',
      'x',
      '[DONE]',
      'ï»¿',
      'é',
      '\u{1F600}',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), cuts, fc.boolean(), (pieces, at, plainText) => {
        const bytes = Buffer.from(pieces.join(''));
        expect(run('sse', bytes, at, { plainText })).toEqual(run('sse', bytes, [], { plainText }));
      }),
      { numRuns: 1000 },
    );
  });

  it('gives a message as soon as its last line end is there', () => {
    const decoder = createFrameDecoder('sse');
    expect(decoder.push(Buffer.from('data: {"a":1}\r\r'))).toEqual([json({ a: 1 })]);
    expect(decoder.push(Buffer.from('\ndata: {"a":2}\r\n\r'))).toEqual([json({ a: 2 })]);
  });

  it('joins data lines, and stops at [DONE]', () => {
    const text = 'event: delta\ndata: {"a":\ndata: 1}\n\ndata: [DONE]\n\ndata: {"late":1}\n\ngarbage';
    expect(run('sse', Buffer.from(text), [])).toEqual([
      { kind: 'json', json: { a: 1 }, event: 'delta' },
      { kind: 'terminator' },
    ]);
  });

  it('takes a last message without its blank line if it is whole', () => {
    expect(run('sse', Buffer.from('data: {"a":1}'), [])).toEqual([json({ a: 1 })]);
    expect(run('sse', Buffer.from('data: {"a":1}\r\r'), [])).toEqual([json({ a: 1 })]);
    expect(run('sse', Buffer.from('data: [DONE]'), [])).toEqual([{ kind: 'terminator' }]);
  });

  it.each([
    ['data: {"a":1'],
    ['data: {"a":"\u{1F600}'],
    ['dat'],
    ['data: {"a":1}\n\ndata: {"b"'],
    ['data: 1'],
  ])('says interrupted when the stream ends in %j', (text) => {
    expect(run('sse', Buffer.from(text), [])).toBe('upstream_interrupted');
  });

  it('says interrupted when the stream ends inside a character', () => {
    expect(run('sse', Buffer.from('data: {"a":"é').subarray(0, -1), [])).toBe('upstream_interrupted');
  });

  it.each([['data: hello\n\n'], ['data: [1]\n\n'], ['data: null\n\n'], ['data: <html>\n\n'], ['data:\n\n']])(
    'refuses %j, which is no JSON object',
    (text) => {
      expect(run('sse', Buffer.from(text), [])).toBe('upstream_malformed');
    },
  );

  it('refuses bytes that are not UTF-8', () => {
    expect(run('sse', Buffer.from([0x64, 0xff, 0xfe, 0x0a]), [])).toBe('upstream_malformed');
  });

  it('bounds a message exactly, and a line that never ends', () => {
    const options = { maxMessageLength: 20 };
    const event = (length: number): Buffer => Buffer.from(`data: {"a":"${'x'.repeat(length - 8)}"}\n\n`);
    for (const at of [[], [9], [3, 11, 17]]) {
      expect(run('sse', event(20), at, options)).toHaveLength(1);
      expect(run('sse', event(21), at, options)).toBe('upstream_malformed');
    }
    const decoder = createFrameDecoder('sse', options);
    const endless = Buffer.from('data: ' + 'x'.repeat(10_000));
    expect(
      codeOf(() => {
        for (let round = 0; round < 100; round += 1) decoder.push(endless);
      }),
    ).toBe('upstream_malformed');
  });

  it('gives plain text only where it was asked for', () => {
    const text = 'event: word\ndata: Hello\n\ndata:  world\n\ndata: [1]\n\ndata: {"a":1}\n\n';
    expect(run('sse', Buffer.from(text), [], { plainText: true })).toEqual([
      { kind: 'text', text: 'Hello', event: 'word' },
      { kind: 'text', text: ' world' },
      { kind: 'text', text: '[1]' },
      json({ a: 1 }),
    ]);
    expect(run('sse', Buffer.from('data: half'), [], { plainText: true })).toBe('upstream_interrupted');
  });
});

describe('newline-delimited JSON', () => {
  it('gives the same messages for any split', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(jsonObject, fc.constantFrom('\n', '\r\n', '\n\n', ' \n')), { maxLength: 5 }),
        fc.boolean(),
        fc.boolean(),
        cuts,
        (lines, mark, cutLastEnd, at) => {
          const text = lines.map(([value, end]) => JSON.stringify(value) + end).join('');
          const bytes = Buffer.from((mark ? '\ufeff' : '') + (cutLastEnd ? text.trimEnd() : text));
          expect(run('ndjson', bytes, at)).toEqual(lines.map(([value]) => json(value)));
        },
      ),
    );
  });

  it('reads any bytes alike for any split', () => {
    const piece = fc.constantFrom('{"a":1}', '{', '\n', '\r', '"é"', '\u{1F600}', ' ');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), cuts, (pieces, at) => {
        const bytes = Buffer.from(pieces.join(''));
        expect(run('ndjson', bytes, at)).toEqual(run('ndjson', bytes, []));
      }),
    );
  });

  it.each([
    ['{"a":1', 'upstream_interrupted'],
    ['{"a":1}\n{"b', 'upstream_interrupted'],
    ['<html>\n', 'upstream_malformed'],
    ['[1]\n', 'upstream_malformed'],
    ['12', 'upstream_interrupted'],
  ])('answers %j with %s', (text, code) => {
    expect(run('ndjson', Buffer.from(text), [])).toBe(code);
  });

  it('bounds a line', () => {
    const line = (length: number): Buffer => Buffer.from(`{"a":"${'x'.repeat(length - 8)}"}\r\n`);
    for (const at of [[], [5], [2, 9, 21]]) {
      expect(run('ndjson', line(20), at, { maxMessageLength: 20 })).toHaveLength(1);
      expect(run('ndjson', line(21), at, { maxMessageLength: 20 })).toBe('upstream_malformed');
    }
  });
});

describe('encoders', () => {
  it('write what the decoders read', () => {
    fc.assert(
      fc.property(fc.array(jsonObject), fc.constantFrom<Framing>('sse', 'ndjson'), (values, framing) => {
        const text = values.map((value) => encodeMessage(framing, value)).join('');
        expect(run(framing, Buffer.from(text), [])).toEqual(values.map((value) => json(value)));
      }),
    );
  });

  it('write any plain text as an event that gives it back', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', ' ', '\n', ':', 'é') }), (text) => {
        const event = Buffer.from(encodeTextEvent(text, 'word'));
        expect(run('sse', event, [], { plainText: true })).toEqual([{ kind: 'text', text, event: 'word' }]);
      }),
    );
  });

  it('write the terminator, and no event name that could carry text', () => {
    expect(encodeTerminator('sse', '[DONE]')).toBe('data: [DONE]\n\n');
    expect(encodeTerminator('ndjson', undefined)).toBe('');
    expect(encodeMessage('sse', { a: 1 }, 'delta')).toBe('event: delta\ndata: {"a":1}\n\n');
    expect(encodeMessage('sse', { a: 1 }, 'a sentence of text')).toBe('data: {"a":1}\n\n');
    expect(encodeMessage('sse', { a: 1 }, 'x\ndata: y')).toBe('data: {"a":1}\n\n');
  });
});
