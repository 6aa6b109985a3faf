/** One server that hosts the guard: asks it, keeps its circuit breaker, and finds out what it can. */
import type { GuardLog } from '../guard-log.js';
import { createBreaker, type BreakerOptions } from './breaker.js';
import type { Clock } from './clock.js';
import type { ChatQuestion, Dialect } from './dialect.js';
import { createHttpConnection, type HttpConnectionOptions } from './http-connection.js';
import type { ChatMessage } from './outgoing-messages.js';
import { probeServer } from './probe.js';
import { classify, type CheckOutcome, type ServerAnswer, type ServerFault } from './server-answer.js';

export type CheckQuestion = Pick<ChatQuestion, 'messages' | 'answerTokens'>;

/** `unproven`: not asked yet. `down`: left alone until a probe of ours succeeds. */
export type ServerHealth =
  | { readonly phase: 'unproven' | 'up' }
  | {
      readonly phase: 'down';
      readonly fault: ServerFault;
      /** On the clock: when the next probe is sent. */
      readonly retryAt: number;
    };

export interface GuardServer {
  /** For messages: the URL without anything secret. */
  readonly name: string;
  readonly health: ServerHealth;
  /** Checks that wait for an answer. */
  readonly outstanding: number;
  /** All its connections are in use. */
  readonly saturated: boolean;
  /** On the clock: it asked to be left alone until then; 0: it did not. */
  readonly restsUntil: number;
  /** Never rejects. */
  check(question: CheckQuestion, signal: AbortSignal): Promise<CheckOutcome>;
  /** Another server answered a check first that had been sent here much earlier. */
  lostRace(): void;
  /** Begins with the first probe. */
  start(): void;
  close(): Promise<void>;
}

export interface GuardServerOptions {
  readonly url: URL;
  readonly model: string;
  readonly dialect: Dialect;
  readonly contextTokens: number;
  readonly connection: Omit<HttpConnectionOptions, 'origin'>;
  readonly breaker: BreakerOptions;
  /** For answers of a probe, and for loading a model. */
  readonly probeTimeoutMs: number;
  readonly loadTimeoutMs: number;
  readonly clock: Clock;
  readonly log: GuardLog;
  /** Its health changed. */
  onChange(): void;
}

/** Reason of the signal of a check whose deadline passed: that is the server's fault, a caller's change of mind is not. */
export const DEADLINE_PASSED = new Error('The deadline of the check passed.');

/** The server had the request, and did not answer by the deadline. */
function isLate(outcome: CheckOutcome, signal: AbortSignal): boolean {
  return (
    !outcome.ok &&
    outcome.fault.kind === 'stopped' &&
    outcome.fault.unsent !== true &&
    signal.reason === DEADLINE_PASSED
  );
}

/** How many likeliest tokens to ask for, most first: some servers allow 20, some 5, some none. */
const LOGPROB_LEVELS = [20, 5, 0] as const;
/** A server's Retry-After is heeded for so long; then it is asked again. */
const MOST_REST_MS = 30_000;

