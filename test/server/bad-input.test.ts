import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, CASES, OLLAMA_CHAT, OPENAI, readAnswer, WIRES } from '../support/server/chat-wire.js';
import { exchangeRaw, rawRequest } from '../support/server/raw-http.js';
import { runPortcullis, type RunningPortcullis } from '../support/server/run-portcullis.js';

const CONFIG = `
log: { level: silent }
upstream:
  headers_timeout_ms: 400
  idle_timeout_ms: 400
  allow: [GET /api/ps]
`;
const HELLO = 'Hello, how are you today?';

let p: RunningPortcullis;
beforeAll(async () => {
  p = await runPortcullis({ guard: 'embedded', config: CONFIG });
});
afterAll(() => p.close());

describe('requests that cannot be read', () => {
  it.each([
    [
      'cut JSON',
      '{"model": "m", "messages": [',
      400,
      'invalid_json',
      /^The body is not valid JSON|line 1|1:\d+/,
    ],
    ['no JSON at all', 'hello', 400, 'invalid_json', /./],
    ['an empty body', '', 400, 'invalid_json', /no body; send a JSON object/],
    ['a list', '[1]', 400, 'invalid_request', /must be a JSON object/],
    [
      'a key twice',
      '{"model":"m","messages":[],"messages":[{"role":"user","content":"x"}]}',
      400,
      'invalid_json',
      /messages/,
    ],
    [
      'a key twice, escaped',
      '{"m\\u006fdel":"a","model":"b","messages":[{"role":"user","content":"x"}]}',
      400,
      'invalid_json',
      /model/,
    ],
    [
      'a role in other letters',
      '{"messages":[{"role":"User","content":"x"}]}',
      400,
      'invalid_request',
      /messages\[0\]\.role/,
    ],
    [
      'a field in other letters',
      '{"Messages":[{"role":"user","content":"x"}]}',
      400,
      'invalid_request',
      /Messages/,
    ],
  ])('%s', async (_name, body, status, code, message) => {
    for (const wire of [OPENAI, OLLAMA_CHAT]) {
      const before = p.upstream.requests.length;
      const answer = await ask(p, wire, body);
      expect({ status: answer.status, code: answer.errorCode }).toEqual({ status, code });
      expect(answer.error).toMatch(message);
      expect(p.upstream.requests.length).toBe(before);
    }
  });

  it('not UTF-8, and deeper than any chat', async () => {
    const latin1 = Buffer.from('{"messages":[{"role":"user","content":"caf\xe9"}]}', 'latin1');
    for (const body of [latin1, '{"messages":' + '['.repeat(100_000)]) {
      const response = await fetch(`${p.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      });
      expect(response.status).toBe(400);
    }
  });

  it('a content type that is not JSON', async () => {
    const body = OPENAI.body(false, HELLO);
    for (const type of [
      'text/plain',
      'multipart/form-data; boundary=x',
      'application/json; charset=utf-16',
    ]) {
      const answer = await ask(p, OPENAI, body, { 'content-type': type });
      expect(answer.status).toBe(415);
      expect(answer.errorCode).toBe('unsupported_content_type');
    }
    // curl's default, with which Ollama's own documentation calls it.
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await ask(p, OPENAI, body, form)).status).toBe(415);
    expect((await ask(p, OLLAMA_CHAT, OLLAMA_CHAT.body(false, HELLO), form)).status).toBe(200);
  });

  it('a compressed body', async () => {
    const response = await fetch(`${p.url}/api/chat`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      body: gzipSync(JSON.stringify(OLLAMA_CHAT.body(false, HELLO))),
    });
    const answer = await readAnswer(OLLAMA_CHAT, response);
    expect(answer.status).toBe(415);
    expect(answer.error).toMatch(/send the body uncompressed/);
  });

  it('50 MB, told or not told beforehand: refused at once, and never held in memory', async () => {
    const piece = Buffer.alloc(1024 * 1024, ' ');
    const pieces = async function* () {
      for (let sent = 0; sent < 50; sent += 1) {
        yield piece;
        await sleep(0);
      }
    };
    const before = process.memoryUsage().arrayBuffers;
    const chunked = await fetch(`${p.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: pieces(),
      duplex: 'half',
    });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(40 * 1024 ** 2);
    const announced = await fetch(`${p.url}/api/chat`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: Buffer.alloc(50 * 1024 ** 2, ' '),
    });
    for (const response of [chunked, announced]) {
      expect(response.status).toBe(413);
      expect(response.headers.get('connection')).toBe('close');
      expect(await response.text()).toMatch(
        /larger than 10485760 bytes; the operator can raise server\.body_limit_bytes/,
      );
    }
    const allowed = await fetch(`${p.url}/v1/moderations`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: pieces(),
      duplex: 'half',
    });
    expect(allowed.status).toBe(413);
  });
});

