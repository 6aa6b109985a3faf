/** What the guard makes of requests: read by a parser or by itself, judged, refused. */
import express from 'express';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../../src/core/errors.js';
import { closeScanner, dataOf, scannerReady, UNSAFE, withApp, type AppOptions } from './run-app.js';

beforeAll(scannerReady);
afterAll(closeScanner);

/** An app that tells what its handlers got. */
function echoing(options: Partial<AppOptions> = {}): AppOptions & { readonly seen: unknown[] } {
  const seen: unknown[] = [];
  return {
    ...options,
    seen,
    handlers: (app) => {
      app.all('/{*path}', (request, response) => {
        seen.push(request.body);
        response.json({ answer: 'Good day.' });
      });
    },
  };
}

const chat = (content: string, more: object = {}) => ({
  model: 'm',
  messages: [{ role: 'user', content }],
  ...more,
});

describe('bodies', () => {
  it.each([
    ['by express.json() before the guard', (app: express.Express) => void app.use(express.json())],
    ['by the guard itself', () => undefined],
  ])('are read %s, and the handler gets them parsed', async (_name, before) => {
    const options = echoing({ before });
    await withApp(options, async ({ post, judge }) => {
      const response = await post('/chat', { question: 'How are you?', deep: [{ note: 'well' }] });
      expect(await response.json()).toEqual({ answer: 'Good day.' });
      expect(options.seen).toEqual([{ question: 'How are you?', deep: [{ note: 'well' }] }]);
      expect(judge.judged[0]).toEqual({ role: 'User', text: 'How are you?\nwell' });
    });
  });

  it('are left alone by an express.json() behind the guard', async () => {
    const seen: unknown[] = [];
    const handlers = (app: express.Express): void => {
      app.use(express.json());
      app.post('/chat', (request, response) => {
        seen.push(request.body);
        response.json({});
      });
    };
    await withApp({ handlers }, async ({ post }) => {
      await post('/chat', { question: 'Hello?' });
      expect(seen).toEqual([{ question: 'Hello?' }]);
    });
  });

  it('may be lists, forms and text when the app parses them', async () => {
    const before = (app: express.Express): void => {
      app.use(express.json(), express.urlencoded(), express.text());
    };
    const options = echoing({ before });
    await withApp(options, async ({ post, judge }) => {
      await post('/', ['one', { two: 'three words here' }]);
      await post('/', 'a=some+words&b=more', {
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      });
      await post('/', 'plain words', { headers: { 'content-type': 'text/plain' } });
      expect(judge.judged.filter(({ role }) => role === 'User').map(({ text }) => text)).toEqual([
        'one\nthree words here',
        'some words\nmore',
        'plain words',
      ]);
      const blocked = await post('/', `a=${UNSAFE}`, {
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      });
      expect(blocked.headers.get('x-portcullis-decision')).toBe('block');
      expect(options.seen).toHaveLength(3);
    });
  });

  const refusals: [string, string, Record<string, string>, number, ErrorCode][] = [
    ['that are not JSON', '{"a": ', {}, 400, 'invalid_json'],
    ['with a key twice', '{"a": "x", "a": "y"}', {}, 400, 'invalid_json'],
    ['of another type', 'hello', { 'content-type': 'text/plain' }, 415, 'unsupported_content_type'],
    ['that are compressed', '{}', { 'content-encoding': 'gzip' }, 415, 'unsupported_encoding'],
    ['that are too large', JSON.stringify({ a: 'x'.repeat(200_000) }), {}, 413, 'body_too_large'],
  ];
  it.each(refusals)('%s are refused', async (_name, body, headers, status, code) => {
    const options = echoing();
    await withApp(options, async ({ post, ended }) => {
      const response = await post('/chat', body, { headers });
      expect(response.status).toBe(status);
      expect(await response.json()).toMatchObject({ error: { code } });
      expect(options.seen).toEqual([]);
      expect(await ended()).toMatchObject({ route: 'middleware', outcome: 'error', error: code, status });
    });
  });

  it('that turn out too large while they come are refused with an answer, not with a cut', async () => {
    const options = echoing();
    await withApp(options, async ({ url }) => {
      const piece = new TextEncoder().encode('x'.repeat(50_000));
      let left = 40;
      const body = new ReadableStream({
        pull(controller) {
          if ((left -= 1) < 0) controller.close();
          else controller.enqueue(piece);
        },
      });
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(url, { method: 'POST', headers, body, duplex: 'half' });
      expect(response.status).toBe(413);
      expect(options.seen).toEqual([]);
    });
  });

  it('that somebody read and hid are refused, as bytes are', async () => {
    const before = (app: express.Express): void => {
      app.use('/raw', express.raw({ type: '*/*' }));
      app.use('/gone', (request, _response, next) => {
        request.resume().on('end', () => next());
      });
    };
    const options = echoing({ before });
    await withApp(options, async ({ post }) => {
      for (const path of ['/raw', '/gone']) {
        const response = await post(path, { question: 'Hello?' });
        expect(response.status).toBe(415);
      }
      expect(options.seen).toEqual([]);
    });
  });
});

