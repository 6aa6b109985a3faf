/** The guard on Node's own HTTP/2 objects (`http2.createServer`), whose responses are another class than HTTP/1's. */
import { connect, createServer, type Http2Server, type Http2ServerResponse } from 'node:http2';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createExpressMiddleware } from '../../../src/server/middleware/index.js';
import { closeScanner, createParts, createScriptedJudge, scannerReady, UNSAFE } from './run-app.js';

type Handler = (response: Http2ServerResponse) => void;

interface Answer {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  readonly body: string;
}

let server: Http2Server | undefined;
beforeAll(() => scannerReady());
afterAll(() => closeScanner());
afterEach(async () => {
  await new Promise<void>((resolve) => (server === undefined ? resolve() : server.close(() => resolve())));
  server = undefined;
});

async function serve(handler: Handler): Promise<string> {
  const { parts } = createParts(createScriptedJudge());
  const guard = createExpressMiddleware(parts, { bodyLimitBytes: 100_000 });
  server = createServer((request, response) => {
    const [incoming, outgoing] = [request, response] as unknown as [IncomingMessage, ServerResponse];
    guard(incoming, outgoing, () => handler(response));
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function post(url: string, body: object): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const client = connect(url);
    client.on('error', reject);
    const request = client.request({ ':path': '/', ':method': 'POST', 'content-type': 'application/json' });
    let headers: Record<string, unknown> = {};
    let text = '';
    request.setEncoding('utf8');
    request.on('response', (got) => (headers = { ...got }));
    request.on('data', (piece: string) => (text += piece));
    request.on('error', reject);
    request.on('end', () => {
      client.close();
      resolve({ status: Number(headers[':status']), headers, body: text });
    });
    request.end(JSON.stringify(body));
  });
}

const ask = (content: string, stream = false): object => ({
  model: 'm',
  stream,
  messages: [{ role: 'user', content }],
});
const event = (content: string): string => `data: ${JSON.stringify({ text: content })}\n\n`;

describe('HTTP/2', () => {
  it('a harmless exchange passes', async () => {
    const url = await serve((response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ text: 'Good day.' }));
    });
    const answer = await post(url, ask('Hello'));
    expect(answer.status).toBe(200);
    expect(answer.headers['x-portcullis-decision']).toBe('allow');
    expect(JSON.parse(answer.body)).toMatchObject({ text: 'Good day.' });
  });

  it('a blocked prompt never reaches the handler', async () => {
    let ran = false;
    const url = await serve((response) => {
      ran = true;
      response.end('{}');
    });
    const answer = await post(url, ask(`Brew ${UNSAFE}`));
    expect(answer.headers['x-portcullis-decision']).toBe('block');
    expect(answer.body).toContain("I can't help");
    expect(ran).toBe(false);
  });

  it('a stream stops before what is unsafe', async () => {
    const url = await serve((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const word of ['All ', 'is ', 'well. ', `Now ${UNSAFE} `, 'behind']) response.write(event(word));
      response.end();
    });
    const answer = await post(url, ask('Hello', true));
    expect(answer.body).not.toContain(UNSAFE);
    expect(answer.body).not.toContain('behind');
    expect(answer.body).toContain("I can't share");
  });

  it('a whole reply with unsafe text is withheld', async () => {
    const url = await serve((response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ text: UNSAFE }));
    });
    const answer = await post(url, ask('Hello'));
    expect(answer.body).not.toContain(UNSAFE);
    expect(answer.headers['x-portcullis-decision']).toBe('block');
  });
});
