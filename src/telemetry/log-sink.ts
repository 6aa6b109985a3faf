/** Writes one line for each request, and a warning for each judge that could not answer. */
import type { EventSink, GuardEvent } from '../core/events.js';
import type { Log } from './log.js';
import { CODE_SCANNER } from './metrics.js';
import { createPerRequest } from './per-request.js';
import { createTally } from './request-tally.js';

const MAX_MODEL = 128;

/** Events hold no prompt or reply text, and neither do these lines. */
export function logSink(log: Log): EventSink {
  const requests = createPerRequest(() => ({ tally: createTally(), warned: new Set<string>() }));

  const warnUnavailable = (requestId: string, judge: string, reason: string, detail: string): void => {
    // A stream asks for each window; one line a request and reason says it all.
    const { warned } = requests.get(requestId);
    const key = `${judge} ${reason}`;
    if (warned.has(key)) return;
    warned.add(key);
    // The client left, or the request was blocked already: nobody is waiting for that answer.
    const level = reason === 'aborted' ? 'debug' : 'warn';
    log[level]({ requestId, judge, reason, detail }, 'judge unavailable');
  };

  return (event) => {
    switch (event.type) {
      case 'verdict':
        if (event.verdict.verdict === 'unavailable') {
          const { judge, reason, detail } = event.verdict;
          warnUnavailable(event.requestId, judge, reason, detail);
        }
        return;
      case 'code-scanned':
        if (event.code.status === 'unavailable') {
          warnUnavailable(event.requestId, CODE_SCANNER, event.code.reason, event.code.detail);
        }
        return;
      case 'decision':
        requests.get(event.requestId).tally.add(event.decision);
        return;
      case 'upstream':
        if (typeof event.code !== 'number' || event.code >= 500) {
          const { requestId, upstream, code, ms } = event;
          log.warn({ requestId, upstream, code, ms: Math.round(ms) }, 'upstream failed');
        }
        return;
      case 'gate-violated': {
        const { type, ...rest } = event;
        log.fatal(rest, type.replace('-', ' '));
        return;
      }
      case 'request':
        writeRequest(log, event, requests.take(event.requestId)?.tally.result());
        return;
      case 'turns-replaced':
      case 'characters-stripped':
      case 'upstream-abandoned': {
        const { type, ...rest } = event;
        log.debug(rest, type.replace('-', ' '));
        return;
      }
      case 'stream-chars':
      case 'first-byte':
        return;
    }
  };
}

function writeRequest(
  log: Log,
  event: Extract<GuardEvent, { type: 'request' }>,
  tally: ReturnType<ReturnType<typeof createTally>['result']>,
): void {
  const line = {
    requestId: event.requestId,
    route: event.route,
    model: event.model.slice(0, MAX_MODEL),
    outcome: event.outcome,
    ...(event.error === undefined ? {} : { error: event.error }),
    ...(tally === undefined
      ? {}
      : {
          intended: tally.intended,
          reason: tally.reason,
          ...(tally.unavailable === undefined ? {} : { unavailable: tally.unavailable }),
          categories: [...new Set(tally.categories.map(({ id }) => id))],
          rules: tally.rules,
          policy: tally.policy,
        }),
    status: event.status,
    ms: tenths(event.ms),
    overheadMs: tenths(event.overheadMs),
  };
  if (event.outcome !== 'error') log.info(line, 'request');
  else if (event.error === 'internal') log.error(line, 'request');
  else log.warn(line, 'request');
}

const tenths = (ms: number) => Math.round(ms * 10) / 10;
