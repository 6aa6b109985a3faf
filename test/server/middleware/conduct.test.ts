/** How the guarded response behaves towards handlers, clients and other middleware. */
import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Express, Response as ExpressResponse } from 'express';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createExpressMiddleware } from '../../../src/server/middleware/index.js';
import {
  chunkOf,
  closeScanner,
  createParts,
  createScriptedJudge,
  scannerReady,
  UNSAFE,
  withApp,
  type AppOptions,
  type GuardedApp,
} from './run-app.js';

beforeAll(scannerReady);
afterAll(closeScanner);

function answering(
  answer: (response: ExpressResponse) => unknown,
  options: Partial<AppOptions> = {},
): AppOptions {
  const handlers = (app: Express): void => {
    app.use((_request, response) => answer(response) as Promise<void>);
  };
  return { ...options, handlers };
}

const sse = (response: ExpressResponse): ExpressResponse => response.type('text/event-stream');
const pause = (ms = 5): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const hello = { question: 'Hello?' };

/** Sends a GET by hand and reads nothing until told to. */
async function rawGet(url: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  await once(socket, 'connect');
  socket.pause();
  socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
  return socket;
}

async function drained(socket: Socket): Promise<string> {
  let text = '';
  socket.setEncoding('utf8');
  socket.on('data', (piece: string) => (text += piece));
  await once(socket, 'close');
  return text;
}

describe('a handler that fails', () => {
  it('before it writes gets the app’s error page out, judged', async () => {
    const handlers = (app: Express): void => {
      app.use(() => {
        throw new Error('secret cause');
      });
      app.use((_error: unknown, _request: unknown, response: ExpressResponse, next: () => void) => {
        if (response.headersSent) next();
        else response.status(500).json({ message: 'The app is unwell.' });
      });
    };
    await withApp({ handlers }, async ({ post, judge }) => {
      const response = await post('/', hello);
      expect(response.status).toBe(500);
      expect(await response.json()).toEqual({ message: 'The app is unwell.' });
      expect(judge.judged.at(-1)?.text).toBe('The app is unwell.');
    });
  });

  it('in the middle of a stream lets nothing out that was not judged', async () => {
    const options = answering(async (response) => {
      sse(response).write(chunkOf(UNSAFE));
      await pause();
      throw new Error('the model broke');
    });
    await withApp(options, async ({ url, ended }) => {
      const socket = await rawGet(url);
      const text = drained(socket);
      socket.resume();
      expect(await text).not.toContain(UNSAFE);
      expect(await ended()).toMatchObject({ outcome: expect.stringMatching('error|block') as string });
    });
  });

  it('that destroys its response cuts the connection', async () => {
    const options = answering(async (response) => {
      sse(response).write(chunkOf('Hello there.'));
      await pause();
      response.destroy();
    });
    await withApp(options, async ({ post, ended }) => {
      await expect(post('/', hello).then((response) => response.text())).rejects.toThrow();
      expect(await ended()).toMatchObject({ outcome: 'error', error: 'client_closed', status: 499 });
    });
  });

  it('that never ends lets nothing out that was not judged', async () => {
    const options = answering((response) => {
      sse(response).write(chunkOf(`say ${UNSAFE}`).slice(0, -2));
    });
    await withApp(options, async ({ url, judge, ended }) => {
      const socket = await rawGet(url);
      const text = drained(socket);
      socket.resume();
      await pause(300);
      socket.destroy();
      expect(await text).toBe('');
      expect(judge.judged).toEqual([]);
      await ended();
    });
  });
});

