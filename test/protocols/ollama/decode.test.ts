import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/json.js';
import { encodeMessage, ollamaChat, ollamaGenerate } from '../../../src/protocols/index.js';
import { codeOf, copy, framesOf, guardErrorOf, segmentLines, textsById } from '../../support/wire/read.js';
import { OLLAMA_EXCHANGES } from './exchanges.js';

const FORMATS = { 'ollama-chat': ollamaChat, 'ollama-generate': ollamaGenerate };

describe.each(OLLAMA_EXCHANGES)('exchange: $name', (exchange) => {
  const { request, reply, removed = [] } = exchange;
  const format = FORMATS[exchange.format];

  it('decodes the request, and sends on what came', () => {
    const decoded = format.decodeRequest(copy(request));
    expect(segmentLines(decoded.conversation)).toEqual(exchange.segments);
    expect(decoded.conversation.unjudged).toEqual([]);
    expect(decoded.stream).toBe(exchange.stream);
    expect(decoded.structured).toBe(exchange.structured ?? false);
    expect(decoded.body).toEqual(request);
  });

  it('finds the texts of the reply and keeps all other fields', () => {
    const codec = format.openStream(format.decodeRequest(copy(request)));
    const isStream = Array.isArray(reply);
    const lines = (isStream ? reply : [reply]) as JsonObject[];
    const frames = isStream
      ? framesOf(codec, 'ndjson', lines.map((line) => encodeMessage('ndjson', line)).join(''))
      : lines.map((line) => format.decodeReply(copy(line)));
    expect(textsById(frames)).toEqual(exchange.texts);
    expect(codec.complete).toBe(isStream);
    expect(frames.at(-1)?.finished).toEqual([0]);
    const kept = lines.map((line) =>
      Object.fromEntries(Object.entries(line).filter(([key]) => !removed.includes(key))),
    );
    expect(frames.map((frame) => frame.json)).toEqual(kept);
  });
});

describe('requests', () => {
  const message: JsonObject = { role: 'user', content: 'x' };

  it.each<[string, JsonObject, string]>([
    [
      'a role in other case',
      { messages: [{ role: 'USER', content: 'x' }] },
      'messages[0].role must be one of',
    ],
    ['a role of templates', { messages: [{ role: 'control', content: 'thinking' }] }, 'got "control"'],
    [
      'content in parts',
      { messages: [{ role: 'user', content: [{ type: 'text', text: 'x' }] }] },
      'a string',
    ],
    ['stream as text', { messages: [message], stream: 'false' }, 'stream must be true or false'],
    ['messages as text', { messages: 'x' }, 'messages must be an array'],
    [
      'a field in other case',
      { messages: [message], STREAM: false },
      'STREAM is not a field; write "stream"',
    ],
    ['images in other case', { messages: [{ ...message, Images: [] }] }, 'write "images"'],
    ['an unknown format', { messages: [message], format: 'xml' }, 'format must be "json" or a JSON schema'],
    ['options as text', { messages: [message], options: 'x' }, 'options must be an object'],
    ['images as text', { messages: [{ ...message, images: 'AAAA' }] }, 'messages[0].images must be an array'],
    [
      'a call without function',
      { messages: [{ role: 'assistant', tool_calls: [{}] }] },
      'tool_calls[0].function',
    ],
  ])('refuses %s', (_name, body, text) => {
    const error = guardErrorOf(() => ollamaChat.decodeRequest(body));
    expect(error.code).toBe('invalid_request');
    expect(error.message).toContain(text);
  });

  it.each<[string, JsonObject, string]>([
    ['a prompt that is no text', { prompt: {} }, 'prompt must be a string, got an object'],
    ['a prompt in other case', { prompt: 'x', Prompt: 'y' }, 'write "prompt"'],
    ['the context in other case', { prompt: 'x', Context: [1] }, 'write "context"'],
  ])('of generate: refuses %s', (_name, body, text) => {
    expect(guardErrorOf(() => ollamaGenerate.decodeRequest(body)).message).toContain(text);
  });

  it('lists images and token ids', () => {
    const chat = ollamaChat.decodeRequest({ messages: [{ ...message, images: ['AAAA', 'BBBB'] }] });
    expect(chat.conversation.unjudged).toEqual([
      { kind: 'image', path: 'messages[0].images[0]' },
      { kind: 'image', path: 'messages[0].images[1]' },
    ]);
    const generate = ollamaGenerate.decodeRequest({ prompt: [7, 8], context: [1, 2], images: ['AAAA'] });
    expect(generate.conversation.unjudged).toEqual([
      { kind: 'image', path: 'images[0]' },
      { kind: 'tokens', path: 'prompt' },
      { kind: 'tokens', path: 'context' },
    ]);
    expect(ollamaGenerate.decodeRequest({ prompt: 'x', context: [] }).conversation.unjudged).toEqual([]);
  });

  it('streams when stream is absent or null', () => {
    expect(ollamaChat.decodeRequest({ messages: [message], stream: null }).stream).toBe(true);
    expect(ollamaGenerate.decodeRequest({ stream: false }).stream).toBe(false);
  });
});

describe('replies', () => {
  const codec = () => ollamaChat.openStream(ollamaChat.decodeRequest({ messages: [] }));

  it.each<[string, JsonObject]>([
    ['a line of another format', { choices: [] }],
    ['done that is no boolean', { message: { content: '' }, done: 'true' }],
  ])('calls %s malformed', (_name, json) => {
    expect(codeOf(() => codec().decode(json))).toBe('upstream_malformed');
  });

  it('calls lines after the last one malformed', () => {
    const stream = codec();
    stream.decode({ message: { content: '' }, done: true });
    expect(codeOf(() => stream.decode({ message: { content: 'more' }, done: false }))).toBe(
      'upstream_malformed',
    );
  });

  it('refuses images', () => {
    expect(codeOf(() => codec().decode({ message: { images: ['AAAA'] }, done: false }))).toBe(
      'unjudgeable_content',
    );
    expect(codeOf(() => ollamaGenerate.decodeReply({ response: '', image: 'AAAA', done: true }))).toBe(
      'unjudgeable_content',
    );
  });

  it('passes an error on, its text to be judged', () => {
    const frame = codec().decode({ error: 'model requires more memory' });
    expect(frame.isError).toBe(true);
    expect(textsById([frame])).toEqual({ '0/other/error': 'model requires more memory' });
  });

  it('replaces text, and with it the log probabilities that spell it', () => {
    const frame = codec().decode({
      message: { role: 'assistant', content: 'secret' },
      logprobs: [{ token: 'secret', logprob: -1 }],
      done: false,
    });
    frame.texts[0]?.set('');
    expect(frame.json).toEqual({ message: { role: 'assistant', content: '' }, done: false });
  });
});
