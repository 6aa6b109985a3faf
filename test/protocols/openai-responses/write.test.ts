/** What Portcullis writes for the responses API, read by the openai package as a client. */
import OpenAI, { APIError } from 'openai';
import type { Response, ResponseStreamEvent } from 'openai/resources/responses/responses';
import { describe, expect, it } from 'vitest';
import { GuardError } from '../../../src/core/errors.js';
import type { JsonObject } from '../../../src/core/json.js';
import type { StreamCodec } from '../../../src/core/wire-format.js';
import { createOpenAiResponses, encodeMessage, streamContentType } from '../../../src/protocols/index.js';
import { FACTS, FACTS_ON_THE_WIRE, FIXED_CLOCK } from '../../support/wire/facts.js';
import { copy } from '../../support/wire/read.js';
import { withReplayServer, type PreparedResponse } from '../../support/wire/replay-server.js';
import {
  begun,
  callEvents,
  completed,
  message,
  messageEvents,
  numbered,
  outputText,
  reasoningEvents,
} from './exchanges.js';
import { expectWellFormed } from './well-formed.js';

const format = createOpenAiResponses({ clock: FIXED_CLOCK });
const BODY: JsonObject = { model: 'llama', input: 'Hi', stream: true };

const open = (more: JsonObject = {}): StreamCodec =>
  format.openStream(format.decodeRequest({ ...structuredClone(BODY), ...more }));

function asStream(messages: readonly JsonObject[]): PreparedResponse {
  const body = messages.map((one) => encodeMessage('sse', one, format.eventName?.(one))).join('');
  return { contentType: streamContentType('sse'), body };
}

function withClient<Result>(
  prepared: PreparedResponse,
  use: (client: OpenAI) => Promise<Result>,
): Promise<Result> {
  return withReplayServer(prepared, (url) =>
    use(new OpenAI({ apiKey: 'none', baseURL: `${url}/v1`, maxRetries: 0 })),
  );
}

/** The events as a client's loop gets them, and the response that the SDK's helper puts together. */
async function read(
  messages: readonly JsonObject[],
): Promise<{ final: Response; events: ResponseStreamEvent[] }> {
  const prepared = asStream(messages);
  return withClient(prepared, async (client) => {
    const events: ResponseStreamEvent[] = [];
    for await (const event of await client.responses.create({ model: 'm', input: 'Hi', stream: true }))
      events.push(event);
    const final = await client.responses.stream({ model: 'm', input: 'Hi' }).finalResponse();
    return { final, events };
  });
}

async function raised(run: () => Promise<unknown>): Promise<APIError> {
  const error = await run().catch((thrown: unknown) => thrown);
  if (error instanceof APIError) return error;
  throw new Error(`Expected an APIError, got ${String(error)}`);
}

/** The first `count` of the events go to the client, the rest is decoded only. */
function relay(codec: StreamCodec, events: readonly JsonObject[], count: number): JsonObject[] {
  return events.flatMap((event, index) => {
    const frame = codec.decode(copy(event));
    if (index >= count) return [];
    codec.released(frame);
    return [frame.json];
  });
}

describe('a refusal', () => {
  it('is a response that the content filter ended, with a message that says why', async () => {
    const json = format.refusal(format.decodeRequest(structuredClone(BODY)), 'I cannot help.', FACTS);
    const reply = await withClient(
      { contentType: 'application/json', body: JSON.stringify(json) },
      (client) => client.responses.create({ model: 'm', input: 'Hi' }),
    );
    expect(reply.output_text).toBe('I cannot help.');
    expect(reply).toMatchObject({
      id: 'resp_portcullis_fixed',
      status: 'incomplete',
      incomplete_details: { reason: 'content_filter' },
      created_at: 1_735_787_045,
      model: 'llama',
      portcullis: FACTS_ON_THE_WIRE,
    });
  });

  it('reads back as a reply of the format', () => {
    const request = format.decodeRequest(structuredClone(BODY));
    const frame = format.decodeReply(format.refusal(request, 'No.', FACTS));
    expect(frame.finished).toEqual([0]);
    expect(frame.texts.map(({ id, text }) => [id, text])).toContainEqual(['0/0/0/text', 'No.']);
  });

  it('can be sent back as a turn', () => {
    const reply = format.refusal(format.decodeRequest(structuredClone(BODY)), 'No.', FACTS);
    const { conversation } = format.decodeRequest({ input: reply.output ?? [] });
    expect(
      conversation.turns.map(({ wireRole, segments }) => [wireRole, segments.map(({ text }) => text)]),
    ).toEqual([['assistant', ['No.']]]);
  });
});

