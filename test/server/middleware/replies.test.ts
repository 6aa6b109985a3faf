/** What of a handler's reply reaches the client, for each kind of body. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { gzipSync } from 'node:zlib';
import type { Express, Response as ExpressResponse } from 'express';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chunkOf, closeScanner, dataOf, scannerReady, UNSAFE, withApp, type AppOptions } from './run-app.js';

beforeAll(scannerReady);
afterAll(closeScanner);

const INSECURE = 'Run:\n```python\nimport os, sys\nos.system(sys.argv[1])\n```\nDone.\n';
const WEAK = 'Use:\n```python\nimport hashlib\nprint(hashlib.md5(b"x"))\n```\nDone.\n';

/** One handler for every path. */
function answering(
  answer: (response: ExpressResponse) => unknown,
  options: Partial<AppOptions> = {},
): AppOptions {
  const handlers = (app: Express): void => {
    app.use((_request, response) => void answer(response));
  };
  return { ...options, handlers };
}

/** Writes the pieces with a pause in between, so that the guard sees them one by one. */
async function writeSlowly(response: ExpressResponse, pieces: readonly string[]): Promise<void> {
  for (const piece of pieces) {
    response.write(piece);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  response.end();
}

const sse = (response: ExpressResponse): ExpressResponse => response.type('text/event-stream');
const words = (count: number, word = 'word'): string[] =>
  Array.from({ length: count }, (_, index) => `${word} ${index} `);
const hello = { question: 'Hello?' };

describe('JSON', () => {
  it('passes with its length, its tag and the facts as headers', async () => {
    const app = answering((response) => response.status(201).json({ answer: 'Grüße!', list: [1, null] }));
    await withApp(app, async ({ post, ended, events, judge }) => {
      const response = await post('/', hello);
      expect(response.status).toBe(201);
      const text = await response.text();
      expect(JSON.parse(text)).toEqual({ answer: 'Grüße!', list: [1, null] });
      expect(response.headers.get('content-length')).toBe(String(Buffer.byteLength(text)));
      expect(response.headers.get('etag')).toMatch(/^W\//);
      expect(response.headers.get('x-portcullis-decision')).toBe('allow');
      expect(judge.judged.at(-1)).toEqual({ role: 'Agent', text: 'Grüße!' });
      expect(await ended()).toMatchObject({ route: 'middleware', outcome: 'allow', status: 201 });
      expect(events.map(({ type }) => type).slice(-2)).toEqual(['first-byte', 'request']);
      expect(events).toContainEqual(expect.objectContaining({ type: 'stream-chars', released: 6 }));
    });
  });

  it('of any shape is judged: lists, strings, chat completions', async () => {
    const bodies = [
      ['one', { two: UNSAFE }],
      UNSAFE,
      { 'an odd key': 1, deep: [{ [`so ${UNSAFE}`]: true }] },
    ];
    for (const body of bodies) {
      await withApp(
        answering((response) => response.json(body)),
        async ({ post }) => {
          const response = await post('/', hello);
          expect(response.headers.get('x-portcullis-decision')).toBe('block');
          expect(await response.text()).not.toContain(UNSAFE);
        },
      );
    }
  });

  it('that is blocked becomes a refusal in the format it had', async () => {
    const completion = {
      id: 'c1',
      object: 'chat.completion',
      created: 1,
      model: 'm',
      choices: [{ index: 0, message: { role: 'assistant', content: UNSAFE }, finish_reason: 'stop' }],
    };
    const options = answering((response) => response.json(completion));
    await withApp(options, async ({ post, ended }) => {
      const response = await post('/', hello);
      expect(await response.json()).toMatchObject({
        object: 'chat.completion',
        choices: [{ message: { content: "I can't share the answer to that request." } }],
        portcullis: { decision: 'block', categories: ['S2'] },
      });
      expect(response.headers.get('x-portcullis-categories')).toBe('S2');
      expect(response.headers.get('etag')).toBeNull();
      expect(await ended()).toMatchObject({ outcome: 'block', status: 200 });
    });
  });

  it('that is blocked is a 403 under on_block: error', async () => {
    const options = answering((response) => response.json({ answer: UNSAFE }), {
      policy: { on_block: 'error' },
    });
    await withApp(options, async ({ post }) => {
      const response = await post('/', hello);
      expect(response.status).toBe(403);
      expect(await response.text()).not.toContain(UNSAFE);
    });
  });

  it('with insecure code is withheld, with weak code gets a note', async () => {
    await withApp(
      answering((response) => response.json({ answer: INSECURE })),
      async ({ post }) => {
        const body = await (await post('/', hello)).text();
        expect(body).toContain('python-os-system');
        expect(body).not.toContain('os.system');
      },
    );
    await withApp(
      answering((response) => response.json({ answer: WEAK })),
      async ({ post }) => {
        const response = await post('/', hello);
        const text = await response.text();
        const { answer } = JSON.parse(text) as { answer: string };
        expect(answer).toContain('Portcullis: the code above is insecure');
        expect(answer.replace(/\n> .*\n(> .*\n)*\n/, '')).toBe(WEAK);
        expect(response.headers.get('content-length')).toBe(String(Buffer.byteLength(text)));
        expect(response.headers.get('x-portcullis-decision')).toBe('annotate');
      },
    );
  });

  it('that is none is an error, and nothing of it leaves', async () => {
    const options = answering((response) => response.type('json').send('{"answer": "cut of'));
    await withApp(options, async ({ post }) => {
      const response = await post('/', hello);
      expect(response.status).toBe(502);
      expect(await response.json()).toMatchObject({ error: { code: 'upstream_malformed' } });
    });
  });
});

describe('server-sent events', () => {
  it('written by hand pass in pieces, with names and the end they had', async () => {
    const options = answering(async (response) => {
      sse(response).flushHeaders();
      expect(response.headersSent).toBe(true);
      await writeSlowly(response, [
        ': ping\n\nevent: token\ndata: {"tok',
        'en":"Hel"}\n\n',
        'event: token\ndata: {"token":"lo."}\n\ndata: plain\ndata: text\n\n',
        'data: [DONE]\n\n',
      ]);
    });
    await withApp(options, async ({ post, judge }) => {
      const response = await post('/', { ...hello, stream: true });
      expect(await response.text()).toBe(
        'event: token\ndata: {"token":"Hel"}\n\nevent: token\ndata: {"token":"lo."}\n\n' +
          'data: plain\ndata: text\n\ndata: [DONE]\n\n',
      );
      expect(response.headers.get('x-portcullis-decision')).toBe('allow');
      expect(judge.judged.at(-1)?.text).toBe('Hello.\nplain\ntext');
    });
  });

  it('stop before what is unsafe, in the form the stream had, and the handler is told', async () => {
    let told = false;
    const pieces = [...words(60), 'here comes ', UNSAFE, ' and more', ...words(60, 'later')];
    const options = answering(async (response) => {
      response.on('close', () => (told = true));
      sse(response);
      await writeSlowly(response, [...pieces.map((piece) => chunkOf(piece)), 'data: [DONE]\n\n']);
    });
    await withApp(options, async ({ post, ended }) => {
      const response = await post('/', { ...hello, stream: true });
      const text = await response.text();
      expect(text).not.toContain(UNSAFE);
      expect(text).not.toContain('later');
      expect(text).toContain('word 3 ');
      const data = dataOf(text);
      expect(data.at(-1)).toBe('[DONE]');
      expect(JSON.parse(data.at(-2) ?? '')).toMatchObject({
        choices: [{ finish_reason: 'content_filter' }],
        portcullis: { decision: 'block', categories: ['S2'] },
      });
      expect(data.at(-3)).toContain("I can't share the answer to that request.");
      expect(await ended()).toMatchObject({ outcome: 'block' });
      expect(told).toBe(true);
    });
  });

  it('with insecure code stop before the code', async () => {
    const options = answering((response) =>
      writeSlowly(
        sse(response),
        (INSECURE.match(/.{1,7}/gs) ?? []).map((piece) => chunkOf(piece)),
      ),
    );
    await withApp(options, async ({ post }) => {
      const text = await (await post('/', { ...hello, stream: true })).text();
      expect(text).not.toContain('os.sys');
      expect(text).toContain('python-os-system');
      expect(text).toContain('content_filter');
    });
  });

  it('that break off in the middle of a message end with an error event', async () => {
    const options = answering((response) =>
      writeSlowly(sse(response), [chunkOf('Hello. '), 'data: {"id":"c1","choi']),
    );
    await withApp(options, async ({ post }) => {
      const text = await (await post('/', { ...hello, stream: true })).text();
      expect(text).toContain('Hello. ');
      expect(text).toContain('upstream_interrupted');
      expect(text).not.toContain('choi"');
    });
  });

  it('are an HTTP error when nothing was sent yet', async () => {
    const options = answering((response) => writeSlowly(sse(response), [chunkOf(UNSAFE)]), {
      policy: { on_block: 'error' },
    });
    await withApp(options, async ({ post }) => {
      const response = await post('/', { ...hello, stream: true });
      expect(response.status).toBe(403);
      expect(response.headers.get('content-type')).toMatch('application/json');
    });
  });
});

describe('other bodies', () => {
  it('newline-delimited JSON passes line by line, and stops', async () => {
    const lines = (tokens: readonly string[]): string[] =>
      tokens.map((token) => JSON.stringify({ token }) + '\n');
    const good = answering((response) =>
      writeSlowly(response.type('application/x-ndjson'), lines(words(30))),
    );
    await withApp(good, async ({ post }) => {
      expect(await (await post('/', hello)).text()).toBe(lines(words(30)).join(''));
    });
    const bad = answering((response) =>
      writeSlowly(response.type('application/x-ndjson'), lines([...words(30), UNSAFE, 'after'])),
    );
    await withApp(bad, async ({ post }) => {
      const text = await (await post('/', hello)).text();
      expect(text).not.toContain(UNSAFE);
      const last = text
        .trim()
        .split('\n')
        .slice(-2)
        .map((line) => JSON.parse(line) as unknown);
      expect(last).toMatchObject([
        { token: expect.stringContaining("I can't share") as string },
        { finish_reason: 'content_filter' },
      ]);
    });
  });

  it('newline-delimited JSON of Ollama ends as Ollama ends', async () => {
    const line = (content: string, more: object): string =>
      JSON.stringify({ model: 'm', created_at: 'now', message: { role: 'assistant', content }, ...more }) +
      '\n';
    const options = answering(
      (response) =>
        writeSlowly(response.type('application/x-ndjson'), [
          line(UNSAFE, { done: false }),
          line('', { done: true }),
        ]),
      { express: { format: 'ollama-chat' } },
    );
    await withApp(options, async ({ post }) => {
      const response = await post('/', { model: 'm', messages: [{ role: 'user', content: 'hi' }] });
      const lines = (await response.text()).trim().split('\n');
      expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ done: true, done_reason: 'content_filter' });
    });
  });

  it('text passes whole or as a stream', async () => {
    const whole = answering((response) => response.type('text/plain').send('Good day, friend.'));
    await withApp(whole, async ({ post, judge }) => {
      const response = await post('/', hello);
      expect(await response.text()).toBe('Good day, friend.');
      expect(response.headers.get('content-length')).toBe('17');
      expect(judge.judged.filter(({ role }) => role === 'Agent')).toHaveLength(1);
    });
    const streamed = answering((response) => writeSlowly(response.type('text/plain'), words(40, 'wörd')));
    await withApp(streamed, async ({ post }) => {
      const response = await post('/', hello);
      expect(await response.text()).toBe(words(40, 'wörd').join(''));
    });
    for (const bad of [
      answering((response) => response.send(`<p>${UNSAFE}</p>`)),
      answering((response) => response.end(UNSAFE)),
      answering((response) =>
        writeSlowly(response.type('text/plain'), ['some ', UNSAFE.slice(0, 2), UNSAFE.slice(2)]),
      ),
    ]) {
      await withApp(bad, async ({ post }) => {
        const text = await (await post('/', hello)).text();
        expect(text).not.toContain(UNSAFE);
        expect(text).toContain("I can't share the answer to that request.");
      });
    }
  });

  const png = Buffer.from('89504e470d0a1a0a', 'hex');
  const unjudgeable: [string, (response: ExpressResponse) => unknown, RegExp][] = [
    ['an image', (response) => response.type('image/png').send(png), /image\/png/],
    [
      'a compressed body',
      (response) =>
        response.type('json').set('content-encoding', 'gzip').send(gzipSync('{"a":"hello there"}')),
      /mount compression before the guard/,
    ],
    [
      'text in another encoding',
      (response) =>
        response.set('content-type', 'text/plain; charset=utf-16').end(Buffer.from('hi', 'utf16le')),
      /utf-16/,
    ],
  ];
  it.each(unjudgeable)('%s is refused', async (_name, answer, message) => {
    await withApp(answering(answer), async ({ post, ended }) => {
      const response = await post('/', hello);
      expect(response.status).toBe(502);
      expect(response.headers.get('content-encoding')).toBeNull();
      const { error } = (await response.json()) as { error: { code: string; message: string } };
      expect(error.code).toBe('unjudgeable_content');
      expect(error.message).toMatch(message);
      expect(await ended()).toMatchObject({ outcome: 'error', error: 'unjudgeable_content', status: 502 });
    });
  });

  it('what cannot be judged passes where the policy lets it', async () => {
    for (const policy of [{ unjudged: 'allow' }, { mode: 'monitor' }]) {
      const options = answering((response) => response.type('image/png').send(png), { policy });
      await withApp(options, async ({ post }) => {
        const response = await post('/', hello);
        expect(response.status).toBe(200);
        expect(Buffer.from(await response.arrayBuffer())).toEqual(png);
      });
    }
  });

  it.each([204, 304])('a response %i has none, and passes', async (status) => {
    const options = answering((response) => response.status(status).set('etag', '"a"').end());
    await withApp(options, async ({ url, judge }) => {
      const response = await fetch(url);
      expect(response.status).toBe(status);
      expect(response.headers.get('etag')).toBe('"a"');
      expect(judge.judged).toEqual([]);
    });
  });

  it('the answer to HEAD has none, and an empty one stays empty', async () => {
    await withApp(
      answering((response) => response.json({ answer: UNSAFE })),
      async ({ url }) => {
        const response = await fetch(url, { method: 'HEAD' });
        expect(response.status).toBe(200);
        expect(response.headers.get('x-portcullis-decision')).toBe('allow');
      },
    );
    await withApp(
      answering((response) => response.end()),
      async ({ url }) => {
        expect(await (await fetch(url)).text()).toBe('');
      },
    );
  });
});

