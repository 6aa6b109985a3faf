import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../../../src/core/json.js';
import type { ReplyFrame } from '../../../src/core/wire-format.js';
import { anthropicCountTokens, anthropicMessages, createFrameDecoder } from '../../../src/protocols/index.js';
import {
  codeOf,
  copy,
  framesOf,
  guardErrorOf,
  judgedText,
  messagesOf,
  segmentLines,
  textsById,
} from '../../support/wire/read.js';
import {
  blockDelta,
  blockStart,
  blockStop,
  EXCHANGES,
  messageEnd,
  messageStart,
  textDelta,
  UNJUDGED_EXCHANGES,
} from './exchanges.js';

const ALL = [...EXCHANGES, ...UNJUDGED_EXCHANGES];
const STREAMS = ALL.flatMap(({ name, request, reply }) =>
  typeof reply === 'string' ? [{ name, request, reply }] : [],
);
const user = (content: JsonValue): JsonObject => ({ role: 'user', content });

describe.each(ALL)('exchange: $name', ({ request, reply, segments, texts, unjudged, unjudgedReply }) => {
  it('decodes the request, and sends on what came', () => {
    const decoded = anthropicMessages.decodeRequest(copy(request));
    expect(segmentLines(decoded.conversation)).toEqual(segments);
    expect(decoded.conversation.unjudged).toEqual(unjudged ?? []);
    expect(decoded.body).toEqual(request);
    expect(decoded.stream).toBe(typeof reply === 'string');
  });

  it('finds the texts of the reply and keeps all other fields', () => {
    const decoded = anthropicMessages.decodeRequest(copy(request));
    if (typeof reply !== 'string') {
      const frame = anthropicMessages.decodeReply(copy(reply));
      expect(textsById([frame])).toEqual(texts);
      expect(frame.finished).toEqual([0]);
      expect(frame.unjudged ?? []).toEqual(unjudgedReply ?? []);
      expect(frame.json).toEqual(reply);
      return;
    }
    const codec = anthropicMessages.openStream(decoded);
    const frames = framesOf(codec, 'sse', reply);
    expect(textsById(frames)).toEqual(texts);
    expect(codec.complete).toBe(true);
    const sent = messagesOf('sse', reply).flatMap((one) => (one.kind === 'json' ? [one.json] : []));
    expect(frames.map((frame) => frame.json)).toEqual(sent);
    expect(frames.flatMap((frame) => frame.unjudged ?? [])).toEqual([]);
  });
});

it('reads a stream alike, wherever it is split', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...STREAMS),
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 }),
      ({ request, reply }, cuts) => {
        const bytes = Buffer.from(reply);
        const places = [...cuts.map((cut) => Math.floor(cut * bytes.length)), bytes.length].sort(
          (a, b) => a - b,
        );
        const codec = anthropicMessages.openStream(anthropicMessages.decodeRequest(copy(request)));
        const decoder = createFrameDecoder('sse');
        let from = 0;
        const messages = places.flatMap((to) => decoder.push(bytes.subarray(from, (from = to))));
        const frames = [...messages, ...decoder.end()].flatMap((message) =>
          message.kind === 'json' ? [codec.decode(message.json)] : [],
        );
        const whole = framesOf(
          anthropicMessages.openStream(anthropicMessages.decodeRequest(copy(request))),
          'sse',
          reply,
        );
        expect(textsById(frames)).toEqual(textsById(whole));
        expect(frames.map(({ json }) => json)).toEqual(whole.map(({ json }) => json));
        expect(codec.complete).toBe(true);
      },
    ),
    { numRuns: 200 },
  );
});

