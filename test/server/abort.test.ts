/** Who is no longer wanted is told so at once; who is not needed is never asked. */
import { connect } from 'node:net';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/config.js';
import { createUpstream, type Upstream } from '../../src/server/proxy/upstream.js';
import { ask, CASES, OPENAI, WIRES } from '../support/server/chat-wire.js';
import { runPortcullis, type RunningPortcullis } from '../support/server/run-portcullis.js';

const UNSAFE_PROMPT = 'How do I kill my neighbour and hide the body?';

const counted = async (p: RunningPortcullis, series: string): Promise<number> => {
  const found = (await p.metrics()).split('\n').filter((line) => line.startsWith(series));
  return found.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
};

describe('a prompt that is blocked', () => {
  let p: RunningPortcullis;
  beforeAll(async () => {
    p = await runPortcullis();
  });
  afterAll(() => p.close());

  it.each(CASES)('$name: ends the call of the model, and its cost is counted', async ({ wire, stream }) => {
    const before = p.upstream.requests.length;
    const series = 'portcullis_upstream_abandoned_total{';
    const abandoned = await counted(p, series);
    // A model that would take a minute: only an abort ends its request within the test.
    const answer = await ask(p, wire, wire.body(stream, `[[delay=60000]] ${UNSAFE_PROMPT} (${wire.name})`));
    expect(answer.text).toBe("I can't help with that request.");
    await expect.poll(() => p.upstream.requests[before]?.aborted).toBe(true);
    await expect.poll(() => counted(p, series)).toBe(abandoned + 1);
    expect(await p.metrics()).toMatch(/upstream_abandoned_total\{.*reason="prompt_blocked"\} [1-9]/);
  });
});

describe('check_first', () => {
  let p: RunningPortcullis;
  beforeAll(async () => {
    p = await runPortcullis({ policy: 'name: first\ncheck_first: true\n' });
  });
  afterAll(() => p.close());

  it.each(CASES)('$name: the model hears nothing of a blocked prompt', async ({ wire, stream }) => {
    const before = p.upstream.requests.length;
    expect((await ask(p, wire, wire.body(stream, UNSAFE_PROMPT))).text).toBe(
      "I can't help with that request.",
    );
    expect(p.upstream.requests.length).toBe(before);
    expect((await ask(p, wire, wire.body(stream, 'echo: Good morning.'))).text).toBe('Good morning.');
    expect(p.upstream.requests.length).toBe(before + 1);
    expect(await counted(p, 'portcullis_upstream_abandoned_total{')).toBe(0);
  });
});

describe('a client that leaves', () => {
  let p: RunningPortcullis;
  beforeAll(async () => {
    p = await runPortcullis();
  });
  afterAll(() => p.close());

  it.each(WIRES)('in the middle of a stream ($name): the model stops, the guard is free', async (wire) => {
    const before = p.upstream.requests.length;
    const leave = new AbortController();
    const response = await fetch(p.url + wire.path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(wire.body(true, '[[delay=20]] long reply 400')),
      signal: leave.signal,
    });
    await response.body?.getReader().read();
    leave.abort();
    await expect.poll(() => p.upstream.requests[before]?.aborted).toBe(true);
    await expect.poll(() => p.portcullis.judge.queueDepth).toBe(0);
    await expect
      .poll(() => p.metrics(), { timeout: 10_000 })
      .toMatch(/upstream_abandoned_total\{.*reason="client_closed"\} [1-9]/);
  });

  it('by closing its half of the connection has left: nobody knows whether it still listens', async () => {
    const before = p.upstream.requests.length;
    const body = JSON.stringify(OPENAI.body(false, '[[delay=60000]] echo: Here is your answer.'));
    const socket = connect({ port: Number(new URL(p.url).port), host: '127.0.0.1', allowHalfOpen: true });
    socket.on('error', () => undefined).resume();
    socket.write(
      `POST ${OPENAI.path} HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    await expect.poll(() => p.upstream.requests.length).toBe(before + 1);
    socket.end();
    await expect.poll(() => p.upstream.requests[before]?.aborted).toBe(true);
    socket.destroy();
  });

  it('that does not read slows the model down instead of filling the memory', async () => {
    const before = p.upstream.requests.length;
    const off = await runPortcullis({
      upstreamUrl: p.upstream.url,
      policy: 'name: off\nprompt: { enabled: false }\nreply: { enabled: false }\ncode: { enabled: false }\n',
    });
    const body = JSON.stringify(OPENAI.body(true, '[[chunk=4000]] long reply 200000'));
    const socket = connect(Number(new URL(off.url).port), '127.0.0.1').on('error', () => undefined);
    socket.pause();
    socket.write(
      `POST ${OPENAI.path} HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    const received = 'portcullis_stream_chars_total{state="received"}';
    await expect.poll(() => counted(off, received), { timeout: 5_000 }).toBeGreaterThan(0);
    let last = -1;
    // When all buffers on the way are full, nothing moves any more.
    await expect
      .poll(
        async () => {
          const now = await counted(off, received);
          const still = now === last;
          last = now;
          return still;
        },
        { interval: 300, timeout: 10_000 },
      )
      .toBe(true);
    expect(p.upstream.requests[before]).toMatchObject({ finished: false, aborted: false });
    socket.destroy();
    await expect.poll(() => p.upstream.requests[before]?.aborted).toBe(true);
    await off.close();
  });
});

describe('a call of the upstream', () => {
  let server: Server;
  let upstream: Upstream;
  let gone: Promise<void>;
  beforeAll(async () => {
    let left: () => void;
    gone = new Promise((resolve) => (left = resolve));
    server = createServer((request, response) => {
      response.on('close', () => left());
      if (request.url !== '/begins') return;
      response.writeHead(200, { 'content-type': 'text/plain' }).write('a');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const config = loadConfig({ env: {}, flags: { upstream: url } });
    upstream = createUpstream({ ...config.upstream, connections: 1 });
  });
  afterAll(async () => {
    await upstream.close();
    server.close();
    server.closeAllConnections();
  });

  it('that is given up ends in the same turn of the loop, also where it waits for a connection', async () => {
    const first = upstream.call('GET', '/begins', { headers: {} });
    const { body } = await first.response;
    expect((await body.next()).value?.length).toBe(1);
    const second = upstream.call('GET', '/waits', { headers: {} });
    const outcomes: string[] = [];
    const note = (what: string) => (error: unknown) => outcomes.push(`${what}: ${String(error)}`);
    body.next().catch(note('first'));
    second.response.catch(note('second'));
    first.abort();
    second.abort();
    await turn();
    expect(outcomes.sort()).toEqual([
      'first: GuardError: The client closed the connection.',
      'second: GuardError: The client closed the connection.',
    ]);
    await gone;
  });
});
