/** A guard model on other machines, or in another process: `openai:URL#MODEL` and `ollama:URL#MODEL`. */
import { createHash } from 'node:crypto';
import type { Verdict } from '../../../core/assessment.js';
import type { GuardMessage } from '../../../core/conversation.js';
import { GuardError } from '../../../core/errors.js';
import type { JudgeOptions, JudgeRequest } from '../../../core/judge.js';
import { restatingStream } from '../../../core/restating-stream.js';
import { silentLog, type GuardLog } from '../guard-log.js';
import type { HostedJudge } from '../hosted-judge.js';
import type { GuardFamilyId } from '../../../core/guard-families.js';
import type { HostState } from '../native/native-host.js';
import { formatJudgeSpec, type RemoteJudgeSpec } from '../spec.js';
import { readAnswer } from './answer-reading.js';
import { systemClock, type Clock } from './clock.js';
import type { Dialect } from './dialect.js';
import { createGuardServer, DEADLINE_PASSED, type GuardServer } from './guard-server.js';
import { ollamaDialect } from './ollama-dialect.js';
import { openaiDialect } from './openai-dialect.js';
import { toChatMessages } from './outgoing-messages.js';
import { bytesOf, overlappingPieces, roomFor } from './overlapping-pieces.js';
import { remoteFamily } from './remote-family.js';
import { createServerPool } from './server-pool.js';
import { worstOf, type PieceResult } from './worst-piece.js';

export interface RemoteJudgeOptions {
  /** Sent with every request; names in lower case. Default none. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Family of the model; default: by its name. */
  readonly family?: GuardFamilyId | undefined;
  /** Tokens that the guard's context has on every server. Default 4096. */
  readonly contextTokens?: number | undefined;
  /** Below this share of probability on the two verdict words there is no verdict. Default 0.5. */
  readonly massFloor?: number | undefined;
  /** A check slower than this share of the recent ones is sent a second time; 0: never. Default 0.95. */
  readonly hedgePercentile?: number | undefined;
  /** Checks that may wait or run; more are `unavailable(overloaded)`. Default 256. */
  readonly maxQueue?: number | undefined;
  /** Connections to each server, which is also how many checks run there at once. Default 32. */
  readonly connections?: number | undefined;
  /** For opening a connection. Default 5 s. */
  readonly connectTimeoutMs?: number | undefined;
  /** For the answer to a probe. Default 30 s. */
  readonly probeTimeoutMs?: number | undefined;
  /** For a server that loads the model when asked (Ollama). Default 10 minutes. */
  readonly loadTimeoutMs?: number | undefined;
  /** Pause of a server that failed, doubled for each further one. Defaults 1 s and 30 s. */
  readonly firstPauseMs?: number | undefined;
  readonly maxPauseMs?: number | undefined;
  /** Failures in a row after which a server is left alone. Default 5. */
  readonly breakerFailures?: number | undefined;
  readonly log?: GuardLog | undefined;
  readonly clock?: Clock | undefined;
}

/** Bytes of an answer; a verdict has some hundreds. */
const MAX_ANSWER_BYTES = 1024 ** 2;
/** Room for white space, the verdict and every category. */
const ANSWER_TOKENS = 64;
/** The same without categories. */
const SHORT_ANSWER_TOKENS = 8;
/** Pieces of one message that are judged at the same time. */
const PIECES_AT_ONCE = 4;
/** How often pieces are cut smaller when the server says that one does not fit. */
const SMALLER_TRIES = 2;

/**
 * Returns at once; the servers are asked in the background whether they have the model. A server that
 * cannot be used is tried again for ever, ever more rarely; `state` says what is wrong with it.
 */
