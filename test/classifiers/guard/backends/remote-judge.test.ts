/** The remote judges against a model server on loopback: what is sent, what is read, what is refused. */
import { afterEach, describe, expect, it } from 'vitest';
import {
  createRemoteJudge,
  type RemoteJudgeOptions,
} from '../../../../src/classifiers/guard/backends/remote-judge.js';
import type { HostedJudge } from '../../../../src/classifiers/guard/hosted-judge.js';
import { selfTest } from '../../../../src/classifiers/guard/self-test.js';
import { parseJudgeSpec, type RemoteJudgeSpec } from '../../../../src/classifiers/guard/spec.js';
import type { GuardMessage } from '../../../../src/core/conversation.js';
import {
  startGuardServer,
  TOY_MODEL,
  type GuardServer,
  type GuardServerOptions,
} from '../../../support/remote-guard/guard-server.js';

const PATIENT = { timeoutMs: 20_000 };
const user = (text: string): GuardMessage => ({ role: 'User', text });
const agent = (text: string): GuardMessage => ({ role: 'Agent', text });
const ask = (...messages: GuardMessage[]) => ({ messages, categoriesFrom: 0.5 });

const ending: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

async function serve(options: GuardServerOptions = {}): Promise<GuardServer> {
  const server = await startGuardServer(options);
  ending.push(() => server.close());
  return server;
}

function spec(text: string): RemoteJudgeSpec {
  const parsed = parseJudgeSpec(text);
  if (parsed.kind !== 'openai' && parsed.kind !== 'ollama') throw new Error('not a remote guard');
  return parsed;
}

function open(text: string, options: RemoteJudgeOptions = {}): HostedJudge {
  const judge = createRemoteJudge(spec(text), { hedgePercentile: 0, ...options });
  ending.push(() => judge.close());
  return judge;
}

describe('what is sent', () => {
  it('is an OpenAI chat with logprobs, the reply last, headers included', async () => {
    const server = await serve({ key: 'k-1' });
    const judge = open(`openai:${server.url}/v1#${TOY_MODEL}`, { headers: { authorization: 'Bearer k-1' } });
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
    const server = await serve({ kind: 'ollama', models: ['llama-guard3:1b'] });
    const judge = open(`ollama:${server.url}#llama-guard3:1b`, { contextTokens: 2048 });
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
    const server = await serve();
    const judge = open(`openai:${server.url}#${TOY_MODEL}`);
    await judge.assess(ask(user('bomb')), PATIENT);
    await judge.assess({ messages: [user('bomb')], categoriesFrom: 2 }, PATIENT);
    const rooms = server.chats.map(({ body }) => Number(body.max_tokens));
    expect(rooms[0]).toBeGreaterThan(Number(rooms[1]));
  });
});

describe('what is read', () => {
  it('passes the self-test of the guards', async () => {
    for (const kind of ['openai', 'ollama'] as const) {
      const server = await serve({ kind });
      expect(await selfTest(open(`${kind}:${server.url}#${TOY_MODEL}`), PATIENT)).toEqual({ ok: true });
    }
  });

  it('has the probability of unsafe as score, the share of both words as mass, and categories by their digits', async () => {
    const server = await serve();
    const judge = open(`openai:${server.url}#${TOY_MODEL}`);
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
});