export function createGuardServer(options: GuardServerOptions): GuardServer {
  const { url, model, dialect, contextTokens, clock, log } = options;
  const base = dialect.basePath(url);
  const name = url.origin + base;
  const connection = createHttpConnection({ ...options.connection, origin: url.origin });
  const breaker = createBreaker(options.breaker);
  const stop = new AbortController();

  let health: ServerHealth = { phase: 'unproven' };
  let outstanding = 0;
  let restsUntil = 0;
  let everUp = false;
  /** Index into LOGPROB_LEVELS. */
  let level = 0;
  /** A request with the level's logprobs was accepted: a later refusal has another reason. */
  let levelProven = false;
  let toldMissing = false;
  let cancelProbe: () => void = () => undefined;

  async function send(
    method: 'GET' | 'POST',
    path: string,
    body: object | null,
    signal: AbortSignal,
  ): Promise<ServerAnswer> {
    const text = body === null ? null : JSON.stringify(body);
    return classify(await connection.send(method, base + path, text, signal), name);
  }

  /** Asks with fewer logprobs where the server does not take so many, and remembers that. */
  async function ask(question: CheckQuestion, signal: AbortSignal): Promise<CheckOutcome> {
    for (let at = level; ; at += 1) {
      const topLogprobs = LOGPROB_LEVELS[at] ?? 0;
      const body = dialect.chatBody({ ...question, model, contextTokens, topLogprobs });
      const answered = await send('POST', dialect.chatPath, body, signal);
      if (!answered.ok) {
        const perhapsLogprobs =
          answered.logprobs === true || (answered.fault.kind === 'rejected' && !levelProven);
        if (perhapsLogprobs && topLogprobs > 0) continue;
        return answered;
      }
      const answer = dialect.readChat(answered.body);
      if (answer === undefined)
        return {
          ok: false,
          fault: {
            reason: 'off_format',
            detail: `The guard server ${name} answered, but not with a chat message.`,
            server: 'fine',
          },
        };
      level = Math.max(level, at);
      levelProven = true;
      if (answer.tokens === undefined && !toldMissing) {
        toldMissing = true;
        log(
          'warn',
          `The guard server ${name} tells no token probabilities (logprobs): its scores are 0 or 1, and thresholds between them mean nothing.`,
        );
      }
      return { ok: true, answer };
    }
  }

  function goDown(fault: ServerFault): void {
    const pause = breaker.pause();
    const first = health.phase !== 'down' || health.fault.detail !== fault.detail;
    health = { phase: 'down', fault, retryAt: clock.now() + pause };
    if (first) log('error', `${fault.detail} It is tried again in the background.`);
    cancelProbe = clock.after(pause, () => void probe());
    options.onChange();
  }

  async function probe(): Promise<void> {
    const fault = await probeServer({
      name,
      model,
      dialect,
      contextTokens,
      clock,
      // A list of models proves nothing about a server that failed to judge.
      listSuffices: !everUp,
      probeTimeoutMs: options.probeTimeoutMs,
      loadTimeoutMs: options.loadTimeoutMs,
      signal: stop.signal,
      send,
      chat: (messages: readonly ChatMessage[], signal) => ask({ messages, answerTokens: 8 }, signal),
    });
    if (stop.signal.aborted) return;
    if (fault !== undefined) {
      goDown(fault);
      return;
    }
    if (health.phase === 'down') log('info', `The guard server ${name} answers again.`);
    breaker.close();
    everUp = true;
    health = { phase: 'up' };
    options.onChange();
  }

  const slow: CheckOutcome = {
    ok: false,
    fault: {
      reason: 'timeout',
      detail: `The guard server ${name} does not answer in time.`,
      server: 'failing',
    },
  };

  /** A check's outcome, for the breaker. */
  function note(outcome: CheckOutcome): void {
    const worth = outcome.ok ? 'fine' : outcome.fault.server;
    if (outcome.ok) breaker.succeeded();
    else if (worth === 'busy')
      restsUntil = clock.now() + Math.min(MOST_REST_MS, (outcome.fault.retryAfter ?? 1) * 1000);
    else if (worth === 'failing' && breaker.failed() && !breaker.open && !stop.signal.aborted)
      goDown(outcome.fault);
  }

  return {
    name,
    get health() {
      return health;
    },
    get outstanding() {
      return outstanding;
    },
    get saturated() {
      return outstanding >= options.connection.connections;
    },
    get restsUntil() {
      return restsUntil;
    },
    async check(question, signal) {
      outstanding += 1;
      try {
        const outcome = await ask(question, signal);
        note(isLate(outcome, signal) ? slow : outcome);
        return outcome;
      } finally {
        outstanding -= 1;
      }
    },
    lostRace: () => note(slow),
    start: () => void probe(),
    async close() {
      stop.abort();
      cancelProbe();
      await connection.close();
    },
  };
}
