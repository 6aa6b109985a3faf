/** Which of the free lanes a prompt gets. Pure: a lane is seen here only by what it keeps. */
import type { GuardRole } from '../../../core/conversation.js';

export interface LaneState<L> {
  readonly lane: L;
  /** Whose turns it judged last; undefined while it is fresh. */
  readonly role: GuardRole | undefined;
  /** How often other lanes were used since this one was; Infinity while it is fresh. */
  readonly idle: number;
  /** Tokens it keeps of the conversation it judged last, the policy included, the prompt's fixed ending not. */
  readonly kept: number;
}

export interface Wanted<T> {
  readonly role: GuardRole;
  readonly tokens: readonly T[];
  /** Length of the role's policy prefix: what any two of its prompts share. */
  readonly prefix: number;
}

/**
 * Tokens of a lane's conversation that a prompt may differ in and still be its continuation: where a
 * text goes on, its last tokens may be cut otherwise.
 */
const SLACK = 8;

/** True when the lane's conversation goes on in the prompt, so that taking it destroys nothing. */
export function continues(shared: number, kept: number, prefix: number): boolean {
  return shared > prefix && kept - shared <= SLACK;
}

/** A lane that was passed over this often belongs to a conversation that has ended, or pauses. */
const STALE = 32;

/**
 * A role may use a lane that is its own already. It may take another while it has less than its half of
 * them, or where nobody misses it; but one lane always remains for the other role. So a burst of prompts
 * cannot drive out the streams of replies.
 */
export function mayUse<L>(state: LaneState<L>, role: GuardRole, all: readonly LaneState<L>[]): boolean {
  if (state.role === role) return true;
  const own = all.filter((other) => other.role === role).length;
  return own < all.length - 1 && (state.idle >= STALE || own < Math.floor(all.length / 2));
}

/**
 * The lane whose conversation the prompt continues, with the most tokens in common; else the one that
 * was used longest ago, so that conversations which are still going on are left alone.
 *
 * @param free lanes that nobody holds; `all` includes them
 * @returns undefined when the role has to wait
 */
export function chooseLane<L extends { common(tokens: readonly T[]): number }, T>(
  free: readonly LaneState<L>[],
  all: readonly LaneState<L>[],
  { role, tokens, prefix }: Wanted<T>,
): LaneState<L> | undefined {
  let best: { state: LaneState<L>; shared: number } | undefined;
  let oldest: { state: LaneState<L>; shared: number } | undefined;
  for (const state of free) {
    if (!mayUse(state, role, all)) continue;
    const shared = state.lane.common(tokens);
    if (continues(shared, state.kept, prefix) && shared > (best?.shared ?? 0)) best = { state, shared };
    if (
      oldest === undefined ||
      state.idle > oldest.state.idle ||
      (state.idle === oldest.state.idle && shared > oldest.shared)
    )
      oldest = { state, shared };
  }
  return (best ?? oldest)?.state;
}
