/**
 * Two judges as one: the quick one answers where it is sure, the thorough one decides the rest. A missing
 * answer of the thorough judge stays missing: the quick judge's doubtful one never takes its place.
 */
import { createHash } from 'node:crypto';
import type { GuardRole } from '../../../core/conversation.js';
import type { HostedJudge } from '../hosted-judge.js';
import { checkBands, type Bands } from './band.js';
import { openCascadeStream } from './cascade-stream.js';
import { decide, type CascadeParts } from './decide.js';
import { quickRequest } from './quick-evidence.js';
import { worseState } from './worse-state.js';

export interface CascadeJudge extends HostedJudge {
  /** Both have to prove themselves: an answer of the cascade shows only one of them. */
  readonly quick: HostedJudge;
  readonly thorough: HostedJudge;
}

/**
 * The id is `cascade`; a verdict's `judge` is the id of the judge that decided, and its `decidedBy` says
 * which of the two that was. The taxonomy is the thorough judge's.
 *
 * Closing it closes both.
 * @throws GuardError('config_invalid') for a band that is none
 */
export function createCascadeJudge(parts: CascadeParts): CascadeJudge {
  const { quick, thorough, band } = parts;
  checkBands(band);
  const fingerprint = memoized((both: string) =>
    createHash('sha256')
      .update(`cascade\n${both}\n${JSON.stringify([band.User, band.Agent].map(ends))}`)
      .digest('hex'),
  );
  return {
    id: 'cascade',
    get taxonomy() {
      return thorough.taxonomy;
    },
    get fingerprint() {
      return fingerprint(`${quick.fingerprint}\n${thorough.fingerprint}`);
    },
    get queueDepth() {
      return quick.queueDepth + thorough.queueDepth;
    },
    assess: (request, options) =>
      decide(parts, request, request.messages.at(-1)?.role ?? 'User', options, {
        quick: (limits) => quick.assess(quickRequest(request), limits),
        thorough: (limits) => thorough.assess(request, limits),
      }),
    openStream: (request) => openCascadeStream(parts, request),
    ready: async () => {
      await Promise.all([quick.ready(), thorough.ready()]);
    },
    get state() {
      return worseState(quick.state, thorough.state);
    },
    get pid() {
      return thorough.pid;
    },
    close: async () => {
      await Promise.all([quick.close(), thorough.close()]);
    },
    quick,
    thorough,
  };
}

function ends({ low, high }: Bands[GuardRole]): (number | null)[] {
  return [low ?? null, high ?? null];
}

/** Remembers the last answer: both fingerprints stay the same nearly always. */
function memoized(compute: (key: string) => string): (key: string) => string {
  let last: { readonly key: string; readonly value: string } | undefined;
  return (key) => {
    if (last?.key !== key) last = { key, value: compute(key) };
    return last.value;
  };
}
