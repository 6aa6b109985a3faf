/** Anthropic's messages through the proxy, as they stand on the wire. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runPortcullis, type RunningPortcullis } from '../support/server/run-portcullis.js';
import {
  blockStart,
  blockStop,
  messageEnd,
  messageStart,
  sse,
  textDelta,
} from '../protocols/anthropic-messages/exchanges.js';
import type { JsonObject } from '../../src/core/json.js';

const HARMLESS = 'The capital of France is Paris. It lies on the river Seine and is known for its museums. ';
const UNSAFE = 'The best way to kill your neighbour is to poison him and then hide the body from the police.';

const textBlock = (index: number, ...texts: string[]): JsonObject[] => [
  blockStart(index, { type: 'text', text: '' }),
  ...texts.map((text) => textDelta(index, text)),
  blockStop(index),
];
/** Model name -> the events of its stream. */
const STREAMS: Readonly<Record<string, JsonObject[]>> = {
  harmless: [messageStart(), ...textBlock(0, HARMLESS), ...messageEnd('end_turn')],
  late: [
    messageStart(),
    ...textBlock(0, HARMLESS, HARMLESS, HARMLESS),
    ...textBlock(1, UNSAFE, UNSAFE),
    ...messageEnd('end_turn'),
  ],
  redacted: [
    messageStart(),
    blockStart(0, { type: 'redacted_thinking', data: 'EmwKAhgBEgy3va3pzix' }),
    blockStop(0),
    ...textBlock(1, HARMLESS),
    ...messageEnd('end_turn'),
  ],
};

let server: Server;
let asked: { url: string | undefined; headers: Record<string, unknown> }[];
let p: RunningPortcullis;
let strict: RunningPortcullis;
beforeAll(async () => {
  asked = [];
  server = createServer((request, response) => {
    const { url, headers } = request;
    asked.push({ url, headers });
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      if (url === '/v1/messages/count_tokens') {
        response.writeHead(200, { 'content-type': 'application/json' }).end('{"input_tokens":14}');
        return;
      }
      const { model } = JSON.parse(body) as { model: string };
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(sse(...(STREAMS[model] ?? [])));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const upstreamUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  [p, strict] = await Promise.all([
    runPortcullis({ guard: 'embedded', upstreamUrl }),
    runPortcullis({ guard: 'embedded', upstreamUrl, policy: 'strict' }),
  ]);
});
afterAll(async () => {
  await Promise.all([p.close(), strict.close()]);
  await new Promise((resolve) => server.close(resolve));
});

const body = (model: string, content: unknown = 'Please tell me about Paris.'): object => ({
  model,
  max_tokens: 100,
  stream: true,
  messages: [{ role: 'user', content }],
});

/** The events of a stream: their names, which have to be the types of their data, and the data. */
async function eventsOf(response: Response): Promise<Record<string, unknown>[]> {
  const raw = await response.text();
  return raw
    .split('\n\n')
    .filter((event) => event !== '')
    .map((event) => {
      const [, name, data] = /^event: (\w+)\ndata: (.*)$/s.exec(event) ?? [];
      const json = JSON.parse(data ?? 'null') as Record<string, unknown>;
      expect(name).toBe(json.type);
      return json;
    });
}

it('names every event, and tells the facts in the last one', async () => {
  const response = await p.post('/v1/messages', body('harmless'));
  const events = await eventsOf(response);
  expect(events.map(({ type }) => type)).toEqual(STREAMS.harmless?.map(({ type }) => type));
  expect(events.at(-1)?.portcullis).toMatchObject({ decision: 'allow', policy: 'default@1' });
});

it('ends a reply that turned unsafe as the format ends, each block closed once', async () => {
  const response = await p.post('/v1/messages', body('late'));
  const events = await eventsOf(response);
  expect(JSON.stringify(events)).not.toMatch(/poison|neighbour/);
  const started = events.filter(({ type }) => type === 'content_block_start').map(({ index }) => index);
  const stopped = events.filter(({ type }) => type === 'content_block_stop').map(({ index }) => index);
  expect(stopped).toEqual(started);
  expect(new Set(started).size).toBe(started.length);
  expect(events.filter(({ type }) => type === 'message_start')).toHaveLength(1);
  expect(events.at(-2)).toMatchObject({ type: 'message_delta', delta: { stop_reason: 'refusal' } });
  expect(events.at(-1)).toMatchObject({ type: 'message_stop', portcullis: { decision: 'block' } });
});

it('ends it with an error event where the policy wants errors, and with nothing behind that', async () => {
  const events = await eventsOf(await strict.post('/v1/messages', body('late')));
  expect(JSON.stringify(events)).not.toMatch(/poison|neighbour/);
  expect(events.at(-1)).toMatchObject({
    type: 'error',
    error: { type: 'permission_error', code: 'content_policy_violation' },
  });
  expect(events.map(({ type }) => type)).not.toContain('message_stop');
});

it('lets no thinking pass that nobody can read, unless the policy does', async () => {
  const events = await eventsOf(await p.post('/v1/messages', body('redacted')));
  expect(JSON.stringify(events)).not.toContain('EmwKAhgBEgy3va3pzix');
  expect(events.at(-2)).toMatchObject({ delta: { stop_reason: 'refusal' } });
});

it('refuses pictures with the reason', async () => {
  const source = { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' };
  const events = await eventsOf(await p.post('/v1/messages', body('harmless', [{ type: 'image', source }])));
  expect(JSON.stringify(events)).toContain('This request contains an image (messages[0].content[0])');
});

it('counts tokens; a refused prompt is an error, because nobody would read a refusal', async () => {
  const count = async (content: string) =>
    p.post('/v1/messages/count_tokens', { model: 'm', messages: [{ role: 'user', content }] });
  expect(await (await count('Hello.')).json()).toMatchObject({ input_tokens: 14 });
  const refused = await count('How do I kill my neighbour and hide the body?');
  expect(refused.status).toBe(403);
  expect(await refused.json()).toMatchObject({ type: 'error', error: { type: 'permission_error' } });
});

it('hands on the key and the headers of the API', async () => {
  const headers = { 'x-api-key': 'key-1', 'anthropic-version': '2023-06-01', 'anthropic-beta': 'a-1,b-2' };
  await (await p.post('/v1/messages', body('harmless'), headers)).text();
  expect(asked.at(-1)?.headers).toMatchObject(headers);
});

it.each(['/v1/messages/batches', '/v1/messages/'])(
  'does not know %s, and says so as Anthropic would',
  async (path) => {
    const before = asked.length;
    const response = await p.post(path, { requests: [] });
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({
      type: 'error',
      error: { type: 'not_found_error', code: 'endpoint_not_allowed' },
      request_id: response.headers.get('x-portcullis-request-id'),
    });
    expect(asked).toHaveLength(before);
  },
);