describe('a client that leaves', () => {
  it('ends the judgement and is told to the handler; later writes are dropped', async () => {
    let closed = false;
    let wroteAfter: boolean | undefined;
    const options = answering(async (response) => {
      response.on('close', () => (closed = true));
      sse(response).write(chunkOf('x'.repeat(200)));
      while (!closed) await pause();
      wroteAfter = response.write(chunkOf('late'));
      response.end();
    });
    await withApp(options, async ({ post, judge, ended }) => {
      const leave = new AbortController();
      let aborted = false;
      judge.before = async (signal) => {
        if (judge.judged.length === 0) return;
        leave.abort();
        while (signal?.aborted !== true) await pause();
        aborted = true;
      };
      await expect(post('/', hello, { signal: leave.signal })).rejects.toThrow();
      expect(await ended()).toMatchObject({ error: 'client_closed', status: 499 });
      expect(aborted).toBe(true);
      while (wroteAfter === undefined) await pause();
      expect(wroteAfter).toBe(true);
    });
  });

  it('while its prompt is judged never reaches the handler', async () => {
    let ran = false;
    const options = answering((response) => {
      ran = true;
      response.end();
    });
    await withApp(options, async ({ post, judge, ended }) => {
      const leave = new AbortController();
      judge.before = async (signal) => {
        leave.abort();
        while (signal?.aborted !== true) await pause();
      };
      await expect(post('/', hello, { signal: leave.signal })).rejects.toThrow();
      expect(await ended()).toMatchObject({ error: 'client_closed' });
      expect(ran).toBe(false);
    });
  });
});

describe('backpressure', () => {
  it('of a slow client reaches the handler, and everything arrives', async () => {
    // Much to send and little to judge: numbers are no text.
    const numbers = Array.from({ length: 5_000 }, (_, index) => 10_000 + index);
    const piece = `data: ${JSON.stringify({ token: 'on and on ', numbers })}\n\n`;
    const count = 400;
    let written = 0;
    let drains = 0;
    const options = answering(async (response) => {
      sse(response);
      response.on('drain', () => (drains += 1));
      while (written < count) {
        written += 1;
        if (!response.write(piece)) {
          expect(response.writableNeedDrain).toBe(true);
          await once(response, 'drain');
        }
      }
      response.end();
    });
    await withApp(options, async ({ url }) => {
      const socket = await rawGet(url);
      let before = -1;
      while (written !== before || written === 0) {
        before = written;
        await pause(150);
      }
      expect(written).toBeLessThan(count);
      let size = 0;
      socket.on('data', (bytes: Buffer) => {
        size += bytes.length;
        if (bytes.toString().endsWith('0\r\n\r\n')) socket.end();
      });
      socket.resume();
      await once(socket, 'close');
      expect(written).toBe(count);
      expect(size).toBeGreaterThan(count * piece.length);
      expect(drains).toBeGreaterThan(2);
    });
  });
});

describe('the response that a handler sees', () => {
  it('is Node’s own in what it says and does', async () => {
    const notes: unknown[] = [];
    const note = (value: unknown): void => void notes.push(value);
    const codeOf = (run: () => unknown): unknown => {
      try {
        run();
        return 'nothing thrown';
      } catch (error) {
        return (error as NodeJS.ErrnoException).code;
      }
    };
    const options = answering(async (response) => {
      note(codeOf(() => response.writeHead(42)));
      response.writeHead(202, 'Fine', [
        'x-one',
        '1',
        'x-two',
        'a',
        'x-two',
        'b',
        'content-type',
        'text/plain',
      ]);
      note([response.headersSent, response.statusCode]);
      note(codeOf(() => response.setHeader('x-late', '1')));
      note(codeOf(() => response.writeHead(200)));
      note(codeOf(() => response.write(7)));
      await new Promise((resolve) => response.write('68656c6c6f', 'hex', resolve));
      response.write('');
      note(response.writableEnded);
      await new Promise<void>((resolve) => response.end(', you', resolve));
      note([response.writableEnded, response.writableFinished]);
      note(
        await new Promise((resolve) => response.end(resolve)).then(
          (error) => (error as NodeJS.ErrnoException).code,
        ),
      );
      note(response.write('more', (error) => note((error as NodeJS.ErrnoException).code)));
    });
    await withApp(options, async ({ url }) => {
      const response = await fetch(url);
      expect([response.status, response.statusText, await response.text()]).toEqual([
        202,
        'Fine',
        'hello, you',
      ]);
      expect([response.headers.get('x-one'), response.headers.get('x-two')]).toEqual(['1', 'a, b']);
      while (notes.length < 10) await pause();
      expect(notes).toEqual([
        'ERR_HTTP_INVALID_STATUS_CODE',
        [true, 202],
        'ERR_HTTP_HEADERS_SENT',
        'ERR_HTTP_HEADERS_SENT',
        'ERR_INVALID_ARG_TYPE',
        false,
        [true, true],
        'ERR_STREAM_ALREADY_FINISHED',
        false,
        'ERR_STREAM_WRITE_AFTER_END',
      ]);
    });
  });

  it('keeps trailers and informational responses', async () => {
    const options = answering((response) => {
      response.writeProcessing();
      response.setHeader('trailer', 'x-sum');
      response.type('text/plain').write('body');
      response.addTrailers({ 'x-sum': '4' });
      response.end();
    });
    await withApp(options, async ({ url }) => {
      const request = httpRequest(url).end();
      let informed = 0;
      request.on('information', ({ statusCode }) => (informed = statusCode));
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      response.resume();
      await once(response, 'end');
      expect(informed).toBe(102);
      expect(response.trailers).toEqual({ 'x-sum': '4' });
    });
  });
});