export function createRemoteJudge(spec: RemoteJudgeSpec, options: RemoteJudgeOptions = {}): HostedJudge {
  const { log = silentLog, clock = systemClock, contextTokens = 4096, massFloor = 0.5 } = options;
  const { maxQueue = 256, hedgePercentile = 0.95 } = options;
  const dialect: Dialect = spec.kind === 'openai' ? openaiDialect : ollamaDialect;
  const family = remoteFamily(spec.model, options.family);
  if (family.id === 'remote')
    log(
      'warn',
      `The name of the model "${spec.model}" tells no family of guards; its answers are read as Llama Guard 3's. Set guard.family if it is another.`,
    );

  const servers = spec.urls.map((url) =>
    createGuardServer({
      ...{ url, model: spec.model, dialect, contextTokens, clock, log },
      connection: {
        headers: options.headers ?? {},
        connections: options.connections ?? 32,
        connectTimeoutMs: options.connectTimeoutMs ?? 5_000,
        maxBytes: MAX_ANSWER_BYTES,
      },
      breaker: {
        failures: options.breakerFailures ?? 5,
        window: 20,
        share: 0.5,
        firstPauseMs: options.firstPauseMs ?? 1_000,
        maxPauseMs: options.maxPauseMs ?? 30_000,
      },
      probeTimeoutMs: options.probeTimeoutMs ?? 30_000,
      loadTimeoutMs: options.loadTimeoutMs ?? 600_000,
      onChange,
    }),
  );
  const pool = createServerPool({ servers, hedgePercentile, clock });
  const closing = new AbortController();
  let everReady = false;
  let depth = 0;
  /** Waiting for the first server that can be asked, or for all to have failed. */
  let waiters: (() => void)[] = [];
  const inFlight = new Set<Promise<unknown>>();

  function phase(): HostState['phase'] {
    if (closing.signal.aborted) return 'closed';
    if (servers.some(({ health }) => health.phase === 'up')) return 'ready';
    if (servers.some(({ health }) => health.phase === 'unproven')) return 'loading';
    return everReady ? 'restarting' : 'failed';
  }

  function state(): HostState {
    const now = phase();
    return now === 'failed' || now === 'restarting'
      ? { phase: now, message: troubles(servers) }
      : { phase: now };
  }

  function onChange(): void {
    if (phase() === 'ready') everReady = true;
    if (phase() === 'loading') return;
    for (const waiter of waiters.splice(0)) waiter();
  }

  /** Resolves with the next change of phase, or when `signal` is aborted. */
  function change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        waiters = waiters.filter((waiter) => waiter !== done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      waiters.push(done);
      signal.addEventListener('abort', done, { once: true });
      if (signal.aborted) done();
    });
  }

  /** One request, one answer. */
  async function judgeOnce(
    messages: readonly GuardMessage[],
    categoriesFrom: number,
    signal: AbortSignal,
  ): Promise<PieceResult> {
    const outcome = await pool.check(
      {
        messages: toChatMessages(messages),
        answerTokens: categoriesFrom <= 1 ? ANSWER_TOKENS : SHORT_ANSWER_TOKENS,
      },
      signal,
    );
    if (!outcome.ok) return outcome;
    const { answer } = outcome;
    // A server that cuts silently fills its context to the brim.
    if (dialect === ollamaDialect && answer.promptTokens >= contextTokens)
      return overflow(
        `The conversation filled the guard's ${contextTokens} tokens; something may have been cut off.`,
      );
    const reading = readAnswer(answer, family, massFloor);
    if ('offFormat' in reading)
      return { ok: false, fault: { reason: 'off_format', detail: reading.offFormat, server: 'fine' } };
    for (const note of reading.notes) log('warn', `${family.id}: ${note}`);
    const { score, mass, margin, categories } = reading;
    return {
      ok: true,
      ...{ score, mass, margin },
      categories: score >= categoriesFrom ? categories : [],
      tokensEvaluated: Math.max(0, answer.promptTokens - answer.cachedTokens),
      tokensCached: Math.min(answer.cachedTokens, answer.promptTokens),
    };
  }

  async function judgePieces(
    messages: readonly GuardMessage[],
    room: number,
    categoriesFrom: number,
    signal: AbortSignal,
  ): Promise<PieceResult> {
    const pieces = overlappingPieces(messages, room);
    if (pieces === undefined) return overflow('The message is too long even to be judged in pieces.');
    const results: PieceResult[] = [];
    const queue = pieces.values();
    const work = async (): Promise<void> => {
      for (const piece of queue) {
        const result = await judgeOnce(piece, categoriesFrom, signal);
        results.push(result);
        // One piece without an answer leaves the whole without one.
        if (results.some(({ ok }) => !ok)) return;
      }
    };
    await Promise.all(Array.from({ length: Math.min(PIECES_AT_ONCE, pieces.length) }, work));
    return worstOf(results);
  }

  async function judge(
    { messages, categoriesFrom, overflow: onOverflow = 'refuse' }: JudgeRequest,
    signal: AbortSignal,
  ): Promise<PieceResult> {
    let room = roomFor(contextTokens);
    const bytes = bytesOf(messages);
    let result: PieceResult =
      bytes <= room
        ? await judgeOnce(messages, categoriesFrom, signal)
        : overflow(
            `The conversation has ${bytes} bytes; about ${room} fit beside the guard's prompt in ${contextTokens} tokens (guard.context_tokens).`,
          );
    if (onOverflow !== 'pieces') return result;
    for (let tries = 0; tries <= SMALLER_TRIES && isOverflow(result); tries += 1) {
      if (bytes <= room) room = Math.floor(bytes / 2);
      result = await judgePieces(messages, room, categoriesFrom, signal);
      room = Math.floor(room / 2);
    }
    return result;
  }

  async function assess(request: JudgeRequest, { signal, timeoutMs }: JudgeOptions): Promise<PieceResult> {
    if (request.messages.length === 0)
      return refuse({ reason: 'internal', detail: 'There is no message to judge.' });
    if (signal?.aborted === true)
      return refuse({ reason: 'aborted', detail: 'The caller gave up before the check began.' });
    if (closing.signal.aborted) return refuse({ reason: 'not_ready', detail: 'The guard is closed.' });
    if (timeoutMs <= 0)
      return refuse({ reason: 'timeout', detail: 'The deadline had passed before the check began.' });
    if (depth >= maxQueue)
      return refuse({
        reason: 'overloaded',
        detail: `The guard's queue is full: ${depth} checks wait or run already.`,
        retryAfter: 1,
      });
    const controller = new AbortController();
    const stop = (): void => controller.abort();
    const cancel = clock.after(timeoutMs, () => controller.abort(DEADLINE_PASSED));
    signal?.addEventListener('abort', stop, { once: true });
    closing.signal.addEventListener('abort', stop, { once: true });
    depth += 1;
    try {
      while (phase() === 'loading' && !controller.signal.aborted) await change(controller.signal);
      const waited = phase() === 'loading';
      const result: PieceResult = controller.signal.aborted
        ? refuse({ reason: 'aborted', detail: '' })
        : await judge(request, controller.signal);
      if (result.ok || !controller.signal.aborted) return result;
      if (isAborted(closing.signal)) return refuse({ reason: 'aborted', detail: 'The guard is closing.' });
      if (isAborted(signal)) return refuse({ reason: 'aborted', detail: 'The caller gave up.' });
      return waited
        ? refuse({ reason: 'not_ready', detail: `No guard server was reached yet (waited ${timeoutMs} ms).` })
        : refuse({ reason: 'timeout', detail: `The check took longer than its ${timeoutMs} ms.` });
    } catch (error) {
      log(
        'error',
        `${family.id}: a check failed inside Portcullis (${error instanceof Error ? error.name : 'unknown'}).`,
      );
      return refuse({ reason: 'internal', detail: 'The check failed inside Portcullis; its log says why.' });
    } finally {
      depth -= 1;
      cancel();
      signal?.removeEventListener('abort', stop);
      closing.signal.removeEventListener('abort', stop);
    }
  }

  const remote: HostedJudge = {
    id: family.id,
    taxonomy: family.taxonomy,
    fingerprint: fingerprintOf(spec, [family.id, String(contextTokens), String(massFloor)]),
    pid: undefined,
    get queueDepth() {
      return depth;
    },
    get state() {
      return state();
    },
    async ready() {
      for (;;) {
        const now = state();
        if (now.phase === 'ready') return;
        if (now.phase === 'failed') throw new GuardError('guard_not_ready', now.message ?? '');
        if (now.phase === 'closed') throw new GuardError('guard_not_ready', 'The guard is closed.');
        await change(closing.signal);
      }
    },
    async assess(request, judgeOptions) {
      const start = clock.now();
      const running = assess(request, judgeOptions);
      inFlight.add(running);
      const result = await running;
      inFlight.delete(running);
      return toVerdict(result, family.id, request, clock.now() - start);
    },
    openStream: (request) => restatingStream(remote, request),
    async close() {
      closing.abort();
      onChange();
      await Promise.all([...servers.map((server) => server.close()), ...inFlight]);
    },
  };
  for (const server of servers) server.start();
  return remote;
}

