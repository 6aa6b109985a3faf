/** Several servers, servers that come and go, second requests: on a clock that the test moves. */
import { describe, expect, it } from 'vitest';
import {
  startGuardServer,
  TOY_MODEL,
  type ChatExchange,
} from '../../../support/remote-guard/guard-server.js';
import { createManualClock } from '../../../support/remote-guard/manual-clock.js';
import { remoteBench, until } from '../../../support/remote-guard/open-remote.js';

const PATIENT = { timeoutMs: 1_000_000 };
const ask = { messages: [{ role: 'User' as const, text: 'bomb' }], categoriesFrom: 0.5 };
const bench = remoteBench();

async function freePort(): Promise<number> {
  const server = await startGuardServer();
  await server.close();
  return server.port;
}

describe('several servers', () => {
  it('share the checks by how many each has outstanding', async () => {
    const held: ChatExchange[] = [];
    const slow = await bench.serve({ onChat: (exchange) => void held.push(exchange) });
    const quick = await bench.serve();
    const judge = bench.open(`openai:${slow.url},${quick.url}#${TOY_MODEL}`);
    await judge.ready();
    await until(() => slow.lists + quick.lists === 2);
    const running = [];
    for (let i = 0; i < 10; i++) {
      const heldBefore = held.length;
      const check = judge.assess(ask, PATIENT);
      running.push(check);
      await until(() => slow.chats.length + quick.chats.length === i + 1);
      if (held.length === heldBefore) await check;
    }
    // The first that went to the slow one is still there: everything else goes to the other.
    expect([slow.chats.length, quick.chats.length]).toEqual([1, 9]);
    held[0]?.judge();
    for (const verdict of await Promise.all(running)) expect(verdict).toMatchObject({ verdict: 'unsafe' });
  });

  it('are ready as soon as one is, and a dead one costs nobody a check', async () => {
    const alive = await bench.serve();
    const judge = bench.open(`openai:http://127.0.0.1:${await freePort()},${alive.url}#${TOY_MODEL}`);
    await judge.ready();
    for (let i = 0; i < 6; i++) expect(await judge.assess(ask, PATIENT)).toMatchObject({ verdict: 'unsafe' });
    expect(alive.chats).toHaveLength(6);
  });

  it('stand in for one that cannot be reached any more', async () => {
    const first = await startGuardServer();
    const second = await bench.serve();
    const judge = bench.open(`openai:${first.url},${second.url}#${TOY_MODEL}`);
    await judge.ready();
    await until(() => first.lists + second.lists === 2);
    await first.close();
    for (let i = 0; i < 4; i++) expect(await judge.assess(ask, PATIENT)).toMatchObject({ verdict: 'unsafe' });
    expect(second.chats).toHaveLength(4);
  });

  it('do not stand in for one that may have begun to judge', async () => {
    const servers = [await bench.serve(), await bench.serve()];
    const judge = bench.open(`openai:${servers.map(({ url }) => url).join(',')}#${TOY_MODEL}`);
    await judge.ready();
    await until(() => servers.every(({ lists }) => lists === 1));
    for (const server of servers) server.onChat = ({ response }) => response.destroy();
    expect(await judge.assess(ask, PATIENT)).toMatchObject({ reason: 'guard_restarted' });
    expect(servers.flatMap(({ chats }) => chats)).toHaveLength(1);
  });
});