describe('requests that are not known', () => {
  it('say how to allow them', async () => {
    const openai = await p.post('/v1/rerank', { query: HELLO });
    expect(openai.status).toBe(404);
    expect(openai.headers.get('content-type')).toMatch(/^application\/json/);
    expect(await openai.text()).toMatch(
      /^\{"error":\{"message":".* adds \\"POST \/v1\/rerank\\" to upstream\.allow in portcullis\.yaml\."/,
    );
    const ollama = await p.post('/api/create', { model: 'x' });
    expect(ollama.status).toBe(404);
    expect(await ollama.text()).toMatch(/^\{"error":".* does not know POST \/api\/create/);
    expect((await fetch(`${p.url}/api/ps?verbose=1`)).status).toBe(200);
    expect(p.upstream.requests.at(-1)?.path).toBe('/api/ps');
  });

  it("a model's details are asked for by its name and nothing else", async () => {
    const before = p.upstream.requests.length;
    for (const body of [
      { model: 'scripted', system: 'Say it.' },
      { Model: 'scripted' },
      { model: 'scripted', options: { num_ctx: 1 } },
      { model: 'a sentence is no name' },
      { name: ['scripted'] },
      { model: 'scripted', verbose: 'yes, tell me' },
      '{"model": "scripted", "model": "other"}',
      ['scripted'],
    ]) {
      const response = await p.post('/api/show', body);
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ error: expect.any(String) as string });
    }
    expect(p.upstream.requests).toHaveLength(before);
    const wrong = await fetch(`${p.url}/api/show`);
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST']);
  });

  it('the wrong method names the right one', async () => {
    const response = await fetch(`${p.url}/v1/chat/completions`);
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('POST');
    expect((await p.post('/api/tags', {})).headers.get('allow')).toBe('GET');
  });

  it('another spelling of a path never reaches the model server', async () => {
    const before = p.upstream.requests.length;
    const body = JSON.stringify(OPENAI.body(false, HELLO));
    for (const target of [
      '//v1/chat/completions',
      '/V1/chat/completions',
      '/v1/chat/completions/',
      '/v1//chat/completions',
      '/v1/./chat/completions',
      '/v1/x/../chat/completions',
      '/v1/%2e/chat/completions',
      '/v1/chat%2fcompletions',
      '/v1/chat%2Fcompletions',
      '/%761/chat/completions',
      '/v1/chat/completions%00',
      '/v1/chat/completions;x=1',
      '/v1\\chat\\completions',
      '/v1/%zz',
      '/api/ps/../chat',
      '/api/ps/',
      'http://elsewhere.invalid/v1/other',
    ]) {
      const answer = await exchangeRaw(p.url, rawRequest('POST', target, body));
      expect([target, answer.split('\r\n', 1)[0]]).toEqual([target, expect.stringMatching(/ 40[0-5] /)]);
    }
    expect(p.upstream.requests.slice(before)).toEqual([]);
  });

  it('a list asked for with a whole URL is that of our own model server', async () => {
    const answer = await exchangeRaw(p.url, rawRequest('GET', 'http://elsewhere.invalid/v1/models'));
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).toContain('scripted');
    const head = await exchangeRaw(p.url, rawRequest('HEAD', '/v1/models'));
    expect(head).toMatch(/^HTTP\/1\.1 200 [^]*\r\n\r\n$/);
  });

  it('two requests in one are not', async () => {
    const smuggled = rawRequest('POST', '/v1/chat/completions', '', ['transfer-encoding: chunked']);
    expect(await exchangeRaw(p.url, smuggled)).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe('a model server with faults', () => {
  it.each([
    ['html', 'upstream_malformed', 502],
    ['redirect', 'upstream_malformed', 502],
    ['gzip', 'upstream_malformed', 502],
    ['shape', 'upstream_malformed', 502],
    ['hang', 'upstream_timeout', 504],
    ['refuse', 'upstream_unreachable', 502],
  ])('%s', async (fault, code, status) => {
    await Promise.all(
      CASES.map(async ({ wire, stream }) => {
        const answer = await ask(p, wire, wire.body(stream, `[[fault=${fault}]] ${HELLO}`));
        expect({ status: answer.status, code: answer.errorCode }).toEqual({ status, code });
        expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
        expect(answer.raw).not.toContain('You said');
        expect(answer.raw).not.toContain('It is not you');
      }),
    );
  });

  it('an answer without a body', async () => {
    for (const { wire, stream } of CASES) {
      const answer = await ask(p, wire, wire.body(stream, `[[fault=empty]] ${HELLO}`));
      expect(answer.status).toBe(502);
      expect(answer.errorCode).toMatch(/^upstream_(malformed|interrupted)$/);
    }
  });

  it('passes errors of the model server on in their own words', async () => {
    for (const { wire, stream } of CASES) {
      const answer = await ask(p, wire, wire.body(stream, `[[fault=429]] ${HELLO}`));
      expect(answer.status).toBe(429);
      expect(answer.error).toContain('scripted fault 429');
      expect(answer.headers.get('retry-after')).toBe('7');
    }
  });

  it.each([
    ['cut', 'upstream_interrupted'],
    ['end', 'upstream_interrupted'],
    ['hang-stream', 'upstream_timeout'],
    ['json', 'upstream_malformed'],
  ])('a stream with %s in the middle ends with an error, never as if it were whole', async (fault, code) => {
    for (const wire of WIRES) {
      const prompt = `[[fault=${fault};after=30;delay=3]] long reply 40`;
      const answer = await ask(p, wire, wire.body(true, prompt));
      expect(answer.status).toBe(200);
      expect(answer.text).toMatch(/^Sentence 1 of 40 says/);
      expect(answer.errorCode).toBe(code);
      expect(answer.finish).toBeUndefined();
      if (wire === OPENAI) expect(answer.ended).toBe(true);
      else expect(answer.messages.at(-1)).toHaveProperty('error');
    }
  });

  it.each(['cut', 'end', 'json', 'hang-stream'])('a whole reply with %s is an error', async (fault) => {
    for (const wire of WIRES) {
      const answer = await ask(p, wire, wire.body(false, `[[fault=${fault}]] ${HELLO}`));
      expect(answer.status).toBeGreaterThanOrEqual(502);
      expect(answer.errorCode).toMatch(/^upstream_/);
      expect(answer.raw).not.toContain('You said');
    }
  });

  it('an error inside the stream is passed on', async () => {
    for (const wire of WIRES) {
      const answer = await ask(p, wire, wire.body(true, `[[fault=error;after=10]] long reply 20`));
      expect(answer.error).toBe('the scripted model fell over');
    }
    const openai = new OpenAI({ baseURL: `${p.url}/v1`, apiKey: 'none', maxRetries: 0 });
    const stream = await openai.chat.completions.create({
      model: 'm',
      stream: true,
      messages: [{ role: 'user', content: `[[fault=cut;after=30;delay=3]] long reply 40` }],
    });
    const read = async (): Promise<void> => {
      for await (const chunk of stream) expect(chunk.choices).toBeDefined();
    };
    await expect(read()).rejects.toThrow(/broke off in the middle/);
  });
});