describe('policies', () => {
  it('in monitor mode everything passes and the headers say what would have been', async () => {
    const options = answering((response) => response.json({ answer: UNSAFE }), {
      policy: { mode: 'monitor' },
    });
    await withApp(options, async ({ post }) => {
      const response = await post('/', hello);
      expect(await response.json()).toEqual({ answer: UNSAFE });
      expect(response.headers.get('x-portcullis-would-be')).toBe('block');
    });
  });

  it('without judgement of replies and code nothing is held', async () => {
    const options = answering((response) => response.type('image/png').end('raw'), {
      policy: { reply: { enabled: false }, code: { enabled: false } },
    });
    await withApp(options, async ({ post, judge }) => {
      expect(await (await post('/', hello)).text()).toBe('raw');
      expect(judge.judged.filter(({ role }) => role === 'Agent')).toEqual([]);
    });
  });

  it('a judge that fails in the middle of a stream ends it with an error', async () => {
    const options = answering(async (response) => {
      await writeSlowly(
        sse(response),
        words(100).map((word) => chunkOf(word)),
      );
    });
    await withApp(options, async ({ post, judge }) => {
      let calls = 0;
      judge.before = () => {
        calls += 1;
        if (calls > 3) judge.unavailable = 'timeout';
        return Promise.resolve();
      };
      const text = await (await post('/', { ...hello, stream: true })).text();
      expect(text).toContain('word 0 ');
      expect(text).not.toContain('word 99 ');
      expect(text).toContain('guard_unavailable');
    });
  });
});

describe('handlers that pipe', () => {
  it('work with pipeline and with pipe', async () => {
    const source = (): Readable => Readable.from(words(2000).map((word) => chunkOf(word)));
    const piped = answering((response) => source().pipe(sse(response)));
    const pipelined = answering((response) => pipeline(source(), sse(response)));
    for (const options of [piped, pipelined]) {
      await withApp(options, async ({ post }) => {
        const text = await (await post('/', { ...hello, stream: true })).text();
        expect(dataOf(text)).toHaveLength(2000);
      });
    }
  });
});
