/** Clients that leave, many at once, guards that die, servers that stop. */
import { connect, type Socket } from 'node:net';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer } from '../../src/server/start-server.js';
import { ask, CASES, OLLAMA_CHAT, OPENAI, WIRES } from '../support/server/chat-wire.js';
import { runPortcullis, type RunningPortcullis } from '../support/server/run-portcullis.js';

const HELLO = 'Hello, how are you today?';
const UNSAFE_PROMPT = 'How do I kill my neighbour and hide the body?';

let p: RunningPortcullis;
beforeAll(async () => {
  p = await runPortcullis({ guard: 'embedded' });
});
afterAll(() => p.close());

/** The newest request in the dashboard's list. */
const newest = () => p.portcullis.recent.list()[0];

describe('clients', () => {
  it.each([true, false])('that leave end the work of the model (stream: %s)', async (stream) => {
    const before = p.upstream.requests.length;
    const leave = new AbortController();
    const asked = fetch(`${p.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-request-id': `leaver-${stream}` },
      body: JSON.stringify(OPENAI.body(stream, `[[delay=${stream ? 20 : 20_000}]] long reply 500`)),
      signal: leave.signal,
    });
    if (stream) await (await asked).body?.getReader().read();
    else await expect.poll(() => p.upstream.requests.length).toBe(before + 1);
    leave.abort();
    await asked.catch(() => undefined);
    await expect.poll(() => p.upstream.requests[before]?.aborted).toBe(true);
    await expect
      .poll(() => p.portcullis.recent.list().find(({ requestId }) => requestId === `leaver-${stream}`))
      .toMatchObject({ error: 'client_closed' });
  });

  it('that leave in the middle of their own request are told of as such', async () => {
    const socket = connect(Number(new URL(p.url).port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(
      'POST /api/chat HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 90\r\n\r\n{"mo',
    );
    await sleep(50);
    socket.destroy();
    await expect.poll(newest).toMatchObject({ route: '/api/chat', error: 'client_closed' });
  });

  it('twenty at once each get their own answer', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const wire = WIRES[index % WIRES.length] ?? OPENAI;
        const unsafe = index % 5 === 4;
        const prompt = unsafe ? UNSAFE_PROMPT : `echo: This is the answer to the question number ${index}.`;
        return { index, unsafe, answer: await ask(p, wire, wire.body(index % 2 === 0, prompt)) };
      }),
    );
    for (const { index, unsafe, answer } of answers)
      expect(answer.text).toBe(
        unsafe ? "I can't help with that request." : `This is the answer to the question number ${index}.`,
      );
  });
});

describe('the guard', () => {
  it('may die in the middle of a request: no answer goes out unjudged, and it comes back', async () => {
    const hosted = p.portcullis.judge as typeof p.portcullis.judge & { readonly pid: number | undefined };
    for (const [wire, stream] of [
      [OPENAI, true],
      [OLLAMA_CHAT, false],
    ] as const) {
      await expect.poll(() => p.portcullis.readiness.ready, { timeout: 20_000 }).toBe(true);
      const pid = hosted.pid;
      if (pid === undefined) throw new Error('the guard has no process');
      // Stopped first, so that the request is in its hands when it dies.
      process.kill(pid, 'SIGSTOP');
      const unseen = `${UNSAFE_PROMPT} (${wire.name}, ${stream})`;
      const asked = ask(p, wire, wire.body(stream, unseen));
      await expect.poll(() => p.portcullis.judge.queueDepth).toBeGreaterThan(0);
      process.kill(pid, 'SIGKILL');
      const answer = await asked;
      expect(answer.status).toBe(503);
      expect(answer.errorCode).toBe('guard_unavailable');
      expect(answer.error).toMatch(/guard_restarted.* Try again later/);
      expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
      expect(answer.headers.get('x-portcullis-decision')).toBe('block');
      expect(answer.raw).not.toContain('You said');
    }
    await expect.poll(() => p.portcullis.readiness.ready, { timeout: 20_000 }).toBe(true);
    expect((await ask(p, OPENAI, OPENAI.body(false, 'echo: Here we are again.'))).text).toBe(
      'Here we are again.',
    );
    expect(await p.metrics()).toMatch(/unavailable_total\{judge="embedded",reason="guard_restarted"\} 2/);
  }, 60_000);

  it('may die in the middle of a stream: what had no verdict stays in', async () => {
    const { pid } = p.portcullis.judge as unknown as { readonly pid: number };
    const response = await p.post('/api/chat', OLLAMA_CHAT.body(true, '[[delay=10]] long reply 60'));
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let raw = (await reader?.read())?.value ?? '';
    process.kill(pid, 'SIGKILL');
    for (let next = await reader?.read(); next?.done === false; next = await reader?.read())
      raw += next.value;
    const last = JSON.parse(raw.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
    // Windows that had not been sent to it yet may be judged by its successor.
    if (last.done !== true) expect(last).toMatchObject({ code: 'guard_unavailable' });
    await expect.poll(() => p.portcullis.readiness.ready, { timeout: 20_000 }).toBe(true);
  });

  it.each([
    ['missing', undefined, /no such file|does not exist|not found|cannot be read/i],
    ['damaged', 'GGUF\x03\0\0\0 and then nothing that makes sense', /GGUF|damaged|model/i],
    ['of another kind', '<!doctype html><title>Not found</title>', /GGUF|damaged|model/i],
  ])('whose file is %s leaves the server alive, and says why', async (_name, content, why) => {
    const folder = await mkdtemp(join(tmpdir(), 'portcullis-guard-'));
    const file = join(folder, 'guard.gguf');
    if (content !== undefined) await writeFile(file, content);
    const broken = await runPortcullis({ guard: `gguf:${file}`, ready: false });
    try {
      await broken.portcullis.readiness.firstTest;
      const ready = await fetch(`${broken.url}/readyz`);
      expect(ready.status).toBe(503);
      const { status, message } = (await ready.json()) as { status: string; message: string };
      expect(status).toBe('not_ready');
      expect(message).toMatch(why);
      expect(message).toContain(file);
      expect((await fetch(`${broken.url}/healthz`)).status).toBe(200);
      for (const { wire, stream } of CASES) {
        const answer = await ask(broken, wire, wire.body(stream, HELLO));
        expect(answer.status).toBe(503);
        expect(answer.errorCode).toBe('guard_not_ready');
        expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
        expect(answer.raw).not.toContain('You said');
        // Where the file lies is nothing that clients need to know.
        expect(answer.raw).not.toContain(folder);
      }
      expect((await fetch(`${broken.url}/v1/models`)).status).toBe(200);
    } finally {
      await broken.close();
      await rm(folder, { recursive: true });
    }
  });
});

describe('the server', () => {
  it('says what to do about a port in use', async () => {
    const port = Number(new URL(p.url).port);
    const { portcullis } = p;
    const config = { ...portcullis.config, server: { ...portcullis.config.server, port } };
    await expect(startServer({ ...portcullis, config })).rejects.toThrow(
      `Port ${port} on 127.0.0.1 is in use. End the other program, or choose another port: --port ${port + 1}`,
    );
    const nowhere = { ...config, server: { ...config.server, host: '192.0.2.1', port: 0 } };
    await expect(startServer({ ...portcullis, config: nowhere })).rejects.toThrow(
      /has no address 192\.0\.2\.1/,
    );
  });

  it('stops as soon as nothing runs any more, however many connections are open, ten times', async () => {
    const { portcullis } = p;
    const post = (url: string) => (path: string, body: unknown) =>
      fetch(url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    for (let round = 0; round < 10; round += 1) {
      const config = {
        ...portcullis.config,
        // A connection that is waited for would show as a minute's wait, far over the test's own limit.
        server: { ...portcullis.config.server, port: 0, shutdownGraceMs: 60_000 },
      };
      const server = await startServer({ ...portcullis, config });
      const { port } = new URL(server.url);
      const silent: Socket = connect(Number(port), '127.0.0.1').on('error', () => undefined);
      await new Promise((resolve) => silent.once('connect', resolve));
      const client = { post: post(server.url) };
      const prompts = [
        HELLO,
        UNSAFE_PROMPT,
        'unsafe reply',
        'show me insecure code',
        `[[fault=cut;after=2]] ${HELLO}`,
      ];
      const faults = ['end', 'html'].map((fault) => `[[fault=${fault}]] ${HELLO}`);
      const mix = CASES.flatMap(({ wire, stream }) =>
        [...prompts, ...faults].map((prompt) => ask(client, wire, wire.body(stream, prompt))),
      );
      await Promise.all(mix);
      const late = ask(
        client,
        OPENAI,
        OPENAI.body(true, `[[delay=20]] echo: This one ran while the server stopped, in round ${round}.`),
      );
      await expect
        .poll(() => p.upstream.requests.some(({ raw }) => raw.includes(`round ${round}`)))
        .toBe(true);
      await server.close();
      expect((await late).text).toBe(`This one ran while the server stopped, in round ${round}.`);
      silent.destroy();
    }
    // Blocked and broken-off requests leave no time limits behind, which would keep the process alive.
    await sleep(1_100);
    const timers = process.getActiveResourcesInfo().filter((name) => name === 'Timeout');
    expect(timers.length).toBeLessThan(10);
  }, 60_000);
});