describe('with other middleware', () => {
  /** What compression middleware does to a response, in short. */
  function compress(app: Express): void {
    app.use((_request, response, next) => {
      const pieces: Buffer[] = [];
      const end = response.end.bind(response);
      response.write = ((piece: string) => {
        if (!response.headersSent) response.writeHead(response.statusCode);
        pieces.push(Buffer.from(piece));
        return true;
      }) as typeof response.write;
      response.end = ((piece?: string) => {
        if (!response.headersSent) response.writeHead(response.statusCode);
        if (piece !== undefined) pieces.push(Buffer.from(piece));
        setImmediate(() => end(gzipSync(Buffer.concat(pieces))));
        return response;
      }) as typeof response.end;
      const writeHead = response.writeHead.bind(response);
      response.writeHead = ((status: number) => {
        response.setHeader('content-encoding', 'gzip');
        response.removeHeader('content-length');
        return writeHead(status);
      }) as typeof response.writeHead;
      next();
    });
  }

  it('compression before the guard gets what was judged', async () => {
    const answers: [string, (response: ExpressResponse) => unknown][] = [
      ['{"answer":"Good day."}', (response) => response.json({ answer: 'Good day.' })],
      [
        'data: one\n\ndata: two\n\n',
        async (response) => {
          sse(response).write('data: one\n\n');
          await pause();
          response.end('data: two\n\n');
        },
      ],
    ];
    for (const [expected, answer] of answers) {
      await withApp(answering(answer, { before: compress }), async ({ url }) => {
        const request = httpRequest(url).end();
        const [response] = (await once(request, 'response')) as [IncomingMessage];
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(chunk as Buffer);
        expect(response.headers['content-encoding']).toBe('gzip');
        expect(response.headers['x-portcullis-decision']).toBe('allow');
        expect(gunzipSync(Buffer.concat(chunks)).toString()).toBe(expected);
      });
    }
  });

  it('compression behind the guard is found out', async () => {
    const handlers = (app: Express): void => {
      compress(app);
      app.use((_request, response) => void response.json({ answer: UNSAFE }));
    };
    await withApp({ handlers }, async ({ post }) => {
      const response = await post('/', hello);
      expect(response.status).toBe(502);
      expect(await response.text()).toContain('mount compression before the guard');
    });
  });

  it('what middleware behind the guard adds to the headers arrives, also with a refusal', async () => {
    for (const answer of ['Good day.', UNSAFE]) {
      const handlers = (app: Express): void => {
        app.use((_request, response, next) => {
          // As sessions do: a cookie is set when the headers are about to go.
          const writeHead = response.writeHead.bind(response);
          response.writeHead = ((...args: [number]) => {
            response.setHeader('set-cookie', 'session=1');
            return writeHead(...args);
          }) as typeof response.writeHead;
          next();
        });
        app.use((_request, response) => void response.json({ answer }));
      };
      await withApp({ handlers }, async ({ post }) => {
        const response = await post('/', hello);
        expect(response.headers.get('set-cookie')).toBe('session=1');
        expect(await response.text()).toContain(answer === UNSAFE ? "I can't" : answer);
      });
    }
  });

  it('mounted twice it judges once', async () => {
    const judge = createScriptedJudge();
    const { parts, events } = createParts(judge);
    const guard = () => createExpressMiddleware(parts, { bodyLimitBytes: 1000 });
    const [outer, inner] = [guard(), guard()];
    // No Express here: any server of Node's that calls (request, response, next) will do.
    const server = createServer((request, response) => {
      outer(request, response, () => inner(request, response, () => response.end('Hello.')));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect(await (await fetch(url)).text()).toBe('Hello.');
    expect(judge.judged).toHaveLength(1);
    expect(events.filter(({ type }) => type === 'request')).toHaveLength(1);
    server.close();
    server.closeAllConnections();
  });

  it('options that are none are refused', () => {
    const { parts } = createParts(createScriptedJudge());
    const mount = (options: object) => () =>
      createExpressMiddleware(parts, { bodyLimitBytes: 1000 }, options);
    expect(mount({ format: 'grpc' })).toThrow('format must be one of auto');
    expect(mount({ bodyLimitBytes: 0 })).toThrow('bodyLimitBytes');
  });
});

describe('the openai client', () => {
  const client = ({ url }: GuardedApp): OpenAI =>
    new OpenAI({ apiKey: 'none', baseURL: `${url}/v1`, maxRetries: 0 });
  const options = answering(async (response) => {
    const { body } = response.req as { body: { stream?: boolean; messages: { content: string }[] } };
    const text = `You said: ${body.messages.at(-1)?.content ?? ''}. Good day to you, ${'and so on, '.repeat(20)}`;
    const reply = text.includes('trick') ? `${text} ${UNSAFE}` : text;
    if (body.stream === true) {
      sse(response);
      for (const word of reply.split(/(?<= )/)) {
        response.write(chunkOf(word));
        await pause(1);
      }
      response.end(chunkOf('', 'stop') + 'data: [DONE]\n\n');
    } else {
      const message = { role: 'assistant', content: reply };
      response.json({
        id: 'c1',
        object: 'chat.completion',
        created: 1,
        model: 'm',
        choices: [{ index: 0, message, finish_reason: 'stop' }],
      });
    }
  });
  const ask = (content: string) => ({ model: 'm', messages: [{ role: 'user' as const, content }] });

  it('understands replies and refusals, whole and streamed', async () => {
    await withApp(options, async (app) => {
      const openai = client(app);
      for (const [content, finish] of [
        ['hello', 'stop'],
        ['trick', 'content_filter'],
        [UNSAFE, 'content_filter'],
      ] as const) {
        const whole = await openai.chat.completions.create(ask(content));
        expect(whole.choices[0]?.finish_reason).toBe(finish);
        const stream = await openai.chat.completions.create({ ...ask(content), stream: true });
        let text = '';
        let last: string | null | undefined;
        for await (const chunk of stream) {
          text += chunk.choices[0]?.delta.content ?? '';
          last = chunk.choices[0]?.finish_reason ?? last;
        }
        expect(last).toBe(finish);
        expect(text).not.toContain(UNSAFE);
        expect(text).toContain(content === 'hello' ? 'You said: hello' : "I can't");
      }
    });
  });

  it('raises errors', async () => {
    await withApp(options, async (app) => {
      app.judge.unavailable = 'overloaded';
      await expect(client(app).chat.completions.create(ask('hello'))).rejects.toMatchObject({
        status: 503,
        code: 'guard_unavailable',
      });
    });
  });
});
