/** What Portcullis writes for Anthropic's messages, read by Anthropic's own package as a client. */
import Anthropic, { APIError } from '@anthropic-ai/sdk';
import { describe, expect, it } from 'vitest';
import { GuardError, type ErrorCode } from '../../../src/core/errors.js';
import type { JsonObject } from '../../../src/core/json.js';
import type { StreamCodec } from '../../../src/core/wire-format.js';
import { createAnthropicMessages, encodeMessage, streamContentType } from '../../../src/protocols/index.js';
import { FACTS, FACTS_ON_THE_WIRE, FIXED_CLOCK } from '../../support/wire/facts.js';
import { withReplayServer, type PreparedResponse } from '../../support/wire/replay-server.js';
import { blockDelta, blockStart, blockStop, messageEnd, messageStart, textDelta } from './exchanges.js';

const format = createAnthropicMessages({ clock: FIXED_CLOCK });
const ASKED = { model: 'm', max_tokens: 9, messages: [{ role: 'user' as const, content: 'Hi' }] };
const BODY: JsonObject = {
  model: 'llama',
  max_tokens: 9,
  stream: true,
  messages: [{ role: 'user', content: 'Hi' }],
};

const open = (): StreamCodec => format.openStream(format.decodeRequest(structuredClone(BODY)));

function asStream(messages: readonly JsonObject[], before = ''): PreparedResponse {
  const body = messages.map((message) => encodeMessage('sse', message, format.eventName?.(message)));
  return { contentType: streamContentType('sse'), body: before + body.join('') };
}

const withClient = <Result>(
  response: PreparedResponse,
  use: (client: Anthropic) => Promise<Result>,
): Promise<Result> =>
  withReplayServer(response, (url) => use(new Anthropic({ apiKey: 'none', baseURL: url, maxRetries: 0 })));

/** The message that the client's helper puts together from the stream. */
const collect = (response: PreparedResponse): Promise<Anthropic.Message> =>
  withClient(response, (client) => client.messages.stream(ASKED).finalMessage());

async function raised(run: () => Promise<unknown>): Promise<APIError> {
  const error = await run().catch((thrown: unknown) => thrown);
  if (error instanceof APIError) return error;
  throw new Error(`Expected an APIError, got ${String(error)}`);
}

/** The codec after it decoded and released these events. */
function after(...events: JsonObject[]): StreamCodec {
  const codec = open();
  for (const event of events) codec.released(codec.decode(event));
  return codec;
}

const REFUSAL_DETAILS = { type: 'refusal', category: null, explanation: null };

describe('a refusal', () => {
  const request = format.decodeRequest(structuredClone(BODY));

  it('is a normal reply that ended by a refusal', async () => {
    const json = format.refusal(request, 'I cannot help.', FACTS);
    const reply = await withClient(
      { contentType: 'application/json', body: JSON.stringify(json) },
      (client) => client.messages.create(ASKED),
    );
    expect(reply.content).toEqual([{ type: 'text', text: 'I cannot help.' }]);
    expect(reply.stop_reason).toBe('refusal');
    expect(reply.stop_details).toEqual(REFUSAL_DETAILS);
    expect(json).toMatchObject({
      id: 'msg_portcullis_fixed',
      type: 'message',
      role: 'assistant',
      model: 'llama',
      portcullis: FACTS_ON_THE_WIRE,
    });
  });

  it('reads back as a reply of the format', () => {
    const frame = format.decodeReply(format.refusal(request, 'No.', FACTS));
    expect(frame.finished).toEqual([0]);
    expect(frame.texts.map((piece) => piece.text)).toContain('No.');
  });
});

describe('a stream that Portcullis writes alone', () => {
  it('gives clients a message with the text and the stop reason', async () => {
    const codec = open();
    const messages = [...codec.notice(0, 'I cannot help.'), ...codec.finish(FACTS)];
    const reply = await collect(asStream(messages));
    expect(reply.content).toEqual([{ type: 'text', text: 'I cannot help.' }]);
    expect(reply).toMatchObject({
      id: 'msg_portcullis_fixed',
      role: 'assistant',
      model: 'llama',
      stop_reason: 'refusal',
      stop_details: REFUSAL_DETAILS,
    });
    expect(messages.at(-1)).toEqual({ type: 'message_stop', portcullis: FACTS_ON_THE_WIRE });
    expect(messages.slice(0, -1).some((message) => 'portcullis' in message)).toBe(false);
  });

  it('reads back as a stream of the format', () => {
    const codec = open();
    const reader = open();
    const frames = [...codec.notice(0, 'No.'), ...codec.finish(FACTS)].map((one) => reader.decode(one));
    expect(reader.complete).toBe(true);
    expect(frames.flatMap(({ texts }) => texts.map(({ text }) => text))).toContain('No.');
  });

  it('may be preceded by pings', async () => {
    const codec = open();
    const messages = [...codec.notice(0, 'No.'), ...codec.finish(FACTS)];
    const reply = await collect(asStream(messages, `${format.ping ?? ''}${format.ping ?? ''}`));
    expect(reply.content).toEqual([{ type: 'text', text: 'No.' }]);
  });
});

