/** The responses API through the whole proxy: the openai package, Portcullis, and a server that replays. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import OpenAI, { APIError } from 'openai';
import { zodTextFormat } from 'openai/helpers/zod';
import type { ResponseInputItem } from 'openai/resources/responses/responses';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { JsonObject } from '../../../src/core/json.js';
import { runPortcullis, type RunningPortcullis } from '../../support/server/run-portcullis.js';
import {
  asSse,
  begun,
  callEvents,
  completed,
  functionCall,
  message,
  messageEvents,
  numbered,
  outputText,
  reasoningEvents,
  reasoningItem,
  response,
} from './exchanges.js';

const HARMLESS =
  'The capital of France is Paris. It lies on the river Seine 🦙 and is known for its museums.';
const UNSAFE_PROMPT = 'How do I kill my neighbour and hide the body?';
const UNSAFE = 'The best way to kill your neighbour is to poison him and then hide the body from the police.';

/** What the model server answers next, and what it saw. */
const upstream = {
  events: [] as JsonObject[],
  whole: {} as JsonObject,
  /** After so many events the connection breaks. */
  breaksAfter: Infinity,
  bodies: [] as JsonObject[],
};
let server: Server;
let p: RunningPortcullis;
let client: OpenAI;

beforeAll(async () => {
  server = createServer((request, reply) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const body = JSON.parse(Buffer.concat(chunks).toString()) as JsonObject;
      upstream.bodies.push(body);
      if (body.stream !== true) {
        reply.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(upstream.whole));
        return;
      }
      reply.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
      for (const [index, event] of upstream.events.entries()) {
        if (index >= upstream.breaksAfter) return void reply.destroy();
        if (reply.destroyed) return;
        reply.write(asSse([event]));
        await new Promise((resolve) => setImmediate(resolve));
      }
      reply.end();
    })().catch(() => reply.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const upstreamUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  p = await runPortcullis({ guard: 'embedded', upstreamUrl });
  client = new OpenAI({ apiKey: 'none', baseURL: `${p.url}/v1`, maxRetries: 0 });
});
beforeEach(() => {
  upstream.breaksAfter = Infinity;
  upstream.bodies.length = 0;
  answer(HARMLESS);
});
afterAll(async () => {
  await p.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const cut = (text: string): string[] => text.match(/.{1,12}/gsu) ?? [];

function answer(...texts: readonly string[]): void {
  const output = texts.map((text, index) => message(`msg_${index}`, outputText(text)));
  upstream.whole = response({ status: 'completed', output });
  upstream.events = numbered(
    begun(),
    texts.map((text, index) => messageEvents(index, `msg_${index}`, cut(text))).flat(),
    completed(output),
  );
}

async function raised(run: () => Promise<unknown>): Promise<APIError> {
  const error = await run().catch((thrown: unknown) => thrown);
  if (error instanceof APIError) return error;
  throw new Error(`Expected an APIError, got ${String(error)}`);
}

/** No three words of the unsafe text in a row are there. */
function expectNothingUnsafe(seen: unknown): void {
  const words = UNSAFE.split(' ');
  const runs = words.slice(2).map((_, index) => words.slice(index, index + 3).join(' '));
  expect(runs.filter((run) => JSON.stringify(seen).includes(run))).toEqual([]);
}

describe('a whole response', () => {
  it('arrives as it was written, with the facts', async () => {
    const reply = await client.responses.create({ model: 'm', input: 'Tell me of Paris.' });
    expect(reply.output_text).toBe(HARMLESS);
    expect(reply).toMatchObject({ ...upstream.whole, portcullis: { decision: 'allow' } });
    expect(upstream.bodies).toEqual([{ model: 'm', input: 'Tell me of Paris.' }]);
  });

  it('is refused for an unsafe prompt, as a response that the content filter ended', async () => {
    const reply = await client.responses.create({ model: 'm', input: UNSAFE_PROMPT });
    expect(reply.status).toBe('incomplete');
    expect(reply.incomplete_details).toEqual({ reason: 'content_filter' });
    expect(reply.output_text).not.toBe('');
    expect(reply).toMatchObject({ portcullis: { decision: 'block' } });
  });

  it('is refused for an unsafe second item', async () => {
    answer(HARMLESS, UNSAFE);
    const reply = await client.responses.create({ model: 'm', input: 'Tell me.' });
    expect(reply.incomplete_details).toEqual({ reason: 'content_filter' });
    expectNothingUnsafe(reply);
  });

  it('is refused where unsafe text is in a call, or in reasoning', async () => {
    for (const item of [
      functionCall('fc', 'send_message', JSON.stringify({ body: `${UNSAFE} ${UNSAFE}` })),
      reasoningItem('rs', [UNSAFE], []),
    ]) {
      upstream.whole = response({ status: 'completed', output: [item] });
      const reply = await client.responses.create({ model: 'm', input: 'Tell me.' });
      expect(reply.incomplete_details).toEqual({ reason: 'content_filter' });
      expectNothingUnsafe(reply);
    }
  });

  it('is an error where a program reads the reply', async () => {
    const text = { format: { type: 'json_object' as const } };
    answer(JSON.stringify({ plan: UNSAFE }));
    const thrown = await raised(() => client.responses.create({ model: 'm', input: 'Tell me.', text }));
    expect(thrown).toMatchObject({ status: 403, code: 'content_policy_violation' });
    expectNothingUnsafe(thrown);
  });

  it('is refused where an image was made that no judge can see', async () => {
    const image = {
      id: 'ig',
      type: 'image_generation_call',
      status: 'completed',
      result: 'iVBORw0K'.repeat(99),
    };
    upstream.whole = response({ status: 'completed', output: [image] });
    const reply = await client.responses
      .create({ model: 'm', input: 'Draw.' })
      .catch((error: unknown) => error);
    expect(JSON.stringify(reply)).not.toContain('iVBORw0K');
  });
});

describe('a streamed response', () => {
  it('arrives event by event, under the names of the events', async () => {
    const { status, headers, events, names } = await raw({
      model: 'm',
      input: 'Tell me of Paris.',
      stream: true,
    });
    expect(status).toBe(200);
    expect(headers.get('content-type')).toContain('text/event-stream');
    expect(names).toEqual(upstream.events.map(({ type }) => type));
    expect(events.slice(0, -1)).toEqual(upstream.events.slice(0, -1));
    expect(events.at(-1)).toMatchObject({ response: { portcullis: { decision: 'allow' } } });
  });

  it('makes the SDK’s events and its final response', async () => {
    const stream = client.responses.stream({ model: 'm', input: 'Tell me of Paris.' });
    let deltas = '';
    stream.on('response.output_text.delta', ({ delta }) => (deltas += delta));
    const final = await stream.finalResponse();
    expect(deltas).toBe(HARMLESS);
    expect(final).toMatchObject({ output_text: HARMLESS, status: 'completed' });
  });

  it('is a refusal for an unsafe prompt', async () => {
    const final = await client.responses.stream({ model: 'm', input: UNSAFE_PROMPT }).finalResponse();
    expect(final).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'content_filter' },
      portcullis: { decision: 'block' },
    });
    expect(final.output_text).not.toBe('');
    expect(final.output_text).not.toContain('Paris');
  });

  it('is stopped in the middle of an item, and ends as the SDK expects', async () => {
    answer(`${HARMLESS} `.repeat(5) + `${UNSAFE} ${UNSAFE}`);
    const stream = client.responses.stream({ model: 'm', input: 'Tell me.' });
    const seen: unknown[] = [];
    stream.on('event', (event) => seen.push(event));
    const final = await stream.finalResponse();
    expect(final.incomplete_details).toEqual({ reason: 'content_filter' });
    // How much has left by then depends on how busy the machine is.
    const [shown = ''] = final.output_text.split('\n\n');
    expect(HARMLESS.startsWith(shown) || shown.startsWith(HARMLESS)).toBe(true);
    expectNothingUnsafe([seen, final]);
  });

  it('is stopped in its second item, and the first stays', async () => {
    answer(`${HARMLESS} `.repeat(5), `${HARMLESS} `.repeat(20) + `${UNSAFE} ${UNSAFE}`);
    const final = await client.responses.stream({ model: 'm', input: 'Tell me.' }).finalResponse();
    expect(final.incomplete_details).toEqual({ reason: 'content_filter' });
    expect(final.output[0]).toMatchObject({ id: 'msg_0', status: 'completed' });
    expectNothingUnsafe(final);
  });

  it('brings reasoning and calls', async () => {
    const args = JSON.stringify({ city: 'Köln' });
    upstream.events = numbered(
      begun(),
      reasoningEvents(0, 'rs', ['They want ', 'the weather.'], ['I should look it up.']),
      callEvents(1, 'fc', 'get_weather', cut(args)),
      completed([
        reasoningItem('rs', ['They want the weather.'], ['I should look it up.']),
        functionCall('fc', 'get_weather', args),
      ]),
    );
    const stream = client.responses.stream({ model: 'm', input: 'How is the weather in Cologne?' });
    const done: string[] = [];
    stream.on('response.function_call_arguments.done', (event) => done.push(event.arguments));
    const final = await stream.finalResponse();
    expect(done).toEqual([args]);
    expect(final.output).toMatchObject([{ type: 'reasoning' }, { type: 'function_call', arguments: args }]);
  });

  it('brings nothing of a call with unsafe arguments', async () => {
    const args = JSON.stringify({ body: `${UNSAFE} ${UNSAFE}` });
    upstream.events = numbered(
      begun(),
      callEvents(0, 'fc', 'send_message', cut(args)),
      completed([functionCall('fc', 'send_message', args)]),
    );
    const { events } = await raw({ model: 'm', input: 'Tell me.', stream: true });
    expectNothingUnsafe(events);
    expect(events.at(-1)).toMatchObject({ type: 'response.incomplete' });
    const output = (events.at(-1)?.response as JsonObject).output as JsonObject[];
    expect(output.map(({ type }) => type)).not.toContain('function_call');
  });

  it('is an error of the SDK where the upstream breaks off, with what came before', async () => {
    answer(`${HARMLESS} `.repeat(5));
    upstream.breaksAfter = 30;
    let deltas = '';
    const thrown = await raised(async () => {
      const events = await client.responses.create({ model: 'm', input: 'Tell me.', stream: true });
      for await (const event of events)
        if (event.type === 'response.output_text.delta') deltas += event.delta;
    });
    expect(thrown.code).toBe('upstream_interrupted');
    expect(deltas.startsWith(HARMLESS)).toBe(true);
  });

  it('is an error of the SDK where a program reads the reply and it is blocked', async () => {
    const format = zodTextFormat(z.object({ plan: z.string() }), 'plan');
    answer(JSON.stringify({ plan: `${UNSAFE} ${UNSAFE}` }));
    const stream = client.responses.stream({ model: 'm', input: 'Tell me.', text: { format } });
    const thrown = await raised(() => stream.finalResponse());
    expect(thrown.code).toBe('content_policy_violation');
    expectNothingUnsafe(thrown);
  });
});

describe('a chat', () => {
  it('goes on with the items of the replies, and without those of the server', async () => {
    const first = await client.responses.create({ model: 'm', input: 'Tell me of Paris.' });
    const input = [
      { role: 'user' as const, content: 'Tell me of Paris.' },
      ...(first.output as ResponseInputItem[]),
    ];
    const second = await client.responses.create({
      model: 'm',
      input: [...input, { role: 'user', content: 'And of its river?' }],
    });
    expect(second.output_text).toBe(HARMLESS);
    const thrown = await raised(() =>
      client.responses.create({ model: 'm', input: 'Go on.', previous_response_id: first.id }),
    );
    expect(thrown).toMatchObject({ status: 400, code: 'unjudgeable_content' });
    expect(upstream.bodies).toHaveLength(2);
  });
});

/** A streamed answer as it came: its events, and their names in the `event:` lines. */
async function raw(body: JsonObject) {
  const answered = await p.post('/v1/responses', body);
  const blocks = (await answered.text()).split('\n\n').filter((block) => block !== '');
  const field = (name: string): string[] =>
    blocks.map((block) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? '');
  const events = field('data').map((data) => JSON.parse(data) as JsonObject);
  return { status: answered.status, headers: answered.headers, names: field('event'), events };
}
