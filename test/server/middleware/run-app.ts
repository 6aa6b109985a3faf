/**
 * An Express app on loopback with the guard in front of its handlers. The judge is scripted (a text is
 * unsafe when it holds the word of `UNSAFE`), so that a test decides what is found; engine, gate, policy
 * and Code Shield are the real ones.
 */
import type { AddressInfo } from 'node:net';
import express, { type Express } from 'express';
import { stringify } from 'yaml';
import { createCodeScanner } from '../../../src/classifiers/code/index.js';
import type { UnavailableReason, Verdict } from '../../../src/core/assessment.js';
import type { GuardEvent } from '../../../src/core/events.js';
import { restatingStream } from '../../../src/core/restating-stream.js';
import type { Judge } from '../../../src/core/judge.js';
import { createEngine } from '../../../src/engine/engine.js';
import { createVerdictCache } from '../../../src/engine/verdict-cache.js';
import { parsePolicy } from '../../../src/policy/policy.js';
import { createExpressMiddleware, type ExpressOptions } from '../../../src/server/middleware/index.js';
import { loadTaxonomies } from '../../../src/taxonomy/taxonomy.js';

/** What the scripted judge finds unsafe. */
export const UNSAFE = 'VENOM';

const taxonomies = loadTaxonomies();

export interface ScriptedJudge extends Judge {
  /** Texts in the order in which their verdicts were given, with whose they were. */
  readonly judged: { readonly role: string; readonly text: string }[];
  /** Set: there is no verdict, for this reason. */
  unavailable: UnavailableReason | undefined;
  /** Awaited before each verdict. */
  before: (signal: AbortSignal | undefined) => Promise<void>;
}

export function createScriptedJudge(): ScriptedJudge {
  const judge: ScriptedJudge = {
    id: 'scripted',
    taxonomy: 'mlcommons-v0.5',
    fingerprint: 'scripted-1',
    queueDepth: 0,
    judged: [],
    unavailable: undefined,
    before: () => Promise.resolve(),
    async assess({ messages }, { signal }): Promise<Verdict> {
      await judge.before(signal);
      const { role, text } = messages.at(-1) ?? { role: 'User', text: '' };
      const base = { judge: judge.id, role, cost: { ms: 1, tokensEvaluated: 1, tokensCached: 0 } } as const;
      const reason = signal?.aborted === true ? 'aborted' : judge.unavailable;
      if (reason !== undefined) return { ...base, verdict: 'unavailable', reason, detail: 'scripted' };
      judge.judged.push({ role, text });
      if (!text.includes(UNSAFE)) return { ...base, verdict: 'safe', score: 0.01, categories: [] };
      return { ...base, verdict: 'unsafe', score: 0.99, categories: [{ id: 'S2', score: 0.98 }] };
    },
    openStream: (request) => restatingStream(judge, request),
    close: () => Promise.resolve(),
  };
  return judge;
}

export interface GuardedApp {
  readonly url: string;
  readonly app: Express;
  readonly judge: ScriptedJudge;
  readonly events: GuardEvent[];
  readonly post: (path: string, body: unknown, init?: RequestInit) => Promise<Response>;
  /** Waits for the event that ends a request. */
  readonly ended: () => Promise<Extract<GuardEvent, { type: 'request' }>>;
  readonly close: () => Promise<void>;
}

export interface AppOptions {
  /** Settings over the default policy's. */
  readonly policy?: object;
  readonly express?: ExpressOptions;
  readonly before?: (app: Express) => void;
  /** Mounts the handlers, behind the guard. */
  readonly handlers: (app: Express) => void;
}

const scanner = createCodeScanner({ log: () => undefined });

export const scannerReady = (): Promise<void> => scanner.ready();
export const closeScanner = (): Promise<void> => scanner.close();

export function createParts(judge: Judge, policy: object = {}) {
  const events: GuardEvent[] = [];
  const emit = (event: GuardEvent): void => void events.push(event);
  const cache = createVerdictCache({ maxBytes: 0, ttlMs: 1 });
  const engine = createEngine({ judge, scanner, cache, taxonomies, emit });
  const ignore = (): void => undefined;
  const parts = {
    engine,
    emit,
    policy: parsePolicy(stringify(policy), taxonomies, 'test.yaml'),
    log: { error: ignore, debug: ignore },
  };
  return { parts, events };
}

export async function runApp(options: AppOptions): Promise<GuardedApp> {
  const judge = createScriptedJudge();
  const { parts, events } = createParts(judge, options.policy);
  const app = express();
  app.set('env', 'test'); // Express prints the errors of handlers otherwise
  options.before?.(app);
  app.use(createExpressMiddleware(parts, { bodyLimitBytes: 100_000 }, options.express));
  options.handlers(app);
  const server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    app,
    judge,
    events,
    post: (path, body, init = {}) =>
      fetch(url + path, {
        method: 'POST',
        body: typeof body === 'string' ? body : JSON.stringify(body),
        ...init,
        headers: { 'content-type': 'application/json', ...(init.headers as Record<string, string>) },
      }),
    async ended() {
      for (;;) {
        const last = events.find((event) => event.type === 'request');
        if (last?.type === 'request') return last;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Runs `use` on an app and closes it. */
export async function withApp<Result>(
  options: AppOptions,
  use: (app: GuardedApp) => Promise<Result>,
): Promise<Result> {
  const app = await runApp(options);
  try {
    return await use(app);
  } finally {
    await app.close();
  }
}

/** Events of an SSE body: the data of each. */
export function dataOf(body: string): string[] {
  return body
    .split('\n\n')
    .filter((event) => event !== '')
    .map((event) =>
      event
        .split('\n')
        .filter((line) => line.startsWith('data: '))
        .map((line) => line.slice('data: '.length))
        .join('\n'),
    );
}

export const chunkOf = (content: string, finish: string | null = null): string =>
  `data: ${JSON.stringify({
    id: 'c1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'm',
    choices: [{ index: 0, delta: { content }, finish_reason: finish }],
  })}\n\n`;
