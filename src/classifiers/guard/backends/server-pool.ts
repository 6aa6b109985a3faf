/**
 * Several servers with the same guard. A check goes to the one with the fewest checks outstanding. It goes
 * to another one when it could not be sent at all; and a second time while the first is still unanswered
 * after longer than most recent checks took (a hedge). In every other case it is sent once.
 */
import type { Clock } from './clock.js';
import type { CheckQuestion, GuardServer } from './guard-server.js';
import { createHedgeBudget, createLatencies } from './latencies.js';
import type { CheckOutcome, ServerFault } from './server-answer.js';

export interface ServerPool {
  /** Never rejects. */
  check(question: CheckQuestion, signal: AbortSignal): Promise<CheckOutcome>;
}

export interface ServerPoolOptions {
  readonly servers: readonly GuardServer[];
  /** In [0, 1); 0: never. */
  readonly hedgePercentile: number;
  readonly clock: Clock;
}

/** Second requests per check, at most. */
const HEDGE_SHARE = 0.1;

export function createServerPool({ servers, hedgePercentile, clock }: ServerPoolOptions): ServerPool {
  const latencies = createLatencies();
  const budget = createHedgeBudget(HEDGE_SHARE);
  let turn = 0;

  function choose(without: readonly GuardServer[]): GuardServer | undefined {
    turn += 1;
    let best: GuardServer | undefined;
    servers.forEach((_, index) => {
      // Begins elsewhere each time, so that idle servers take turns.
      const server = servers[(index + turn) % servers.length];
      if (server?.health.phase !== 'up' || server.restsUntil > clock.now() || without.includes(server))
        return;
      if (best === undefined || server.outstanding < best.outstanding) best = server;
    });
    return best;
  }

  /** Why there is nobody to ask, and when there may be. */
  function nobody(): CheckOutcome {
    const now = clock.now();
    const faults = servers.map((server): ServerFault & { retryAfter: number } => {
      const { health } = server;
      const at = health.phase === 'down' ? health.retryAt : server.restsUntil;
      const retryAfter = Math.max(1, Math.ceil((at - now) / 1000));
      if (health.phase === 'down') return { ...health.fault, retryAfter };
      return health.phase === 'up'
        ? {
            reason: 'overloaded',
            detail: `The guard server ${server.name} asked for a pause.`,
            server: 'fine',
            retryAfter,
          }
        : {
            reason: 'not_ready',
            detail: `The guard server ${server.name} was not reached yet.`,
            server: 'fine',
            retryAfter,
          };
    });
    // A server that only rests is the better news.
    const first = faults.find(({ reason }) => reason === 'overloaded') ?? faults[0];
    return {
      ok: false,
      fault: {
        ...(first ?? { reason: 'internal', detail: 'There is no guard server.', server: 'fine' }),
        retryAfter: Math.min(...faults.map(({ retryAfter }) => retryAfter)),
      },
    };
  }

  /** Sends to `first`, and perhaps once more; the first answer wins, the other request is aborted. */
  function race(first: GuardServer, question: CheckQuestion, outer: AbortSignal): Promise<CheckOutcome> {
    return new Promise((resolve) => {
      const startedAt = clock.now();
      const running = new Map<GuardServer | 'again', AbortController>();
      let firstFault: CheckOutcome | undefined;
      let over = false;

      const abortAll = (): void => running.forEach((controller) => controller.abort(outer.reason));
      const finish = (outcome: CheckOutcome): void => {
        over = true;
        cancelHedge();
        outer.removeEventListener('abort', abortAll);
        abortAll();
        resolve(outcome);
      };
      const launch = async (server: GuardServer, key: GuardServer | 'again'): Promise<void> => {
        const controller = new AbortController();
        if (outer.aborted) controller.abort(outer.reason);
        running.set(key, controller);
        const outcome = await server.check(question, controller.signal);
        running.delete(key);
        if (over) return;
        if (outcome.ok) {
          latencies.add(clock.now() - startedAt);
          if (server !== first) first.lostRace();
          finish(outcome);
        } else if (running.size > 0) firstFault ??= outcome;
        // What was sent may have been processed: only if no request was sent may it go elsewhere.
        else if (firstFault?.ok === false && firstFault.fault.unsent !== true) finish(firstFault);
        else finish(outcome);
      };

      let cancelHedge: () => void = () => undefined;
      outer.addEventListener('abort', abortAll, { once: true });
      budget.earn();
      const wait = hedgePercentile > 0 ? latencies.percentile(hedgePercentile) : undefined;
      if (wait !== undefined)
        cancelHedge = clock.after(wait, () => {
          const second = choose([first]) ?? first;
          // Behind a full house of connections a second request would only wait, and add to the load.
          if (outer.aborted || second.saturated || !budget.spend()) return;
          void launch(second, second === first ? 'again' : second);
        });
      void launch(first, first);
    });
  }

  return {
    async check(question, signal) {
      const tried: GuardServer[] = [];
      let last: CheckOutcome | undefined;
      for (;;) {
        const server = choose(tried);
        if (server === undefined) return last ?? nobody();
        const outcome = await race(server, question, signal);
        if (outcome.ok || outcome.fault.unsent !== true || signal.aborted) return outcome;
        tried.push(server);
        last = outcome;
      }
    },
  };
}
