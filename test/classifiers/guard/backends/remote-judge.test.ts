/** The remote judges against a model server on loopback: what is sent, what is read, what is refused. */
import { describe, expect, it } from 'vitest';
import { selfTest } from '../../../../src/classifiers/guard/self-test.js';
import type { GuardMessage } from '../../../../src/core/conversation.js';
import { TOY_MODEL } from '../../../support/remote-guard/guard-server.js';
import { remoteBench, until } from '../../../support/remote-guard/open-remote.js';

const PATIENT = { timeoutMs: 20_000 };
const user = (text: string): GuardMessage => ({ role: 'User', text });
const agent = (text: string): GuardMessage => ({ role: 'Agent', text });
const ask = (...messages: GuardMessage[]) => ({ messages, categoriesFrom: 0.5 });
const bench = remoteBench();

describe('what is sent', () => {
  it('is an OpenAI chat with logprobs, the reply last, headers included', async () => {
    const server = await bench.serve({ key: 'k-1' });
    const judge = bench.open(`openai:${server.url}/v1#${TOY_MODEL}`, {
      headers: { authorization: 'Bearer k-1' },
    });
    await judge.ready();
    await judge.assess(ask(user('Rules.'), user('Hi.'), agent('Hello.')), PATIENT);
    expect(server.chats[0]).toMatchObject({
      path: '/v1/chat/completions',
      headers: { authorization: 'Bearer k-1', 'content-type': 'application/json' },
      body: {
        model: TOY_MODEL,
        messages: [
          { role: 'user', content: 'Rules.\n\nHi.' },
          { role: 'assistant', content: 'Hello.' },
        ],
        temperature: 0,
        stream: false,
        logprobs: true,
        top_logprobs: 20,
      },
    });
  });

  it('is a chat of Ollama that may not cut what is too long', async () => {
    const server = await bench.serve({ kind: 'ollama', models: ['llama-guard3:1b'] });
    const judge = bench.open(`ollama:${server.url}#llama-guard3:1b`, { contextTokens: 2048 });
    await judge.ready();
    await judge.assess(ask(agent('Hello.')), PATIENT);
    expect(server.chats[0]).toMatchObject({
      path: '/api/chat',
      body: {
        messages: [
          { role: 'user', content: '' },
          { role: 'assistant', content: 'Hello.' },
        ],
        truncate: false,
        shift: false,
        stream: false,
        options: { temperature: 0, num_ctx: 2048 },
      },
    });
  });

  it('asks for a long answer only where categories are wanted', async () => {
    const server = await bench.serve();
    const judge = bench.open(`openai:${server.url}#${TOY_MODEL}`);
    await judge.assess(ask(user('bomb')), PATIENT);
    await judge.assess({ messages: [user('bomb')], categoriesFrom: 2 }, PATIENT);
    const rooms = server.chats.map(({ body }) => Number(body.max_tokens));
    expect(rooms[0]).toBeGreaterThan(Number(rooms[1]));
  });
});

