/** Which of the free lanes a prompt gets. Pure: a lane is seen here only by what it keeps. */
import type { GuardRole } from '../../../core/conversation.js';

export interface LaneState<L> {
  readonly lane: L;
  /** Whose turns it judged last; undefined while it is fresh. */
  readonly role: GuardRole | undefined;
  /** Grows with each use of any lane; 0: never used. */
  readonly lastUsed: number;
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

/**
 * A role may use a lane that is its own already, or another as long as one remains for the other role: a
 * burst of prompts cannot drive out the stream of a reply.
 */
export function mayUse<L>(state: LaneState<L>, role: GuardRole, all: readonly LaneState<L>[]): boolean {
  return state.role === role || all.filter((other) => other.role === role).length < all.length - 1;
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
      state.lastUsed < oldest.state.lastUsed ||
      (state.lastUsed === oldest.state.lastUsed && shared > oldest.shared)
    )
      oldest = { state, shared };
  }
  return (best ?? oldest)?.state;
}