function toVerdict(result: PieceResult, judge: string, { messages }: JudgeRequest, ms: number): Verdict {
  const base = { judge, role: messages.at(-1)?.role ?? ('User' as const) };
  if (!result.ok) {
    const { reason, detail, retryAfter } = result.fault;
    const cost = { ms, tokensEvaluated: 0, tokensCached: 0 };
    return {
      ...base,
      ...{ verdict: 'unavailable', reason, detail, cost },
      ...(retryAfter === undefined ? {} : { retryAfter }),
    };
  }
  const { score, mass, margin, categories, tokensEvaluated, tokensCached } = result;
  return {
    ...base,
    verdict: score >= 0.5 ? 'unsafe' : 'safe',
    ...{ score, categories },
    ...(mass === undefined ? {} : { mass }),
    ...(margin === undefined ? {} : { margin }),
    cost: { ms, tokensEvaluated, tokensCached },
  };
}

function refuse(
  fault: Pick<Extract<PieceResult, { ok: false }>['fault'], 'reason' | 'detail' | 'retryAfter'>,
): PieceResult {
  return { ok: false, fault: { ...fault, server: 'fine' } };
}

function overflow(detail: string): PieceResult {
  return { ok: false, fault: { reason: 'context_overflow', detail, server: 'fine', kind: 'overflow' } };
}

function isOverflow(result: PieceResult): boolean {
  return !result.ok && result.fault.kind === 'overflow';
}

/** A function, because the compiler believes that what it saw false once stays false. */
function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

/** Every server's trouble, each once. */
function troubles(servers: readonly GuardServer[]): string {
  const details = servers.flatMap(({ health }) => (health.phase === 'down' ? [health.fault.detail] : []));
  return `${[...new Set(details)].join(' ')} It is tried again in the background.`;
}

/** The model behind the name may change on the server: nobody here can see that. */
function fingerprintOf(spec: RemoteJudgeSpec, options: readonly string[]): string {
  const hash = createHash('sha256').update([formatJudgeSpec(spec), ...options].join('\n'));
  return `remote-${hash.digest('hex').slice(0, 32)}`;
}