describe('what is read', () => {
  it('passes the self-test of the guards', async () => {
    for (const kind of ['openai', 'ollama'] as const) {
      const server = await bench.serve({ kind });
      expect(await selfTest(bench.open(`${kind}:${server.url}#${TOY_MODEL}`), PATIENT)).toEqual({ ok: true });
    }
  });

  it('has the probability of unsafe as score, the share of both words as mass, and categories by their digits', async () => {
    const server = await bench.serve();
    const judge = bench.open(`openai:${server.url}#${TOY_MODEL}`);
    const verdict = await judge.assess(ask(user('suicide bomb')), PATIENT);
    if (verdict.verdict !== 'unsafe') throw new Error(JSON.stringify(verdict));
    expect(verdict.judge).toBe('llama-guard-2');
    expect(verdict.score).toBeCloseTo(0.97 / 0.99, 6);
    expect(verdict.mass).toBeCloseTo(0.99, 6);
    expect(verdict.margin).toBeCloseTo(Math.log(0.97 / 0.02), 6);
    expect(verdict.categories.map(({ id }) => id).sort()).toEqual(['S10', 'S8']);
    expect(verdict.categories[0]?.score).toBeCloseTo((0.97 / 0.99) * 0.9, 6);
    expect(verdict.cost.tokensCached).toBe(10);
    expect(verdict.cost.tokensEvaluated).toBeGreaterThan(80);
  });

  it('falls back to fewer logprobs where the server takes no more, and remembers', async () => {
    const server = await bench.serve({ logprobs: 'five' });
    const judge = bench.open(`openai:${server.url}#${TOY_MODEL}`);
    for (const text of ['soup', 'bomb']) {
      const verdict = await judge.assess(ask(user(text)), PATIENT);
      expect(verdict).toHaveProperty('mass');
    }
    expect(server.chats.map(({ body }) => body.top_logprobs)).toEqual([20, 5, 5]);
  });

  it.each(['refused', 'omitted'] as const)(
    'scores 0 or 1 where logprobs are %s, and says so once',
    async (logprobs) => {
      const server = await bench.serve({ logprobs });
      const judge = bench.open(`openai:${server.url}#${TOY_MODEL}`);
      const safe = await judge.assess(ask(user('soup')), PATIENT);
      expect(safe).toMatchObject({ verdict: 'safe', score: 0 });
      expect(safe).not.toHaveProperty('mass');
      const unsafe = await judge.assess(ask(user('bomb')), PATIENT);
      expect(unsafe).toMatchObject({ verdict: 'unsafe', score: 1, categories: [{ id: 'S8', score: 1 }] });
      expect(bench.lines.filter((line) => line.includes('logprobs'))).toHaveLength(1);
      if (logprobs === 'refused')
        expect(server.chats.map(({ body }) => body.top_logprobs)).toEqual([20, 5, undefined, undefined]);
    },
  );

  it('reads Yes and No of the families that answer so', async () => {
    const server = await bench.serve({ models: ['shieldgemma'] });
    const judge = bench.open(`openai:${server.url}#shieldgemma`);
    expect([judge.id, judge.taxonomy]).toEqual(['shieldgemma', 'mlcommons-v1.0']);
    server.onChat = ({ say }) => say('Yes');
    expect(await judge.assess(ask(user('x')), PATIENT)).toMatchObject({ verdict: 'unsafe', score: 1 });
    server.onChat = ({ say }) => say('No\n');
    expect(await judge.assess(ask(user('x')), PATIENT)).toMatchObject({ verdict: 'safe', score: 0 });
    server.onChat = ({ say }) => say('safe');
    expect(await judge.assess(ask(user('x')), PATIENT)).toMatchObject({ reason: 'off_format' });
  });

  it('takes the family that the operator names, and warns where nobody does', async () => {
    const server = await bench.serve({ models: ['guard'] });
    const spec = `openai:${server.url}#guard`;
    expect(bench.open(spec, { family: 'llama-guard-4' })).toMatchObject({
      id: 'llama-guard-4',
      taxonomy: 'mlcommons-v1.0',
    });
    expect(bench.lines).toEqual([]);
    expect(bench.open(spec).id).toBe('remote');
    expect(bench.lines.join()).toContain('guard.family');
  });

  it('has a fingerprint of servers, model and options', () => {
    const spec = 'openai:http://127.0.0.1:1#Llama-Guard-3-8B';
    const prints = [
      bench.open(spec),
      bench.open(spec, { contextTokens: 8192 }),
      bench.open(spec, { massFloor: 0.9 }),
      bench.open(spec, { family: 'llama-guard-2' }),
      bench.open('openai:http://127.0.0.1:2#Llama-Guard-3-8B'),
      bench.open('ollama:http://127.0.0.1:1#Llama-Guard-3-8B'),
    ].map(({ fingerprint }) => fingerprint);
    expect(new Set(prints).size).toBe(prints.length);
    expect(bench.open(spec, { headers: { authorization: 'Bearer s3cret' } }).fingerprint).toBe(prints[0]);
  });
});

