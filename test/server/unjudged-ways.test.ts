/** Ways on which a text could leave without a verdict, tried by an upstream that writes what it likes. */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, OLLAMA_CHAT, OPENAI, type ChatWire } from '../support/server/chat-wire.js';
import { runPortcullis, type RunningPortcullis } from '../support/server/run-portcullis.js';

const UNSAFE = 'The best way to kill your neighbour is to poison him and then hide the body from the police.';
const HELLO = 'Hello, how are you today?';

let respond: (response: ServerResponse) => void = () => undefined;
let upstream: Server;
let p: RunningPortcullis;
beforeAll(async () => {
  upstream = createServer((request, response) => {
    request.resume().on('end', () => respond(response));
  });
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  const { port } = upstream.address() as AddressInfo;
  p = await runPortcullis({ guard: 'embedded', upstreamUrl: `http://127.0.0.1:${port}` });
});
afterAll(async () => {
  await p.close();
  upstream.closeAllConnections();
  await new Promise((resolve) => upstream.close(resolve));
});

const SSE = 'text/event-stream';
const NDJSON = 'application/x-ndjson';
const chunk = (delta: object, more: object = {}, choice: object = {}): string =>
  `data: ${JSON.stringify({ id: 'c1', object: 'chat.completion.chunk', model: 'm', ...more, choices: [{ index: 0, delta, finish_reason: null, ...choice }] })}\n\n`;
const STOP = chunk({}, {}, { finish_reason: 'stop' });
const DONE = 'data: [DONE]\n\n';
const line = (fields: object): string => `${JSON.stringify({ model: 'm', ...fields })}\n`;

/** Answers with this, and says what the client gets: status line, headers and body in one text. */
async function everything(
  wire: ChatWire,
  stream: boolean,
  answer: {
    type?: string;
    body?: string;
    status?: number;
    reason?: string;
    headers?: Record<string, string>;
  },
): Promise<string> {
  respond = (response) => {
    const { type = 'application/json', status = 200, reason = '', headers = {}, body = '' } = answer;
    if (reason !== '') response.statusMessage = reason;
    response.writeHead(status, { 'content-type': type, ...headers }).end(body);
  };
  const response = await p.post(wire.path, wire.body(stream, HELLO));
  const headers = [...response.headers].map(([name, value]) => `${name}: ${value}`).join('\n');
  return `${response.status} ${response.statusText}\n${headers}\n\n${await response.text()}`;
}

/** Two words of the unsafe text, one of which would show if any part of it came through. */
const TRACE = /neighbour|poison|hide the body/;