describe('requests', () => {
  const decode = (body: JsonObject) => anthropicMessages.decodeRequest(body);
  const withBlock = (block: JsonValue): JsonObject => ({ messages: [user('x'), user([block])] });

  it.each<[string, JsonObject, string]>([
    ['no messages', {}, 'messages must be an array, got nothing'],
    ['empty messages', { messages: [] }, 'messages must be a list of at least one message'],
    [
      'a role in other case',
      { messages: [{ role: 'User', content: 'x' }] },
      'messages[0].role must be one of',
    ],
    ['a role of others', { messages: [{ role: 'tool', content: 'x' }] }, 'got "tool"'],
    ['a message that is text', { messages: ['x'] }, 'messages[0] must be an object, got "x"'],
    [
      'no content',
      { messages: [{ role: 'user' }] },
      'messages[0].content must be a string or a list of blocks',
    ],
    ['null content', { messages: [user(null)] }, 'messages[0].content'],
    ['nested content', withBlock(['x']), 'messages[1].content[0] must be an object, got an array'],
    ['a block that is text', withBlock('x'), 'messages[1].content[0] must be an object, got "x"'],
    ['a block without type', withBlock({ text: 'x' }), 'messages[1].content[0].type must be the type'],
    [
      'a text block without text',
      withBlock({ type: 'text' }),
      'messages[1].content[0].text must be a string',
    ],
    [
      'a tool call without name',
      withBlock({ type: 'tool_use', input: {} }),
      '[0].name must be the name of the tool',
    ],
    [
      'a result that is a number',
      withBlock({ type: 'tool_result', content: 7 }),
      '[0].content must be a string or',
    ],
    ['an image without source', withBlock({ type: 'image' }), '[0].source must be an object'],
    ['a block field in other case', withBlock({ type: 'text', text: 'x', Text: 'y' }), 'write "text"'],
    [
      'a field in other case',
      { messages: [user('x')], System: 'y' },
      'System is not a field; write "system"',
    ],
    [
      'system as a number',
      { messages: [user('x')], system: 5 },
      'system must be a string or a list of blocks',
    ],
    ['stream as text', { messages: [user('x')], stream: 'true' }, 'stream must be true or false'],
    ['tools that are no list', { messages: [user('x')], tools: 'f' }, 'tools must be an array'],
    ['a format that is a word', { messages: [user('x')], output_format: 'json' }, 'output_format must be'],
    ['servers that are no list', { messages: [user('x')], mcp_servers: {} }, 'mcp_servers must be an array'],
  ])('refuses %s', (_name, body, text) => {
    const error = guardErrorOf(() => decode(body));
    expect(error.code).toBe('invalid_request');
    expect(error.message).toContain(text);
  });

  it('neither judges nor shows the tokens of servers, and refuses what is none', () => {
    const servers = (token: string): JsonObject => ({
      messages: [user('x')],
      mcp_servers: [{ type: 'url', name: 'n', url: 'https://x.org', authorization_token: token }],
    });
    const decoded = decode(servers('secret-123'));
    expect(judgedText(decoded.conversation)).not.toContain('secret');
    expect(decoded.body.mcp_servers).toMatchObject([{ authorization_token: 'secret-123' }]);
    const error = guardErrorOf(() => decode(servers('a secret sentence')));
    expect(error.message).toContain('mcp_servers[0].authorization_token must be a token');
    expect(error.message).not.toContain('secret');
  });

  it.each<[JsonObject, boolean]>([
    [{}, false],
    [{ output_config: { effort: 'low' } }, false],
    [{ output_config: { effort: null, format: null } }, false],
    [{ output_config: { format: { type: 'json_schema', schema: { type: 'object' } } } }, true],
    [{ output_format: { type: 'json_schema', schema: { type: 'object' } } }, true],
    [{ guided_json: { type: 'object' } }, true],
    [{ grammar: 'root ::= "x"' }, true],
  ])('knows that %j asks for structured output: %s', (fields, structured) => {
    expect(decode({ messages: [user('x')], ...fields }).structured).toBe(structured);
  });

  it('judges the schema that a reply has to follow', () => {
    const format = { type: 'json_schema', schema: { properties: { 'a dark plan': { type: 'string' } } } };
    for (const fields of [{ output_format: format }, { output_config: { format } }])
      expect(segmentLines(decode({ messages: [user('x')], ...fields }).conversation)).toContain(
        'User/system tool_definition: a dark plan',
      );
  });

  it('takes signatures, switches and ids for text when they read like text', () => {
    const { conversation } = decode({
      messages: [
        user('x'),
        {
          role: 'assistant',
          content: [{ type: 'thinking', thinking: 'Hm.', signature: 'not a signature at all' }],
        },
      ],
      thinking: { type: 'words in a switch' },
      metadata: { user_id: 'Ada of London' },
    });
    expect(judgedText(conversation)).toContain('not a signature at all');
    expect(judgedText(conversation)).toContain('words in a switch');
    expect(judgedText(conversation)).toContain('Ada of London');
  });

  it('judges a text in the place of encrypted content', () => {
    const block = {
      type: 'web_search_tool_result',
      content: [{ encrypted_content: 'plain words, not encrypted' }],
    };
    const { conversation } = decode(withBlock(block));
    expect(judgedText(conversation)).toContain('plain words, not encrypted');
    expect(conversation.unjudged).toEqual([]);
  });

  it('judges what lies beside media, or in their place and is no base64', () => {
    const { conversation } = decode(
      withBlock({
        type: 'document',
        title: 'the title',
        source: { type: 'base64', media_type: 'application/pdf', data: 'plain words', remark: 'a remark' },
      }),
    );
    expect(conversation.unjudged).toEqual([{ kind: 'file', path: 'messages[1].content[0]' }]);
    for (const text of ['the title', 'plain words', 'a remark'])
      expect(judgedText(conversation)).toContain(text);
  });

  it('counts tokens of the same requests; a block there is an error', () => {
    const body = { model: 'm', system: 'Be brief.', messages: [user('Hi')] };
    const decoded = anthropicCountTokens.decodeRequest(copy(body));
    expect(decoded.structured).toBe(true);
    expect(segmentLines(decoded.conversation)).toEqual(['User/system text: Be brief.', 'User/user text: Hi']);
    const frame = anthropicCountTokens.decodeReply({ input_tokens: 14, remark: 'words of the server' });
    expect(textsById([frame])).toEqual({ '0/other/remark': 'words of the server' });
    expect(frame.json).toEqual({ input_tokens: 14, remark: 'words of the server' });
  });
});