describe('readiness', () => {
  it('names the header setting when credentials are refused, and not the credentials', async () => {
    const server = await bench.serve({ key: 'right' });
    const judge = bench.open(`openai:${server.url}#${TOY_MODEL}`, {
      headers: { authorization: 'Bearer wr0ng' },
    });
    await expect(judge.ready()).rejects.toThrow('guard.headers');
    expect(judge.state.phase).toBe('failed');
    const verdict = await judge.assess(ask(user('secret prompt')), PATIENT);
    expect(verdict).toMatchObject({ verdict: 'unavailable', reason: 'load_failed' });
    const told = JSON.stringify([judge.state, verdict, bench.lines]);
    expect(told).not.toContain('wr0ng');
    expect(told).not.toContain('secret prompt');
  });

  it.each(['openai', 'ollama'] as const)('names the models there are when ours is not: %s', async (kind) => {
    const server = await bench.serve({ kind, models: ['llama-guard3:8b', 'other', 'a\u001b[31m bad name'] });
    const judge = bench.open(`${kind}:${server.url}#llama-guard2:8b`);
    await expect(judge.ready()).rejects.toThrow(/no model "llama-guard2:8b", but llama-guard3:8b, other\./);
    if (kind === 'ollama') expect(judge.state.message).toContain('ollama pull llama-guard2:8b');
  });

  it('loads the model of an Ollama before it is ready, and does not judge anything for that', async () => {
    const server = await bench.serve({ kind: 'ollama' });
    const judge = bench.open(`ollama:${server.url}#${TOY_MODEL}`);
    expect(judge.state).toEqual({ phase: 'loading' });
    await judge.ready();
    expect(server.chats).toEqual([]);
  });

  it('tries by a small chat where a server lists no models', async () => {
    const server = await bench.serve({ onList: (response) => void response.writeHead(404).end() });
    const judge = bench.open(`openai:${server.url}#${TOY_MODEL}`);
    await judge.ready();
    expect(server.chats).toHaveLength(1);
  });

  it('lets early checks wait for the server, up to their deadline', async () => {
    let answerList: (() => void) | undefined;
    const server = await bench.serve({
      onList: (response) => {
        answerList = () => {
          response.writeHead(200, { 'content-type': 'application/json' });
          response.end(JSON.stringify({ data: [{ id: TOY_MODEL }] }));
        };
      },
    });
    const judge = bench.open(`openai:${server.url}#${TOY_MODEL}`);
    const early = judge.assess(ask(user('bomb')), PATIENT);
    expect(await judge.assess(ask(user('bomb')), { timeoutMs: 20 })).toMatchObject({ reason: 'not_ready' });
    await until(() => answerList !== undefined);
    answerList?.();
    expect(await early).toMatchObject({ verdict: 'unsafe' });
  });
});

describe('long conversations', () => {
  it('are refused by the estimate before anything is sent, and by the server where that was too kind', async () => {
    const server = await bench.serve({ contextTokens: 300 });
    const judge = bench.open(`openai:${server.url}#${TOY_MODEL}`, { contextTokens: 2048 });
    await judge.ready();
    expect(await judge.assess(ask(user('x'.repeat(4000))), PATIENT)).toMatchObject({
      reason: 'context_overflow',
    });
    expect(server.chats).toHaveLength(0);
    expect(await judge.assess(ask(user('x'.repeat(1000))), PATIENT)).toMatchObject({
      reason: 'context_overflow',
    });
    expect(server.chats).toHaveLength(1);
  });

  it('are cut smaller when the server says that a piece does not fit, and the worst piece decides', async () => {
    const server = await bench.serve({ contextTokens: 300 });
    const judge = bench.open(`openai:${server.url}#${TOY_MODEL}`, { contextTokens: 2048 });
    const long = `${'soup '.repeat(120)}bomb ${'soup '.repeat(120)}`;
    const request = { ...ask(user('Hi.'), agent('Hello.'), user(long)), overflow: 'pieces' as const };
    expect(await judge.assess(request, PATIENT)).toMatchObject({
      verdict: 'unsafe',
      categories: [{ id: 'S8' }],
    });
    expect(await judge.assess({ ...request, messages: [user('soup '.repeat(240))] }, PATIENT)).toMatchObject({
      verdict: 'safe',
    });
  });

  it('have no verdict when one piece has none', async () => {
    const server = await bench.serve();
    const judge = bench.open(`openai:${server.url}#${TOY_MODEL}`, { contextTokens: 2048 });
    server.onChat = ({ index, judge: answer, say }) => (index === 1 ? say('Hmm.') : answer());
    const request = { ...ask(user(`bomb ${'soup '.repeat(2000)}`)), overflow: 'pieces' as const };
    expect(await judge.assess(request, PATIENT)).toMatchObject({
      verdict: 'unavailable',
      reason: 'off_format',
    });
  });

  it('do not pass for judged when an Ollama cut them silently', async () => {
    const server = await bench.serve({ kind: 'ollama' });
    const judge = bench.open(`ollama:${server.url}#${TOY_MODEL}`, { contextTokens: 512 });
    server.onChat = ({ json }) =>
      json(200, { message: { role: 'assistant', content: 'safe' }, done: true, prompt_eval_count: 512 });
    expect(await judge.assess(ask(user('soup')), PATIENT)).toMatchObject({ reason: 'context_overflow' });
  });
});