describe('the circuit breaker', () => {
  it('opens after failures in a row, refuses at once, and closes when a probe of its own succeeds', async () => {
    const clock = createManualClock();
    const server = await bench.serve();
    const judge = bench.open(`openai:${server.url}#${TOY_MODEL}`, { clock, breakerFailures: 3 });
    await judge.ready();
    server.onChat = ({ json }) => json(500, {});
    for (let i = 0; i < 3; i++)
      expect(await judge.assess(ask, PATIENT)).toMatchObject({ reason: 'internal' });
    expect(judge.state.phase).toBe('restarting');

    const sent = server.chats.length;
    expect(await judge.assess(ask, PATIENT)).toMatchObject({ verdict: 'unavailable', retryAfter: 1 });
    expect(server.chats).toHaveLength(sent);

    // The probe fails too: the next pause is twice as long.
    clock.advance(1_000);
    await until(() => server.chats.length === sent + 1);
    let retryAfter: unknown;
    await until(() => {
      void judge.assess(ask, PATIENT).then((verdict) => {
        if (verdict.verdict === 'unavailable') retryAfter = verdict.retryAfter;
      });
      return retryAfter === 2;
    });
    clock.advance(1_999);
    expect(server.chats).toHaveLength(sent + 1);

    server.onChat = undefined;
    clock.advance(1);
    await judge.ready();
    expect(judge.state).toEqual({ phase: 'ready' });
    expect(await judge.assess(ask, PATIENT)).toMatchObject({ verdict: 'unsafe' });
    expect(bench.lines.some((line) => line.includes('answers again'))).toBe(true);
  });

  it('opens when half of the last checks failed, though never many in a row', async () => {
    const server = await bench.serve();
    const judge = bench.open(`openai:${server.url}#${TOY_MODEL}`, { clock: createManualClock() });
    await judge.ready();
    server.onChat = ({ index, json, judge: answer }) => (index % 2 === 0 ? json(500, {}) : answer());
    let checks = 0;
    while (judge.state.phase === 'ready' && checks < 50) {
      await judge.assess(ask, PATIENT);
      checks += 1;
    }
    expect(checks).toBeGreaterThanOrEqual(10);
    expect(checks).toBeLessThan(20);
  });

  it('opens for a server that never answers, and not for callers who change their mind', async () => {
    const clock = createManualClock();
    const server = await bench.serve();
    const judge = bench.open(`openai:${server.url}#${TOY_MODEL}`, { clock, breakerFailures: 2 });
    await judge.ready();
    server.onChat = () => undefined;
    const hangUntil = async (end: (controller: AbortController) => void): Promise<void> => {
      const controller = new AbortController();
      const before = server.chats.length;
      const running = judge.assess(ask, { timeoutMs: 1_000, signal: controller.signal });
      await until(() => server.chats.length === before + 1);
      end(controller);
      await running;
    };
    for (let i = 0; i < 4; i++) await hangUntil((controller) => controller.abort());
    expect(judge.state.phase).toBe('ready');
    for (let i = 0; i < 2; i++) await hangUntil(() => clock.advance(1_000));
    expect(judge.state.phase).toBe('restarting');
    expect(judge.state.message).toContain('does not answer in time');
  });

  it('is not opened by what is not the server’s fault', async () => {
    const server = await bench.serve();
    const judge = bench.open(`openai:${server.url}#${TOY_MODEL}`, { breakerFailures: 2 });
    await judge.ready();
    for (const onChat of [
      ({ say }: ChatExchange) => say('prose'),
      ({ json }: ChatExchange) => json(400, {}),
      ({ json }: ChatExchange) => json(413, {}),
    ])
      for (let i = 0; i < 4; i++) {
        server.onChat = onChat;
        await judge.assess(ask, PATIENT);
      }
    server.onChat = undefined;
    expect(await judge.assess(ask, PATIENT)).toMatchObject({ verdict: 'unsafe' });
  });

  it('finds a server that was started later', async () => {
    const clock = createManualClock();
    const port = await freePort();
    const judge = bench.open(`openai:http://127.0.0.1:${port}#${TOY_MODEL}`, { clock });
    await expect(judge.ready()).rejects.toThrow(
      /No guard server can be reached at http:\/\/127\.0\.0\.1:\d+ \(ECONNREFUSED\)\. Start the server/,
    );
    expect(judge.state.phase).toBe('failed');
    expect(await judge.assess(ask, PATIENT)).toMatchObject({ reason: 'not_ready', retryAfter: 1 });
    await bench.serve({ port });
    clock.advance(1_000);
    await until(() => judge.state.phase === 'ready');
    expect(await judge.assess(ask, PATIENT)).toMatchObject({ verdict: 'unsafe' });
    // Told once, not at each try.
    expect(bench.lines.filter((line) => line.startsWith('error'))).toHaveLength(1);
  });
});

describe('a second request', () => {
  async function warm(servers: readonly string[], clock = createManualClock()) {
    const judge = bench.open(`openai:${servers.join(',')}#${TOY_MODEL}`, { clock, hedgePercentile: 0.9 });
    await judge.ready();
    return { judge, clock };
  }

  it('goes to another server when the first is slow; the first answer wins, the other is aborted', async () => {
    const [a, b] = [await bench.serve(), await bench.serve()];
    const { judge, clock } = await warm([a.url, b.url]);
    await until(() => a.lists + b.lists === 2);
    for (let i = 0; i < 20; i++) await judge.assess(ask, PATIENT);
    let hung: ChatExchange | undefined;
    a.onChat = b.onChat = (exchange) => {
      if (hung === undefined) hung = exchange;
      else exchange.judge();
    };
    const before = a.chats.length + b.chats.length;
    const running = judge.assess(ask, PATIENT);
    await until(() => hung !== undefined);
    const [first, second] = a.chats.some((chat) => chat === hung?.request) ? [a, b] : [b, a];
    const asked = second.chats.length;
    expect(a.chats.length + b.chats.length).toBe(before + 1);
    clock.advance(1_000);
    expect(await running).toMatchObject({ verdict: 'unsafe' });
    expect(second.chats).toHaveLength(asked + 1);
    await until(() => first.abandoned === 1);
  });

  it('goes to the same server, on another connection, where there is only one', async () => {
    const server = await bench.serve();
    const { judge, clock } = await warm([server.url]);
    for (let i = 0; i < 20; i++) await judge.assess(ask, PATIENT);
    const exchanges: ChatExchange[] = [];
    server.onChat = (exchange) => {
      // The first hangs.
      if (exchanges.push(exchange) > 1) exchange.judge();
    };
    const running = judge.assess(ask, PATIENT);
    await until(() => exchanges.length === 1);
    clock.advance(1_000);
    expect(await running).toMatchObject({ verdict: 'unsafe' });
    expect(exchanges).toHaveLength(2);
    await until(() => server.abandoned === 1);
  });

  it('is not sent before twenty checks told how long they take, nor for more than a tenth of them', async () => {
    const server = await bench.serve();
    const { judge, clock } = await warm([server.url]);
    /** @returns how many requests more than checks came */
    const slowly = async (): Promise<number> => {
      const before = server.chats.length;
      const held: ChatExchange[] = [];
      server.onChat = (exchange) => void held.push(exchange);
      const running = judge.assess(ask, PATIENT);
      await until(() => held.length === 1);
      clock.advance(1_000);
      // Comes after a second request, if there is one.
      const mark = judge.assess(ask, PATIENT);
      await until(() => held.length >= 2);
      server.onChat = undefined;
      for (const exchange of held) exchange.judge();
      await Promise.all([running, mark]);
      return server.chats.length - before - 2;
    };
    expect(await slowly()).toBe(0);
    for (let i = 0; i < 30; i++) await judge.assess(ask, PATIENT);
    let sent = 0;
    for (let i = 0; i < 20; i++) sent += await slowly();
    expect(sent).toBeGreaterThan(0);
    // One to begin with, and a tenth of 72 checks.
    expect(sent).toBeLessThanOrEqual(8);
  });
});
