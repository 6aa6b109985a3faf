/** What Portcullis writes for chat completions, read by the openai package as a client. */
import OpenAI, { APIError } from 'openai';
import { describe, expect, it } from 'vitest';
import { GuardError } from '../../../src/core/errors.js';
import type { JsonObject } from '../../../src/core/json.js';
import type { StreamCodec } from '../../../src/core/wire-format.js';
import {
  createOpenAiChat,
  encodeMessage,
  encodeTerminator,
  streamContentType,
} from '../../../src/protocols/index.js';
import { FACTS, FACTS_ON_THE_WIRE, FIXED_CLOCK } from '../../support/wire/facts.js';
import { withReplayServer, type PreparedResponse } from '../../support/wire/replay-server.js';

const format = createOpenAiChat({ clock: FIXED_CLOCK });
const MESSAGES = [{ role: 'user' as const, content: 'Hi' }];
const BODY: JsonObject = { model: 'llama', messages: [{ role: 'user', content: 'Hi' }], stream: true };

const open = (more: JsonObject = {}): StreamCodec =>
  format.openStream(format.decodeRequest({ ...structuredClone(BODY), ...more }));

function asStream(messages: readonly JsonObject[]): PreparedResponse {
  const body = messages.map((message) => encodeMessage('sse', message)).join('');
  return { contentType: streamContentType('sse'), body: body + encodeTerminator('sse', format.terminator) };
}

function withClient<Result>(
  response: PreparedResponse,
  use: (client: OpenAI) => Promise<Result>,
): Promise<Result> {
  return withReplayServer(response, (url) =>
    use(new OpenAI({ apiKey: 'none', baseURL: `${url}/v1`, maxRetries: 0 })),
  );
}

/** Text and finish reason of each choice, as a client's loop over the chunks collects them. */
async function collect(
  response: PreparedResponse,
): Promise<Record<number, { text: string; finish: string | null }>> {
  return withClient(response, async (client) => {
    const choices: Record<number, { text: string; finish: string | null }> = {};
    for await (const chunk of await client.chat.completions.create({
      model: 'm',
      messages: MESSAGES,
      stream: true,
    })) {
      for (const { index, delta, finish_reason: finish } of chunk.choices) {
        const choice = (choices[index] ??= { text: '', finish: null });
        choice.text += delta.content ?? '';
        choice.finish = finish ?? choice.finish;
      }
    }
    return choices;
  });
}

async function raised(run: () => Promise<unknown>): Promise<APIError> {
  const error = await run().catch((thrown: unknown) => thrown);
  if (error instanceof APIError) return error;
  throw new Error(`Expected an APIError, got ${String(error)}`);
}

const upstreamChunk = (delta: JsonObject, finish: string | null = null): JsonObject => ({
  id: 'chatcmpl-up',
  object: 'chat.completion.chunk',
  created: 1_700_000_000,
  model: 'llama-3.1',
  choices: [{ index: 0, delta, finish_reason: finish }],
});

describe('a refusal', () => {
  it('is a normal reply that ended by the content filter, for each choice', async () => {
    const request = format.decodeRequest({ ...structuredClone(BODY), n: 2 });
    const json = format.refusal(request, 'I cannot help.', FACTS);
    const reply = await withClient(
      { contentType: 'application/json', body: JSON.stringify(json) },
      (client) => client.chat.completions.create({ model: 'm', messages: MESSAGES }),
    );
    expect(
      reply.choices.map((choice) => [choice.index, choice.message.content, choice.finish_reason]),
    ).toEqual([
      [0, 'I cannot help.', 'content_filter'],
      [1, 'I cannot help.', 'content_filter'],
    ]);
    expect(json).toMatchObject({
      id: 'chatcmpl-portcullis-fixed',
      object: 'chat.completion',
      created: 1_735_787_045,
      model: 'llama',
      portcullis: FACTS_ON_THE_WIRE,
    });
  });

  it('reads back as a reply of the format', () => {
    const request = format.decodeRequest(structuredClone(BODY));
    const frame = format.decodeReply(format.refusal(request, 'No.', FACTS));
    expect(frame.finished).toEqual([0]);
    expect(frame.texts.map((piece) => piece.text)).toContain('No.');
  });
});