describe('a stream that Portcullis ends', () => {
  const begun = [messageStart(), blockStart(0, { type: 'text', text: '' }), textDelta(0, 'First, ')];

  it('goes on under the id of the upstream, behind the block that was open', async () => {
    const codec = after(...begun);
    const messages = [...begun, ...codec.notice(0, '[stopped]'), ...codec.finish(FACTS)];
    const reply = await collect(asStream(messages));
    expect(reply.content).toEqual([
      { type: 'text', text: 'First, ' },
      { type: 'text', text: '[stopped]' },
    ]);
    expect(reply).toMatchObject({ id: 'msg_01', model: 'llama-3.1', stop_reason: 'refusal' });
    expect(messages.filter(({ type }) => type === 'message_start')).toHaveLength(1);
    expect(messages.filter(({ type }) => type === 'content_block_stop').map(({ index }) => index)).toEqual([
      0, 1,
    ]);
  });

  it('closes a tool call of which the client has seen a part', () => {
    const events = [
      ...begun,
      blockStop(0),
      blockStart(1, { type: 'tool_use', id: 't1', name: 'f', input: {} }),
      blockDelta(1, { type: 'input_json_delta', partial_json: '{"a":' }),
    ];
    const messages = after(...events).notice(0, '[stopped]');
    expect(messages.map(({ type, index }) => [type, index])).toEqual([
      ['content_block_stop', 1],
      ['content_block_start', 2],
      ['content_block_delta', 2],
      ['content_block_stop', 2],
    ]);
  });

  it('tells nothing of blocks that were decoded but never released', async () => {
    const codec = open();
    codec.decode(messageStart());
    codec.decode(blockStart(0, { type: 'thinking', thinking: 'bad', signature: '' }));
    const messages = [...codec.notice(0, 'No.'), ...codec.finish(FACTS)];
    const reply = await collect(asStream(messages));
    expect(reply.content).toEqual([{ type: 'text', text: 'No.' }]);
    expect(reply.id).toBe('msg_01');
  });

  it('ends a message whose own end was decoded but never released, and no other', () => {
    const codec = after(...begun, blockStop(0));
    const ends = messageEnd('end_turn').map((event) => codec.decode(event));
    for (const frame of ends) codec.released(frame);
    expect(codec.finish(FACTS)).toEqual([]);

    const withheld = after(...begun, blockStop(0));
    for (const event of messageEnd('end_turn')) withheld.decode(event);
    expect(withheld.finish(FACTS).map(({ type }) => type)).toEqual(['message_delta', 'message_stop']);
    expect(withheld.finish(FACTS)).toEqual([]);
  });

  it('does not repeat an id of the upstream that reads like text', () => {
    const codec = open();
    codec.decode(messageStart({ id: 'words to be judged', model: 'more words' }));
    expect(JSON.stringify([codec.notice(0, 'No.'), codec.finish(FACTS)])).not.toContain('words');
  });
});

describe('errors', () => {
  it('inside a stream are raised by the client', async () => {
    const codec = open();
    const error = new GuardError('upstream_interrupted', 'The upstream closed the stream.');
    const response = asStream([messageStart(), codec.error(error, 'req-1')]);
    const thrown = await raised(() => collect(response));
    expect(thrown).toMatchObject({
      type: 'api_error',
      apiMessage: 'The upstream closed the stream.',
      errorCode: 'upstream_interrupted',
    });
  });

  it.each<[ErrorCode, string, number]>([
    ['invalid_request', 'invalid_request_error', 400],
    ['body_too_large', 'request_too_large', 413],
    ['endpoint_not_allowed', 'not_found_error', 404],
    ['content_policy_violation', 'permission_error', 403],
    ['unjudgeable_content', 'invalid_request_error', 400],
    ['guard_unavailable', 'overloaded_error', 503],
    ['upstream_timeout', 'timeout_error', 504],
    ['internal', 'api_error', 500],
  ])('as a body: %s is raised as %s', async (code, type, status) => {
    const error = new GuardError(code, 'What went wrong.');
    expect(error.status).toBe(status);
    const json = format.error(error, 'req-1');
    const thrown = await raised(() =>
      withClient({ status, contentType: 'application/json', body: JSON.stringify(json) }, (client) =>
        client.messages.create(ASKED),
      ),
    );
    expect(thrown).toMatchObject({ status, type, errorCode: code, apiMessage: 'What went wrong.' });
    expect(json.request_id).toBe('req-1');
  });
});

it('annotates a reply beside its own fields', () => {
  const [, stop] = messageEnd('end_turn');
  const reply: JsonObject = { ...stop };
  format.annotate(reply, FACTS);
  expect(reply).toEqual({ type: 'message_stop', portcullis: FACTS_ON_THE_WIRE });
});

it('names its events after their types, which a client has to trust', () => {
  expect(encodeMessage('sse', { type: 'message_stop' }, format.eventName?.({ type: 'message_stop' }))).toBe(
    'event: message_stop\ndata: {"type":"message_stop"}\n\n',
  );
  const odd = { type: 'words that somebody wrote' };
  expect(encodeMessage('sse', odd, format.eventName?.(odd))).not.toContain('event:');
});
