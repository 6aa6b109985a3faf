import type { HostState } from '../native/native-host.js';

/** From best to worst. */
const ORDER = [
  'ready',
  'loading',
  'restarting',
  'failed',
  'closed',
] as const satisfies readonly HostState['phase'][];

/** The state of two processes that are both needed: the worse of the two. */
export function worseState(a: HostState, b: HostState): HostState {
  return ORDER.indexOf(b.phase) > ORDER.indexOf(a.phase) ? b : a;
}