describe('a stream that Portcullis writes alone', () => {
  it('gives clients the text and the reason', async () => {
    const codec = open();
    const messages = [...codec.notice(0, 'I cannot '), ...codec.notice(0, 'help.'), ...codec.finish(FACTS)];
    expectWellFormed(messages);
    const { final, events } = await read(messages);
    expect(events.map(({ type }) => type)).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.incomplete',
    ]);
    expect(final).toMatchObject({
      id: 'resp_portcullis_fixed',
      output_text: 'I cannot help.',
      status: 'incomplete',
      incomplete_details: { reason: 'content_filter' },
      portcullis: FACTS_ON_THE_WIRE,
    });
  });

  it('ends even without a word', async () => {
    const messages = open().finish(FACTS);
    expectWellFormed(messages);
    expect((await read(messages)).final).toMatchObject({ output: [], status: 'incomplete' });
  });
});

describe('a stream that Portcullis ends', () => {
  const upstream = numbered(
    begun({ some_field: 'kept' }),
    reasoningEvents(0, 'rs_1', ['Need ', 'facts.'], ['First ', 'facts.']),
    messageEvents(1, 'msg_1', ['The first ', 'and the second.']),
    callEvents(2, 'fc_1', 'get_weather', ['{"city":', '"Köln"}']),
    completed([message('msg_1', outputText('The first and the second.'))]),
  );
  const cases = upstream.map((event, index) => [index, event.type as string] as const);

  it.each(cases)('after %i events (before %s) still makes sense to the SDK', async (count) => {
    const codec = open();
    const messages = relay(codec, upstream, count);
    messages.push(...codec.notice(0, '\n\nStopped.'), ...codec.finish(FACTS));
    expectWellFormed(messages, true);
    const { final } = await read(messages);
    expect(final.id).toBe('resp_abc123');
    expect(final.status).toBe('incomplete');
    expect(final.incomplete_details).toEqual({ reason: 'content_filter' });
    // The visible text is what was released, and then the notice.
    const released = relay(open(), upstream, count)
      .filter(({ type }) => type === 'response.output_text.delta')
      .map(({ delta }) => delta as string)
      .join('');
    expect(final.output_text.replace(/\n\n/, '')).toBe(`${released}Stopped.`);
    const ends = messages
      .filter(({ type }) => type === 'response.output_text.done')
      .map(({ text }) => text as string);
    expect(ends.join('').replace(/\n\n/, '')).toBe(`${released}Stopped.`);
  });

  it('goes on in the part that is open', () => {
    const codec = open();
    const messages = relay(codec, upstream, upstream.findIndex(({ delta }) => delta === 'The first ') + 1);
    const own = [...codec.notice(0, '\n\nStopped.'), ...codec.finish(FACTS)];
    expect(own.map(({ type }) => type)).toEqual([
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.incomplete',
    ]);
    expect(own[0]).toMatchObject({
      sequence_number: messages.length,
      item_id: 'msg_1',
      output_index: 1,
      content_index: 0,
      delta: '\n\nStopped.',
    });
    expect(own.at(-1)).toMatchObject({
      response: {
        id: 'resp_abc123',
        some_field: 'kept',
        output: [
          { type: 'reasoning', id: 'rs_1' },
          { id: 'msg_1', status: 'incomplete', content: [{ text: 'The first \n\nStopped.' }] },
        ],
        portcullis: FACTS_ON_THE_WIRE,
      },
    });
  });

  it('says in the end what the client was given after an edit, not what the upstream said', () => {
    const codec = open();
    for (const event of upstream.slice(0, upstream.findIndex(({ delta }) => delta === 'The first ') + 1)) {
      const frame = codec.decode(copy(event));
      for (const text of frame.texts) if (text.text === 'The first ') text.set('*** ');
      codec.released(frame);
    }
    const own = codec.finish(FACTS);
    expect(own.find(({ type }) => type === 'response.output_text.done')?.text).toBe('*** ');
    expect(JSON.stringify(own)).not.toContain('The first');
  });

  it('leaves out a call that was cut, which nobody may run', async () => {
    const codec = open();
    const count = upstream.findIndex(({ delta }) => delta === '{"city":') + 1;
    const messages = [
      ...relay(codec, upstream, count),
      ...codec.notice(0, 'Stopped.'),
      ...codec.finish(FACTS),
    ];
    const { final, events } = await read(messages);
    expect(final.output.map(({ type }) => type)).toEqual(['reasoning', 'message', 'message']);
    expect(events.some(({ type }) => type === 'response.function_call_arguments.done')).toBe(false);
    const closed = events.flatMap((event) =>
      event.type === 'response.output_item.done' ? [event.item.type] : [],
    );
    expect(closed).not.toContain('function_call');
  });

  it('keeps a call that was complete', async () => {
    const codec = open();
    const messages = [...relay(codec, upstream, upstream.length - 1), ...codec.finish(FACTS)];
    const { final } = await read(messages);
    expect(final.output.at(-1)).toMatchObject({ type: 'function_call', arguments: '{"city":"Köln"}' });
  });

  it('writes text behind a refusal that is open', async () => {
    const at = { item_id: 'msg_1', output_index: 0, content_index: 0 };
    const events = numbered(
      begun(),
      messageEvents(0, 'msg_1', []).slice(0, 1),
      { type: 'response.content_part.added', ...at, part: { type: 'refusal', refusal: '' } },
      { type: 'response.refusal.delta', ...at, delta: 'I will' },
    );
    const codec = open();
    const messages = [...relay(codec, events, 99), ...codec.notice(0, 'Stopped.'), ...codec.finish(FACTS)];
    expectWellFormed(messages);
    const { final } = await read(messages);
    expect(final.output).toMatchObject([
      {
        content: [
          { type: 'refusal', refusal: 'I will' },
          { type: 'output_text', text: 'Stopped.' },
        ],
      },
    ]);
  });

  it('goes on where a server left out the events that open things', () => {
    const codec = open();
    const events: JsonObject[] = [
      { type: 'response.created', response: { id: 'resp_1' } },
      { type: 'response.output_text.delta', item_id: 'msg_7', delta: 'Half a ' },
    ];
    relay(codec, events, 2);
    const own = [...codec.notice(0, '[stopped]'), ...codec.finish(FACTS)];
    expect(own[0]).toMatchObject({ item_id: 'msg_7', delta: '[stopped]', sequence_number: 2 });
    expect(own.at(-1)).toMatchObject({ response: { output: [{ content: [{ text: 'Half a [stopped]' }] }] } });
  });

  it('says nothing after the response has ended', () => {
    const codec = open();
    relay(codec, upstream, upstream.length);
    expect([...codec.notice(0, 'x'), ...codec.finish(FACTS)]).toEqual([]);
  });

  it('ends once', () => {
    const codec = open();
    expect(codec.finish(FACTS).length).toBeGreaterThan(0);
    expect(codec.finish(FACTS)).toEqual([]);
  });

  it('does not repeat an id of the upstream that reads like text', () => {
    const codec = open();
    codec.decode({ type: 'response.created', response: { id: 'words to be judged', model: 'more words' } });
    expect(JSON.stringify([codec.notice(0, 'No.'), codec.finish(FACTS)])).not.toContain('words');
  });

  it('repeats nothing of a response that was decoded and not released', () => {
    const codec = open();
    relay(codec, upstream, 0);
    const own = JSON.stringify([...codec.notice(0, 'No.'), ...codec.finish(FACTS)]);
    for (const text of ['first', 'facts', 'Köln', 'get_weather', 'kept']) expect(own).not.toContain(text);
  });
});