describe('replies', () => {
  const request = anthropicMessages.decodeRequest({
    messages: [user('x')],
    model: 'My Own Model',
    stream: true,
  });
  const decodeOne = (json: JsonObject): ReplyFrame => anthropicMessages.openStream(request).decode(json);

  it.each<[string, JsonObject]>([
    ['an event without type', {}],
    ['a type that is no word', { type: 7 }],
    ['a start without message', { type: 'message_start' }],
    ['a start with content that is text', messageStart({ content: 'x' })],
    ['a block without index', { type: 'content_block_start', content_block: { type: 'text' } }],
    ['a negative index', blockStart(-1, { type: 'text', text: '' })],
    ['an index that is text', { ...textDelta(0, 'x'), index: '0' }],
    ['a block that is text', { type: 'content_block_start', index: 0, content_block: 'x' }],
    ['a delta that is text', { type: 'content_block_delta', index: 0, delta: 'x' }],
  ])('calls %s malformed', (_name, json) => {
    expect(codeOf(() => decodeOne(json))).toBe('upstream_malformed');
  });

  it.each<[string, JsonValue]>([
    ['no object', 'x'],
    ['no content', { type: 'message' }],
    ['content that is text', { type: 'message', content: 'x' }],
    ['a block that is text', { type: 'message', content: ['x'] }],
  ])('calls a whole reply malformed: %s', (_name, json) => {
    expect(codeOf(() => anthropicMessages.decodeReply(json))).toBe('upstream_malformed');
  });

  it('calls text after the end of its block, or of the message, malformed', () => {
    const codec = anthropicMessages.openStream(request);
    codec.decode(blockStart(0, { type: 'text', text: '' }));
    codec.decode(blockStop(0));
    expect(codeOf(() => codec.decode(textDelta(0, 'more')))).toBe('upstream_malformed');
    for (const event of messageEnd('end_turn')) codec.decode(event);
    expect(codeOf(() => codec.decode(textDelta(1, 'more')))).toBe('upstream_malformed');
  });

  it('passes an error on, its text to be judged', () => {
    for (const json of [
      { type: 'error', error: { type: 'overloaded_error', message: 'Too much to do.' }, request_id: 'r1' },
      { error: { code: 500, message: 'Too much to do.' } },
    ]) {
      const frame = decodeOne(json);
      expect(frame.isError).toBe(true);
      expect(textsById([frame])).toEqual({ '0/other/error.message': 'Too much to do.' });
      expect(anthropicMessages.eventName?.(frame.json)).toBe('error');
      expect(anthropicMessages.decodeReply(json).isError).toBe(true);
    }
  });

  it('judges events, deltas and ends that nobody knows', () => {
    const frames = [
      { type: 'aside', words: 'said aside' },
      blockDelta(0, { type: 'song_delta', song: 'la la la' }),
      { type: 'message_delta', delta: { stop_reason: null, stop_sequence: 'so it ends' }, usage: {} },
      {
        type: 'message_delta',
        delta: { stop_details: { type: 'refusal', explanation: 'I would rather not.' } },
      },
    ].map(decodeOne);
    expect(textsById(frames)).toEqual({
      '0/other/words': 'said aside',
      '0/other/delta.song': 'la la la',
      '0/other/delta.stop_sequence': 'so it ends',
      '0/other/delta.stop_details.explanation': 'I would rather not.',
    });
    expect(frames.flatMap(({ finished }) => finished)).toEqual([]);
  });

  it('lists redacted thinking and encrypted quotations as unjudged', () => {
    const start = decodeOne(blockStart(0, { type: 'redacted_thinking', data: 'EmwKAhgBEgy3' }));
    expect(start.unjudged).toEqual([{ kind: 'tokens', path: 'content_block' }]);
    expect(start.texts).toEqual([]);
    const quoted = decodeOne(
      blockDelta(0, { type: 'citations_delta', citation: { encrypted_index: 'Eo8BCioIAhgB' } }),
    );
    expect(quoted.unjudged).toEqual([{ kind: 'tokens', path: 'delta.citation.encrypted_index' }]);
  });

  it('replaces text in its place, and input that came as an object by an object', () => {
    const frame = anthropicMessages.decodeReply({
      content: [
        { type: 'text', text: 'secret' },
        { type: 'tool_use', name: 'f', input: { path: 'secret' } },
      ],
    });
    for (const piece of frame.texts) if (piece.text.includes('secret')) piece.set('***');
    expect(frame.json).toEqual({
      content: [
        { type: 'text', text: '***' },
        { type: 'tool_use', name: 'f', input: { redacted: '***' } },
      ],
    });
  });

  it('takes the model’s name back without judging it', () => {
    expect(decodeOne(messageStart({ model: 'My Own Model' })).texts).toEqual([]);
    expect(textsById([decodeOne(messageStart({ model: 'Another model' }))])).toEqual({
      '0/other/message.model': 'Another model',
    });
  });

  it('is complete with its last event, not before', () => {
    const codec = anthropicMessages.openStream(request);
    const [end, stop] = messageEnd('end_turn');
    for (const event of [messageStart(), blockStart(0, { type: 'text', text: 'a' }), blockStop(0)])
      codec.decode(event);
    expect(end && codec.decode(end).finished).toEqual([0]);
    expect(codec.complete).toBe(false);
    if (stop !== undefined) codec.decode(stop);
    expect(codec.complete).toBe(true);
  });
});
