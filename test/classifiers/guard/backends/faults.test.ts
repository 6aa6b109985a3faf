/** Everything a server can do wrong, and that none of it passes for a verdict. */
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { ChatExchange } from '../../../support/remote-guard/guard-server.js';
import { startGuardServer, TOY_MODEL } from '../../../support/remote-guard/guard-server.js';
import { createManualClock } from '../../../support/remote-guard/manual-clock.js';
import { remoteBench, until } from '../../../support/remote-guard/open-remote.js';

const PATIENT = { timeoutMs: 20_000 };
const PROMPT = 'a very private bomb';
const ask = { messages: [{ role: 'User' as const, text: PROMPT }], categoriesFrom: 0.5 };
const bench = remoteBench();

const chat = (content: unknown): object => ({
  choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
});

describe('an answer that is no verdict', () => {
  const html = (exchange: ChatExchange): void => {
    exchange.response.writeHead(200, { 'content-type': 'text/html' });
    exchange.response.end('<html>safe</html>');
  };
  const raw =
    (text: string, type = 'application/json') =>
    ({ response }: ChatExchange): void => {
      response.writeHead(200, { 'content-type': type });
      response.end(text);
    };
  it.each<[string, (exchange: ChatExchange) => void, string]>([
    ['prose', ({ say }) => say('I think that this is safe.'), 'off_format'],
    ['prose that begins with the word', ({ say }) => say('Safe handling of knives matters.'), 'off_format'],
    ['prose behind the word', ({ say }) => say('safe\nbut I would not bet on it'), 'off_format'],
    ['both words', ({ say }) => say('safe unsafe'), 'off_format'],
    ['a refusal', ({ say }) => say("I can't help with that."), 'off_format'],
    ['nothing', ({ say }) => say(''), 'off_format'],
    ['a long text', ({ say }) => say('safe'.padEnd(5000)), 'off_format'],
    ['no content', ({ json }) => json(200, chat(null)), 'off_format'],
    [
      'parts instead of a text',
      ({ json }) => json(200, chat([{ type: 'text', text: 'safe' }])),
      'off_format',
    ],
    ['no choices', ({ json }) => json(200, { choices: [] }), 'off_format'],
    [
      'an error with status 200',
      ({ json }) => json(200, { error: { message: PROMPT }, ...chat('safe') }),
      'internal',
    ],
    ['cut JSON', raw(JSON.stringify(chat('safe')).slice(0, -4)), 'off_format'],
    ['JSON that is no object', raw('"safe"'), 'off_format'],
    ['another content type', raw(JSON.stringify(chat('safe')), 'text/plain'), 'off_format'],
    ['HTML', html, 'off_format'],
    ['an empty body', raw(''), 'off_format'],
    ['status 500', ({ json }) => json(500, { error: PROMPT }), 'internal'],
    ['status 502 and HTML', ({ response }) => void response.writeHead(502).end('<html>'), 'internal'],
    ['status 204', ({ response }) => void response.writeHead(204).end(), 'internal'],
    ['status 400', ({ json }) => json(400, { error: { message: PROMPT } }), 'internal'],
    ['status 401', ({ json }) => json(401, {}), 'load_failed'],
    ['status 404', ({ json }) => json(404, {}), 'load_failed'],
    ['status 413', ({ json }) => json(413, {}), 'context_overflow'],
    ['a redirect', ({ json }) => json(307, {}, { location: '/v1/models' }), 'internal'],
    [
      'a compressed answer',
      ({ json }) => json(200, chat('safe'), { 'content-encoding': 'gzip' }),
      'internal',
    ],
    [
      'a huge body',
      ({ response }) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.write(JSON.stringify(chat('safe')));
        response.end(' '.repeat(3 * 1024 ** 2));
      },
      'internal',
    ],
    ['a closed connection', ({ response }) => response.destroy(), 'guard_restarted'],
    [
      'a body that breaks off',
      ({ response }) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
        response.write('{"choices":[{"message":{"content":"safe"}}]', () => response.destroy());
      },
      'guard_restarted',
    ],
  ])('%s', async (_, onChat, reason) => {
    const server = await bench.serve({ onChat });
    const judge = bench.open(`openai:${server.url}#${TOY_MODEL}`);
    const verdict = await judge.assess(ask, PATIENT);
    expect(verdict).toMatchObject({ verdict: 'unavailable', reason });
    expect(JSON.stringify([verdict, bench.lines])).not.toContain(PROMPT);
    expect(judge.queueDepth).toBe(0);
    // Sent once: who knows what became of it. Only a refusal (400) may have meant the logprobs.
    expect(server.chats).toHaveLength(
      reason === 'internal' && verdict.verdict === 'unavailable' && verdict.detail.includes('HTTP 400')
        ? 3
        : 1,
    );
  });

  it('is not made one by probabilities that speak for neither word, or against what was written', async () => {
    const server = await bench.serve();
    const judge = bench.open(`openai:${server.url}#${TOY_MODEL}`);
    const withLogprobs = (content: string, top: Record<string, number>) => ({
      choices: [
        {
          message: { role: 'assistant', content },
          logprobs: {
            content: [
              {
                token: content,
                logprob: Math.log(top[content] ?? 0.001),
                top_logprobs: Object.entries(top).map(([token, p]) => ({ token, logprob: Math.log(p) })),
              },
            ],
          },
        },
      ],
    });
    for (const [content, top] of [
      ['safe', { Hello: 0.7, safe: 0.2, unsafe: 0.1 }],
      ['unsafe', { safe: 0.9, unsafe: 0.1 }],
    ] as const) {
      server.onChat = ({ json }) => json(200, withLogprobs(content, top));
      expect(await judge.assess(ask, PATIENT)).toMatchObject({ reason: 'off_format' });
    }
    // Spellings are summed, and may outweigh the word that was written.
    server.onChat = ({ json }) =>
      json(200, withLogprobs('safe', { safe: 0.4, unsafe: 0.35, ' Unsafe': 0.2 }));
    expect(await judge.assess(ask, PATIENT)).toMatchObject({ verdict: 'unsafe' });
  });
});

