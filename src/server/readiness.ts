/**
 * Is the guard to be trusted? Not before it answered known safe and unsafe probes rightly; and not
 * while its process is down. Until then no verdict counts: the engine sees `unavailable(not_ready)`.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Judge } from '../core/judge.js';
import { restatingStream } from '../core/restating-stream.js';
import { selfTest, type SelfTestOptions } from '../classifiers/guard/self-test.js';
import type { HostedJudge } from '../classifiers/guard/hosted-judge.js';
import type { GuardLog } from '../classifiers/guard/guard-log.js';

/** Milliseconds for one probe: a cold 8B model on a small CPU takes half a minute for its first. */
const PROBE_TIMEOUT_MS = 120_000;
/** A guard that failed its test is tried again, ever more rarely. */
const RETRY_MS = [1_000, 2_000, 5_000, 15_000, 60_000] as const;

export interface Readiness {
  /** The self-test was passed and the guard's process is up. */
  readonly ready: boolean;
  /** The self-test was passed. Checks may be sent: a guard that is just restarting answers those that can wait. */
  readonly proven: boolean;
  /** For the operator: what is awaited, or what is wrong and what to do. Empty when ready. */
  readonly message: string;
  /** Settles after the first self-test, passed or not. */
  readonly firstTest: Promise<void>;
  close(): void;
}

export interface ProbedJudge {
  readonly judge: HostedJudge;
  /** What it is asked about, where that is not all it knows. */
  readonly asked?: SelfTestOptions['asked'];
}

/**
 * @param judge the one that answers; ready when its process is
 * @param probed the judges behind it (or itself): each has to prove itself
 */
export function watchReadiness(
  judge: HostedJudge,
  probed: readonly ProbedJudge[],
  scannerReady: Promise<void>,
  log: GuardLog,
): Readiness {
  const stop = new AbortController();
  let passed = false;
  let message = 'The guard model is loading.';

  async function testOnce(): Promise<boolean> {
    try {
      await scannerReady;
      await judge.ready();
    } catch (error) {
      message = error instanceof Error ? error.message : String(error);
      return false;
    }
    message = 'The guard model is answering its self-test.';
    for (const one of probed) {
      const limits = { timeoutMs: PROBE_TIMEOUT_MS, signal: stop.signal };
      const result = await selfTest(one.judge, { ...limits, asked: one.asked });
      if (!result.ok) {
        message = result.message;
        return false;
      }
      if (result.note !== undefined) log('warn', result.note);
    }
    return true;
  }

  async function watch(firstDone: () => void): Promise<void> {
    let told = '';
    for (let attempt = 0; !stop.signal.aborted; attempt += 1) {
      passed = await testOnce();
      if (passed) message = '';
      else if (message !== told) log('error', `Not ready: ${message}`);
      told = message;
      firstDone();
      if (passed) return;
      const wait = RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)] ?? 60_000;
      await sleep(wait, undefined, { signal: stop.signal, ref: false }).catch(() => undefined);
    }
  }

  const firstTest = new Promise<void>((resolve) => void watch(resolve));
  return {
    get ready() {
      return passed && judge.state.phase === 'ready';
    },
    get proven() {
      return passed;
    },
    get message() {
      if (!passed || judge.state.phase === 'ready') return message;
      return judge.state.message ?? 'The guard process is not running.';
    },
    firstTest,
    close: () => stop.abort(),
  };
}

/** A judge that has no verdict before it proved itself. */
export function onlyOnceProven(judge: Judge, readiness: Readiness): Judge {
  const proven: Judge = {
    get id() {
      return judge.id;
    },
    get taxonomy() {
      return judge.taxonomy;
    },
    get fingerprint() {
      return judge.fingerprint;
    },
    get queueDepth() {
      return judge.queueDepth;
    },
    async assess(request, options) {
      if (readiness.proven) return judge.assess(request, options);
      return {
        verdict: 'unavailable',
        reason: 'not_ready',
        detail: readiness.message,
        judge: judge.id,
        role: request.messages.at(-1)?.role ?? 'User',
        cost: { ms: 0, tokensEvaluated: 0, tokensCached: 0 },
      };
    },
    openStream: (request) =>
      readiness.proven ? judge.openStream(request) : restatingStream(proven, request),
    close: () => judge.close(),
  };
  return proven;
}