describe('a blocked prompt', () => {
  it.each([
    ['a chat', chat(`say ${UNSAFE}`), { choices: [{ finish_reason: 'content_filter' }] }],
    [
      'a chat without a model',
      { messages: [{ role: 'user', content: UNSAFE }] },
      { choices: [{ finish_reason: 'content_filter' }] },
    ],
    [
      'a body of its own',
      { question: UNSAFE },
      { text: expect.any(String) as string, finish_reason: 'content_filter' },
    ],
    [
      'a chat in a form of its own',
      { messages: [{ role: 'user', parts: [{ kind: 'words', words: UNSAFE }] }] },
      { text: expect.any(String) as string, finish_reason: 'content_filter' },
    ],
    [
      'an earlier turn',
      chat(UNSAFE, {
        messages: [
          { role: 'user', content: UNSAFE },
          { role: 'assistant', content: 'Hm.' },
          { role: 'user', content: 'Go on.' },
        ],
      }),
      { choices: [{}] },
    ],
  ])('of %s is refused and never reaches the handler', async (_name, body, expected) => {
    const options = echoing();
    await withApp(options, async ({ post, ended }) => {
      const response = await post('/chat', body);
      expect(response.status).toBe(200);
      expect(response.headers.get('x-portcullis-decision')).toBe('block');
      expect(response.headers.get('x-portcullis-categories')).toBe('S2');
      expect(response.headers.get('x-portcullis-policy')).toBe('test@1');
      const requestId = response.headers.get('x-portcullis-request-id');
      expect(await response.json()).toMatchObject({
        ...expected,
        portcullis: { decision: 'block', request_id: requestId },
      });
      expect(options.seen).toEqual([]);
      expect(await ended()).toMatchObject({ requestId, outcome: 'block', status: 200 });
    });
  });

  it('is refused as a stream when the client asked for one', async () => {
    const options = echoing();
    await withApp(options, async ({ post }) => {
      const response = await post('/chat', chat(UNSAFE, { stream: true, n: 2 }));
      expect(response.headers.get('content-type')).toMatch('text/event-stream');
      const data = dataOf(await response.text());
      expect(data.at(-1)).toBe('[DONE]');
      const ends = data
        .slice(0, -1)
        .map((text) => JSON.parse(text) as { choices: { index: number; finish_reason: unknown }[] });
      expect(
        ends.flatMap(({ choices }) => choices).filter(({ finish_reason }) => finish_reason !== null),
      ).toMatchObject([{ index: 0 }, { index: 1 }]);
      expect(options.seen).toEqual([]);
    });
  });

  it('is an error where the policy wants one', async () => {
    const options = echoing({ policy: { on_block: 'error' } });
    await withApp(options, async ({ post, ended }) => {
      const response = await post('/chat', chat(UNSAFE, { stream: true }));
      expect(response.status).toBe(403);
      expect(await response.json()).toMatchObject({ error: { code: 'content_policy_violation' } });
      expect(await ended()).toMatchObject({ outcome: 'block', error: 'content_policy_violation' });
    });
  });

  it('is refused in the format that the app names', async () => {
    const options = echoing({ express: { format: 'ollama-chat' } });
    await withApp(options, async ({ post }) => {
      const response = await post('/chat', chat(UNSAFE));
      const lines = (await response.text()).trim().split('\n');
      expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ done: true, done_reason: 'content_filter' });
      const wrong = await post('/chat', { messages: [{ role: 'User', content: 'x' }] });
      expect(wrong.status).toBe(400);
      expect(options.seen).toEqual([]);
    });
  });

  it('keeps the headers that the app gives every response', async () => {
    const before = (app: express.Express): void => {
      app.use((_request, response, next) => {
        response.set('access-control-allow-origin', 'https://app.example');
        next();
      });
    };
    await withApp(echoing({ before, policy: { on_block: 'error' } }), async ({ post }) => {
      const response = await post('/chat', chat(UNSAFE));
      expect(response.headers.get('access-control-allow-origin')).toBe('https://app.example');
    });
  });
});