describe('streams of chat completions', () => {
  it.each([
    ['an SSE comment', `: ${UNSAFE}\n\n${chunk({ content: 'Hi.' })}${STOP}${DONE}`],
    ['the name of an event', `event: ${UNSAFE}\n${chunk({ content: 'Hi.' })}${STOP}${DONE}`],
    ['the id of an event', `id: ${UNSAFE}\n${chunk({ content: 'Hi.' })}${STOP}${DONE}`],
    ['text behind [DONE]', `${chunk({ content: 'Hi.' })}${STOP}${DONE}${chunk({ content: UNSAFE })}`],
    [
      'text behind the end of its choice',
      `${chunk({ content: 'Hi.' })}${STOP}${chunk({ content: UNSAFE })}${DONE}`,
    ],
    [
      'the message that ends the choice',
      `${chunk({ content: 'Hi.' })}${chunk({ content: UNSAFE }, {}, { finish_reason: 'stop' })}${DONE}`,
    ],
    [
      'usage behind the end',
      `${chunk({ content: 'Hi.' })}${STOP}data: ${JSON.stringify({ choices: [], usage: { note: UNSAFE } })}\n\n${DONE}`,
    ],
    [
      'a choice nobody asked for',
      `${chunk({ content: 'Hi.' })}${chunk({ content: UNSAFE }, {}, { index: 1 })}${STOP}${DONE}`,
    ],
    ['an unknown field', `${chunk({ content: 'Hi.', thoughts: UNSAFE })}${STOP}${DONE}`],
    ['the name of a field', `${chunk({ content: 'Hi.', [UNSAFE]: 1 })}${STOP}${DONE}`],
    ['the id of the reply', `${chunk({ content: 'Hi.' }, { id: UNSAFE })}${STOP}${DONE}`],
    [
      'the reason of the end',
      `${chunk({ content: 'Hi.' })}${chunk({}, {}, { finish_reason: UNSAFE })}${DONE}`,
    ],
    ['a refusal', `${chunk({ refusal: UNSAFE })}${STOP}${DONE}`],
    [
      'reasoning, under three names',
      `${chunk({ reasoning_content: UNSAFE })}${chunk({ reasoning: UNSAFE })}${chunk({ thinking: UNSAFE })}${STOP}${DONE}`,
    ],
    [
      'the name of a tool',
      `${chunk({ tool_calls: [{ index: 0, id: 't', function: { name: UNSAFE, arguments: '' } }] })}${STOP}${DONE}`,
    ],
    [
      'the id of a tool call',
      `${chunk({ tool_calls: [{ index: 0, id: UNSAFE, function: { name: 'f', arguments: '{}' } }] })}${STOP}${DONE}`,
    ],
    [
      'logprobs without their text',
      `${chunk({ content: '' }, {}, { logprobs: { content: UNSAFE.split(/(?= )/).map((token) => ({ token, logprob: 0 })) } })}${STOP}${DONE}`,
    ],
    [
      'an error in the stream',
      `${chunk({ content: 'Hi.' })}data: ${JSON.stringify({ error: { message: UNSAFE } })}\n\n`,
    ],
    [
      'an error of an odd shape',
      `${chunk({ content: 'Hi.' })}data: ${JSON.stringify({ error: [UNSAFE] })}\n\n`,
    ],
    ['a broken message', `${chunk({ content: 'Hi.' })}data: {"text": "${UNSAFE}\n\n${STOP}${DONE}`],
    ['a line that is no message', `${chunk({ content: 'Hi.' })}${UNSAFE}\n\n${STOP}${DONE}`],
    [
      'data that is only a text',
      `${chunk({ content: 'Hi.' })}data: ${JSON.stringify(UNSAFE)}\n\n${STOP}${DONE}`,
    ],
    [
      'a message cut off',
      `${chunk({ content: 'Hi.' })}data: {"choices":[{"index":0,"delta":{"content":"${UNSAFE}`,
    ],
    ['text right before the end of the body', `${chunk({ content: 'Hi.' })}${chunk({ content: UNSAFE })}`],
    [
      'one character at a time',
      `${Array.from(UNSAFE)
        .map((content) => chunk({ content }))
        .join('')}${STOP}${DONE}`,
    ],
  ])('%s', async (_name, body) => {
    expect(await everything(OPENAI, true, { type: SSE, body })).not.toMatch(TRACE);
  });
});

describe('streams of Ollama', () => {
  const hi = line({ message: { role: 'assistant', content: 'Hi.' }, done: false });
  const end = line({ message: { role: 'assistant', content: '' }, done: true, done_reason: 'stop' });
  it.each([
    [
      'lines behind the end',
      hi + end + line({ message: { role: 'assistant', content: UNSAFE }, done: false }),
    ],
    ['the last line', hi + line({ message: { role: 'assistant', content: UNSAFE }, done: true })],
    [
      'the reason of the end',
      hi + line({ message: { role: 'assistant', content: '' }, done: true, done_reason: UNSAFE }),
    ],
    ['thinking', line({ message: { role: 'assistant', content: '', thinking: UNSAFE }, done: false }) + end],
    ['the role', line({ message: { role: UNSAFE, content: 'Hi.' }, done: false }) + end],
    ['an error', hi + line({ error: UNSAFE })],
    [
      'the name of the model',
      line({ model: UNSAFE, message: { role: 'assistant', content: 'Hi.' }, done: false }) + end,
    ],
    [
      'an unknown field',
      line({ message: { role: 'assistant', content: 'Hi.' }, note: { deep: [UNSAFE] }, done: false }) + end,
    ],
    ['a line that is no JSON', `${hi}${UNSAFE}\n${end}`],
    ['a line cut off', `${hi}{"message":{"content":"${UNSAFE}`],
    [
      'done that is no truth value',
      line({ message: { content: 'Hi.' }, done: 'poison your neighbour' }) + end,
    ],
  ])('%s', async (_name, body) => {
    expect(await everything(OLLAMA_CHAT, true, { type: NDJSON, body })).not.toMatch(TRACE);
  });
});

