/** A judge that answers as it is told and remembers every request. */
import { stringify } from 'yaml';
import type { CategoryScore, ScoredVerdict, UnavailableReason, Verdict } from '../../src/core/assessment.js';
import type { CodeScanner } from '../../src/core/code-scanner.js';
import type { Conversation, UnjudgedPart, WireRole } from '../../src/core/conversation.js';
import type { GuardEvent } from '../../src/core/events.js';
import { restatingStream } from '../../src/core/restating-stream.js';
import type { Judge, JudgeOptions, JudgeRequest } from '../../src/core/judge.js';
import { createEngine, type Engine } from '../../src/engine/engine.js';
import type { RequestContext } from '../../src/engine/request-context.js';
import { createVerdictCache } from '../../src/engine/verdict-cache.js';
import { parsePolicy } from '../../src/policy/policy.js';
import { loadTaxonomies } from '../../src/taxonomy/taxonomy.js';

export const taxonomies = loadTaxonomies();

/** A score with categories, or why there is none. */
export type Answer = readonly [score: number, ...categories: CategoryScore[]] | UnavailableReason;

export interface ScriptedJudge extends Judge {
  readonly requests: JudgeRequest[];
  readonly options: JudgeOptions[];
}

export function judgeOf(
  answer: (text: string, request: JudgeRequest) => Answer,
  overrides: Partial<Pick<Judge, 'taxonomy' | 'fingerprint'>> = {},
): ScriptedJudge {
  const requests: JudgeRequest[] = [];
  const options: JudgeOptions[] = [];
  const judge: ScriptedJudge = {
    id: 'scripted',
    taxonomy: 'mlcommons-v0.5',
    fingerprint: 'scripted-1',
    queueDepth: 0,
    requests,
    options,
    assess(request, given): Promise<Verdict> {
      const { signal } = given;
      requests.push(request);
      options.push(given);
      const { role, text } = request.messages.at(-1) ?? { role: 'User', text: '' };
      const base = { judge: 'scripted', role, cost: { ms: 1, tokensEvaluated: 0, tokensCached: 0 } } as const;
      const word = signal?.aborted === true ? 'aborted' : answer(text, request);
      if (typeof word === 'string')
        return Promise.resolve({ ...base, verdict: 'unavailable', reason: word, detail: 'scripted' });
      const [score, ...categories] = word;
      const verdict: ScoredVerdict = {
        ...base,
        verdict: score >= 0.5 ? 'unsafe' : 'safe',
        score,
        categories,
      };
      return Promise.resolve(verdict);
    },
    openStream: (request) => restatingStream(judge, request),
    close: () => Promise.resolve(),
    ...overrides,
  };
  return judge;
}

/** Unsafe, of category S2, when the text holds the word. */
export const unsafeWith =
  (word: string) =>
  (text: string): Answer =>
    text.includes(word) ? [0.99, { id: 'S2', score: 0.98 }] : [0.01];

/** A scanner for tests in which no code is scanned: asking it is an error. */
export const noScanner: CodeScanner = {
  ready: () => Promise.resolve(),
  locate: (text) => ({ blocks: [], holdFrom: text.length }),
  openText: () => ({ push: () => ({ snippets: [], holdFrom: Infinity }) }),
  openCode: () => ({ push: () => Promise.reject(new Error('not expected')) }),
  scanText: () => Promise.reject(new Error('not expected')),
  scanCode: () => Promise.reject(new Error('not expected')),
  scanToolArguments: () => Promise.reject(new Error('not expected')),
  close: () => Promise.resolve(),
};

export interface Bench {
  readonly engine: Engine;
  readonly events: GuardEvent[];
  readonly context: (policy?: object, signal?: AbortSignal) => RequestContext;
}

export function benchOf(judge: Judge, scanner: CodeScanner = noScanner, maxEntries = 100): Bench {
  const events: GuardEvent[] = [];
  const cache = createVerdictCache({ maxBytes: maxEntries * 1024, ttlMs: 60_000 });
  const emit = (event: GuardEvent): void => void events.push(event);
  return {
    engine: createEngine({ judge, scanner, cache, taxonomies, emit }),
    events,
    context: (settings = {}, signal) => ({
      requestId: 'test',
      policy: parsePolicy(stringify(settings), taxonomies, 'test.yaml'),
      signal,
    }),
  };
}

/** `['user', 'Hello']`, … as a conversation. */
export function chatOf(
  turns: readonly (readonly [WireRole, string])[],
  unjudged: UnjudgedPart[] = [],
): Conversation {
  return {
    turns: turns.map(([wireRole, text]) => ({
      role: wireRole === 'assistant' ? 'Agent' : 'User',
      wireRole,
      segments: [{ channel: 'text', text, path: '' }],
    })),
    unjudged,
  };
}