describe('errors', () => {
  it('inside a stream are raised by the client, in its loop and by its helper', async () => {
    const codec = open();
    const messages = relay(codec, numbered(begun()), 2);
    const event = codec.error(
      new GuardError('upstream_interrupted', 'The upstream closed the stream.'),
      'req-1',
    );
    expect(event).toMatchObject({
      type: 'error',
      sequence_number: 2,
      code: 'upstream_interrupted',
      param: null,
    });
    const prepared = asStream([...messages, event]);
    for (const use of [
      (client: OpenAI) => client.responses.stream({ model: 'm', input: 'x' }).finalResponse(),
      async (client: OpenAI) => {
        for await (const one of await client.responses.create({ model: 'm', input: 'x', stream: true }))
          expect(one.type).not.toBe('error');
      },
    ]) {
      const thrown = await raised(() => withClient<unknown>(prepared, use));
      expect(thrown.message).toContain('The upstream closed the stream.');
      expect(thrown).toMatchObject({ code: 'upstream_interrupted', type: 'server_error' });
    }
  });

  it('as a body are raised with their status', async () => {
    const body = JSON.stringify(
      format.error(new GuardError('content_policy_violation', 'Not allowed.'), 'req-1'),
    );
    const thrown = await raised(() =>
      withClient({ status: 403, contentType: 'application/json', body }, (client) =>
        client.responses.create({ model: 'm', input: 'x' }),
      ),
    );
    expect(thrown).toMatchObject({ status: 403, code: 'content_policy_violation' });
  });
});

it('annotates the response, whole or in its last event', () => {
  const whole: JsonObject = { id: 'x', output: [] };
  format.annotate(whole, FACTS);
  expect(whole).toEqual({ id: 'x', output: [], portcullis: FACTS_ON_THE_WIRE });
  const last = completed([]);
  format.annotate(last, FACTS);
  expect(last).toMatchObject({ type: 'response.completed', response: { portcullis: FACTS_ON_THE_WIRE } });
  expect(last).not.toHaveProperty('portcullis');
});