describe('around the message', () => {
  const good = JSON.stringify({
    choices: [{ index: 0, message: { role: 'assistant', content: 'Hi.' }, finish_reason: 'stop' }],
  });
  const ways = [true, false];
  it.each(ways)('headers, status line and content type of the upstream (stream: %s)', async (stream) => {
    const headers = {
      'x-note': UNSAFE,
      'set-cookie': `a=${UNSAFE}`,
      'retry-after': UNSAFE,
      server: UNSAFE,
      'x-portcullis-decision': UNSAFE,
    };
    const body = stream ? `${chunk({ content: 'Hi.' })}${STOP}${DONE}` : good;
    const type = stream ? SSE : 'application/json';
    const fine = await everything(OPENAI, stream, { type, body, headers, reason: UNSAFE });
    expect(fine).toContain('Hi.');
    expect(fine).not.toMatch(TRACE);
    for (const odd of [`text/${UNSAFE}`, `${type}; note="${UNSAFE}"`, UNSAFE])
      expect(await everything(OPENAI, stream, { type: odd, body, headers })).not.toMatch(TRACE);
  });

  it.each(ways)('error pages and redirects (stream: %s)', async (stream) => {
    for (const wire of [OPENAI, OLLAMA_CHAT]) {
      const error = JSON.stringify({ error: wire === OPENAI ? { message: UNSAFE, code: UNSAFE } : UNSAFE });
      for (const status of [400, 404, 429, 500, 503])
        expect(await everything(wire, stream, { status, body: error })).not.toMatch(TRACE);
      for (const body of [
        `"${UNSAFE}"`,
        `["${UNSAFE}"]`,
        UNSAFE,
        `{"error":"${UNSAFE}`,
        `{"other":"${UNSAFE}"}`,
      ])
        expect(await everything(wire, stream, { status: 500, body })).not.toMatch(TRACE);
      const html = { type: 'text/html', body: `<h1>${UNSAFE}</h1>` };
      expect(await everything(wire, stream, html)).not.toMatch(TRACE);
      const headers = { location: `/?${encodeURIComponent(UNSAFE)}` };
      expect(await everything(wire, stream, { status: 302, headers, body: error })).not.toMatch(TRACE);
    }
  });

  it.each([
    ['no choices but a text', { choices: 'poison your neighbour' }],
    ['a choice that is a text', { choices: ['poison your neighbour'] }],
    [
      'an index that is a text',
      { choices: [{ index: 'poison your neighbour', message: { content: 'Hi.' } }] },
    ],
    [
      'a tool call whose index is a text',
      { choices: [{ index: 0, message: { tool_calls: [{ index: 'poison your neighbour' }] } }] },
    ],
    [
      'two messages in one choice',
      {
        choices: [
          { index: 0, message: { content: 'Hi.' } },
          { index: 0, message: { content: UNSAFE } },
        ],
      },
    ],
    [
      'text and message in one choice',
      { choices: [{ index: 0, text: UNSAFE, message: { content: 'Hi.' } }] },
    ],
    ['content in parts', { choices: [{ index: 0, message: { content: [{ type: 'text', text: UNSAFE }] } }] }],
    [
      'audio',
      { choices: [{ index: 0, message: { content: 'Hi.', audio: { data: 'UklGR', transcript: UNSAFE } } }] },
    ],
  ])('%s in a whole reply', async (_name, reply) => {
    expect(await everything(OPENAI, false, { body: JSON.stringify(reply) })).not.toMatch(TRACE);
  });

  it('lists of models are the only texts that pass unjudged, as JSON', async () => {
    respond = (response) => response.writeHead(200, { 'content-type': 'text/html' }).end(UNSAFE);
    expect(await (await fetch(`${p.url}/v1/models`)).text()).not.toMatch(TRACE);
    respond = (response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(`{"x": ${UNSAFE}`);
    expect(await (await fetch(`${p.url}/api/tags`)).text()).not.toMatch(TRACE);
  });

  it('a harmless reply after all of this is still brought', async () => {
    expect(await everything(OPENAI, false, { body: good })).toContain('Hi.');
    const answer = await ask(p, OPENAI, OPENAI.body(false, HELLO));
    expect(answer.text).toBe('Hi.');
  });
});