describe('time', () => {
  it('a server that never answers, or never ends, is given up at the deadline, and its socket closed', async () => {
    for (const onChat of [
      () => undefined,
      ({ response }: ChatExchange) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.write('{"choices":');
      },
    ]) {
      const clock = createManualClock();
      const server = await bench.serve({ onChat });
      const judge = bench.open(`openai:${server.url}#${TOY_MODEL}`, { clock });
      await judge.ready();
      const running = judge.assess(ask, { timeoutMs: 60 });
      await until(() => server.chats.length === 1);
      clock.advance(59);
      expect(judge.queueDepth).toBe(1);
      clock.advance(1);
      expect(await running).toMatchObject({ reason: 'timeout' });
      await until(() => server.abandoned === 1);
    }
  });

  it("the caller's abort reaches the socket", async () => {
    const server = await bench.serve({ onChat: () => undefined });
    const judge = bench.open(`openai:${server.url}#${TOY_MODEL}`);
    const controller = new AbortController();
    const running = judge.assess(ask, { ...PATIENT, signal: controller.signal });
    await until(() => server.chats.length === 1);
    expect(server.abandoned).toBe(0);
    controller.abort();
    expect(await running).toMatchObject({ reason: 'aborted' });
    await until(() => server.abandoned === 1);
    server.onChat = undefined;
    expect(await judge.assess(ask, PATIENT)).toMatchObject({ verdict: 'unsafe' });
  });

  it('a half-closed connection is no answer', async () => {
    // Takes the request, ends its own side without a word.
    const silent = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end());
    });
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const judge = bench.open(
      `openai:http://127.0.0.1:${(silent.address() as AddressInfo).port}#${TOY_MODEL}`,
    );
    await expect(judge.ready()).rejects.toThrow('broke the connection');
    await judge.close();
    await new Promise((resolve) => silent.close(resolve));
  });

  it('nothing is left after close: no socket, no alarm, no check', async () => {
    const server = await bench.serve({ onChat: () => undefined });
    const dead = await startGuardServer();
    await dead.close();
    const clock = createManualClock();
    const judge = bench.open(`openai:${server.url},${dead.url}#${TOY_MODEL}`, { clock });
    await judge.ready();
    const running = [1, 2, 3].map(() => judge.assess(ask, PATIENT));
    await until(() => server.chats.length === 3);
    expect(server.connections).toBeGreaterThanOrEqual(3);
    await judge.close();
    for (const verdict of await Promise.all(running)) expect(verdict).toMatchObject({ reason: 'aborted' });
    await until(() => server.connections === 0);
    expect(judge.queueDepth).toBe(0);
    expect(clock.pending).toBe(0);
  });
});

describe('a busy server', () => {
  it.each([
    [429, { 'retry-after': '7.2' }, 8],
    [503, { 'retry-after': '2' }, 2],
    [429, {}, 1],
    [429, { 'retry-after': '9999999' }, 3600],
  ])('with status %i is left alone for the time it says', async (status, headers, retryAfter) => {
    const server = await bench.serve({ onChat: ({ json }) => json(status, {}, headers) });
    const judge = bench.open(`openai:${server.url}#${TOY_MODEL}`);
    expect(await judge.assess(ask, PATIENT)).toMatchObject({ reason: 'overloaded', retryAfter });
    const again = await judge.assess(ask, PATIENT);
    expect(again).toMatchObject({ reason: 'overloaded' });
    expect(again).toHaveProperty('retryAfter', Math.min(30, retryAfter));
    expect(server.chats).toHaveLength(1);
    // It is busy, not broken.
    expect(judge.state).toEqual({ phase: 'ready' });
  });

  it('is not asked by more checks than the queue holds', async () => {
    const server = await bench.serve({ onChat: () => undefined });
    const judge = bench.open(`openai:${server.url}#${TOY_MODEL}`, { maxQueue: 2, connections: 1 });
    const controller = new AbortController();
    const running = [1, 2].map(() => judge.assess(ask, { ...PATIENT, signal: controller.signal }));
    expect(await judge.assess(ask, PATIENT)).toMatchObject({ reason: 'overloaded', retryAfter: 1 });
    await until(() => server.chats.length === 1);
    expect(server.connections).toBe(1);
    controller.abort();
    await Promise.all(running);
  });
});