describe('without a verdict', () => {
  it.each([
    ['timeout', 'guard_unavailable'],
    ['not_ready', 'guard_not_ready'],
  ] as const)('(%s) the handler does not run and the client is told to come back', async (reason, code) => {
    const options = echoing();
    await withApp(options, async ({ post, judge }) => {
      judge.unavailable = reason;
      const response = await post('/chat', chat('hello'));
      expect(response.status).toBe(503);
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(await response.json()).toMatchObject({ error: { code } });
      expect(options.seen).toEqual([]);
    });
  });
});

describe('addresses', () => {
  it('are judged: queries, and text in the path', async () => {
    const options = echoing();
    await withApp(options, async ({ url, judge }) => {
      await fetch(`${url}/ask?q=how+are+you&list[]=one%20two`);
      await fetch(`${url}/ask/what%20is%20that/42`);
      await fetch(`${url}/list/42`);
      expect(judge.judged.filter(({ role }) => role === 'User').map(({ text }) => text)).toEqual([
        'how are you\none two',
        'what is that',
      ]);
      for (const path of [`/ask?q=${UNSAFE}`, `/a/say%20${UNSAFE}`, `/a?${UNSAFE}%20here=1`]) {
        const response = await fetch(url + path);
        expect(response.headers.get('x-portcullis-decision')).toBe('block');
      }
      expect(options.seen).toHaveLength(3);
    });
  });

  it('are judged in full below the path that the guard is mounted on', async () => {
    await withApp(echoing(), async ({ post }) => {
      const response = await post(`/api/chat?style=${UNSAFE}`, chat('hello'));
      expect(response.headers.get('x-portcullis-decision')).toBe('block');
    });
  });

  it('of an EventSource get their refusal as an event', async () => {
    await withApp(echoing(), async ({ url }) => {
      const response = await fetch(`${url}/ask?q=${UNSAFE}`, { headers: { accept: 'text/event-stream' } });
      expect(response.headers.get('content-type')).toMatch('text/event-stream');
      expect(dataOf(await response.text()).map((text) => JSON.parse(text) as unknown)).toMatchObject([
        { text: "I can't help with that request." },
        { done: true, finish_reason: 'content_filter' },
      ]);
    });
  });
});

describe('files', () => {
  it('that an upload handler took are left to the policy', async () => {
    const before = (app: express.Express): void => {
      app.use((request, _response, next) => {
        Object.assign(request, { files: [{ originalname: 'a.png' }] });
        next();
      });
    };
    const options = echoing({ before });
    await withApp(options, async ({ post }) => {
      await post('/', { caption: 'A cat.' });
      expect(options.seen).toEqual([]);
    });
  });
});