describe('a stream that Portcullis writes alone', () => {
  it('gives clients the text and the finish reason', async () => {
    const codec = open();
    const messages = [...codec.notice(0, 'I cannot '), ...codec.notice(0, 'help.'), ...codec.finish(FACTS)];
    expect(await collect(asStream(messages))).toEqual({
      0: { text: 'I cannot help.', finish: 'content_filter' },
    });
    expect(messages.map((message) => message.id)).toEqual(Array(3).fill('chatcmpl-portcullis-fixed'));
    expect(messages.at(-1)?.portcullis).toEqual(FACTS_ON_THE_WIRE);
    expect(messages.slice(0, -1).some((message) => 'portcullis' in message)).toBe(false);
  });

  it('satisfies the helper that collects a whole completion', async () => {
    const codec = open({ n: 2 });
    const response = asStream([...codec.notice(0, 'No.'), ...codec.finish(FACTS)]);
    const completion = await withClient(response, (client) =>
      client.chat.completions.stream({ model: 'm', messages: MESSAGES, n: 2 }).finalChatCompletion(),
    );
    expect(completion.choices.map((choice) => [choice.message.role, choice.message.content])).toEqual([
      ['assistant', 'No.'],
      ['assistant', null],
    ]);
    expect(completion.choices.every((choice) => choice.finish_reason === 'content_filter')).toBe(true);
  });
});

describe('a stream that Portcullis ends', () => {
  it('goes on under the id of the upstream, and gives a role once when told what was released', async () => {
    const codec = open();
    const first = codec.decode(upstreamChunk({ role: 'assistant', content: 'First, ' }));
    codec.released(first);
    const messages = [first.json, ...codec.notice(0, '[stopped]'), ...codec.finish(FACTS)];
    expect(await collect(asStream(messages))).toEqual({
      0: { text: 'First, [stopped]', finish: 'content_filter' },
    });
    expect(messages.map((message) => message.id)).toEqual(Array(3).fill('chatcmpl-up'));
    expect(JSON.stringify(messages).match(/"role"/g)).toHaveLength(1);
  });

  it('ends a choice whose own end was decoded but never released', () => {
    const codec = open();
    codec.decode(upstreamChunk({ role: 'assistant', content: 'bad' }, 'stop'));
    expect(codec.finish(FACTS)).toHaveLength(1);
  });

  it('leaves a choice alone whose own end was released', () => {
    const codec = open({ n: 2 });
    codec.released(codec.decode(upstreamChunk({ role: 'assistant', content: 'fine' }, 'stop')));
    expect(codec.finish(FACTS)).toMatchObject([{ choices: [{ index: 1, finish_reason: 'content_filter' }] }]);
  });

  it('ends once', () => {
    const codec = open();
    expect(codec.finish(FACTS)).toHaveLength(1);
    expect(codec.finish(FACTS)).toEqual([]);
  });

  it('does not repeat an id of the upstream that reads like text', () => {
    const codec = open();
    codec.decode({ ...upstreamChunk({ content: 'x' }), id: 'words to be judged', model: 'more words' });
    expect(JSON.stringify([codec.notice(0, 'No.'), codec.finish(FACTS)])).not.toContain('words');
  });
});

describe('errors', () => {
  it('inside a stream are raised by the client', async () => {
    const codec = open();
    const error = new GuardError('upstream_interrupted', 'The upstream closed the stream.');
    const response = asStream([
      upstreamChunk({ role: 'assistant', content: 'a' }),
      codec.error(error, 'req-1'),
    ]);
    const thrown = await raised(() => collect(response));
    expect(thrown.message).toContain('The upstream closed the stream.');
    expect(thrown.code).toBe('upstream_interrupted');
    expect(thrown.type).toBe('server_error');
  });

  it.each([
    ['invalid_request', 'invalid_request_error', 400],
    ['endpoint_not_allowed', 'invalid_request_error', 404],
    ['content_policy_violation', 'content_policy_violation', 403],
    ['guard_unavailable', 'server_error', 503],
  ] as const)('as a body: %s is raised as %s', async (code, type, status) => {
    const error = new GuardError(code, 'What went wrong.');
    const body = JSON.stringify(format.error(error, 'req-1'));
    const thrown = await raised(() =>
      withClient({ status, contentType: 'application/json', body }, (client) =>
        client.chat.completions.create({ model: 'm', messages: MESSAGES }),
      ),
    );
    expect(thrown).toMatchObject({ status, code, type, param: null });
    expect(thrown.message).toContain('What went wrong.');
  });
});

it('annotates a reply beside its own fields', () => {
  const reply: JsonObject = { id: 'x', choices: [] };
  format.annotate(reply, FACTS);
  expect(reply).toEqual({ id: 'x', choices: [], portcullis: FACTS_ON_THE_WIRE });
});
