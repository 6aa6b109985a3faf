/** What Portcullis writes for Ollama's formats, read by the ollama package as a client. */
import { Ollama } from 'ollama';
import { describe, expect, it } from 'vitest';
import { GuardError } from '../../../src/core/errors.js';
import type { JsonObject } from '../../../src/core/json.js';
import type { StreamCodec, WireFormat } from '../../../src/core/wire-format.js';
import {
  createOllamaChat,
  createOllamaGenerate,
  encodeMessage,
  streamContentType,
} from '../../../src/protocols/index.js';
import { FACTS, FACTS_ON_THE_WIRE, FIXED_CLOCK } from '../../support/wire/facts.js';
import { withReplayServer, type PreparedResponse } from '../../support/wire/replay-server.js';

interface Reading {
  readonly text: string;
  readonly doneReason: string;
}

interface Client {
  readonly format: WireFormat;
  readonly request: JsonObject;
  readonly upstreamLine: (text: string) => JsonObject;
  readonly whole: (ollama: Ollama) => Promise<Reading>;
  readonly streamed: (ollama: Ollama) => Promise<Reading>;
}

const MESSAGES = [{ role: 'user', content: 'Hi' }];
const HEAD: JsonObject = { model: 'llama3.2', created_at: '2025-01-01T00:00:00Z' };

const CLIENTS: readonly Client[] = [
  {
    format: createOllamaChat({ clock: FIXED_CLOCK }),
    request: { model: 'm', messages: [{ role: 'user', content: 'Hi' }] },
    upstreamLine: (text) => ({ ...HEAD, message: { role: 'assistant', content: text }, done: false }),
    whole: async (ollama) => {
      const reply = await ollama.chat({ model: 'm', messages: MESSAGES });
      return { text: reply.message.content, doneReason: reply.done_reason };
    },
    streamed: async (ollama) => {
      let reading: Reading = { text: '', doneReason: '' };
      for await (const part of await ollama.chat({ model: 'm', messages: MESSAGES, stream: true })) {
        reading = { text: reading.text + part.message.content, doneReason: part.done_reason };
      }
      return reading;
    },
  },
  {
    format: createOllamaGenerate({ clock: FIXED_CLOCK }),
    request: { model: 'm', prompt: 'Hi' },
    upstreamLine: (text) => ({ ...HEAD, response: text, done: false }),
    whole: async (ollama) => {
      const reply = await ollama.generate({ model: 'm', prompt: 'Hi' });
      return { text: reply.response ?? '', doneReason: reply.done_reason };
    },
    streamed: async (ollama) => {
      let reading: Reading = { text: '', doneReason: '' };
      for await (const part of await ollama.generate({ model: 'm', prompt: 'Hi', stream: true })) {
        reading = { text: reading.text + (part.response ?? ''), doneReason: part.done_reason };
      }
      return reading;
    },
  },
];

const withClient = <Result>(
  response: PreparedResponse,
  use: (ollama: Ollama) => Promise<Result>,
): Promise<Result> => withReplayServer(response, (url) => use(new Ollama({ host: url })));

const asStream = (messages: readonly JsonObject[]): PreparedResponse => ({
  contentType: streamContentType('ndjson'),
  body: messages.map((message) => encodeMessage('ndjson', message)).join(''),
});

const asBody = (json: JsonObject, status = 200): PreparedResponse => ({
  status,
  contentType: 'application/json',
  body: JSON.stringify(json),
});

describe.each(CLIENTS)('$format.id', ({ format, request, upstreamLine, whole, streamed }) => {
  const decoded = format.decodeRequest(structuredClone(request));
  const open = (): StreamCodec => format.openStream(decoded);

  it('refuses with a reply that ended by the content filter', async () => {
    const json = format.refusal(decoded, 'I cannot help.', FACTS);
    expect(await withClient(asBody(json), whole)).toEqual({
      text: 'I cannot help.',
      doneReason: 'content_filter',
    });
    expect(json).toMatchObject({
      model: 'm',
      created_at: '2025-01-02T03:04:05.678Z',
      done: true,
      eval_count: 0,
      portcullis: FACTS_ON_THE_WIRE,
    });
    expect(format.decodeReply(json).finished).toEqual([0]);
  });

  it('writes a whole stream alone', async () => {
    const codec = open();
    const messages = [...codec.notice(0, 'I cannot '), ...codec.notice(0, 'help.'), ...codec.finish(FACTS)];
    expect(await withClient(asStream(messages), streamed)).toEqual({
      text: 'I cannot help.',
      doneReason: 'content_filter',
    });
    expect(messages.at(-1)?.portcullis).toEqual(FACTS_ON_THE_WIRE);
    expect(codec.finish(FACTS)).toEqual([]);
  });

  it('ends a stream that the upstream began', async () => {
    const codec = open();
    const first = codec.decode(upstreamLine('First, '));
    codec.released(first);
    const messages = [first.json, ...codec.notice(0, '[stopped]'), ...codec.finish(FACTS)];
    expect(await withClient(asStream(messages), streamed)).toEqual({
      text: 'First, [stopped]',
      doneReason: 'content_filter',
    });
    expect(messages.every((message) => message.model === 'llama3.2')).toBe(true);
    expect(codec.complete).toBe(false);
  });

  it('ends a stream whose own end was decoded but never released', () => {
    const codec = open();
    const last = codec.decode({ ...upstreamLine(''), done: true });
    expect(codec.complete).toBe(true);
    expect(codec.finish(FACTS)).toHaveLength(1);
    const other = open();
    other.released(last);
    expect(other.finish(FACTS)).toEqual([]);
  });

  it('raises errors inside a stream', async () => {
    const error = new GuardError('upstream_interrupted', 'The upstream closed the stream.');
    const response = asStream([upstreamLine('a'), open().error(error, 'req-1')]);
    await expect(withClient(response, streamed)).rejects.toThrow('The upstream closed the stream.');
  });

  it('raises errors that are bodies', async () => {
    const error = new GuardError('content_policy_violation', 'This request was blocked.');
    await expect(withClient(asBody(format.error(error, 'req-1'), 403), whole)).rejects.toMatchObject({
      message: 'This request was blocked.',
      status_code: 403,
    });
  });

  it('annotates a reply beside its own fields', () => {
    const reply = upstreamLine('Hello.');
    format.annotate(reply, FACTS);
    expect(reply).toEqual({ ...upstreamLine('Hello.'), portcullis: FACTS_ON_THE_WIRE });
  });
});
