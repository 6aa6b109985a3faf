/** State that a listener keeps between the events of one request. */
export interface PerRequest<State> {
  /** The request's state, made on first use. */
  get(requestId: string): State;
  /** The state if there is any; forgets it. Called at the request's last event. */
  take(requestId: string): State | undefined;
  readonly size: number;
}

/**
 * Holds at most `limit` states. Events of a request may come after its last one (a judge that was told
 * to stop still answers), and a library user may never send the last one: the oldest state then goes.
 */
export function createPerRequest<State>(make: () => State, limit = 4096): PerRequest<State> {
  const states = new Map<string, State>();
  return {
    get(requestId) {
      const known = states.get(requestId);
      if (known !== undefined) return known;
      for (const oldest of states.keys()) {
        if (states.size < limit) break;
        states.delete(oldest);
      }
      const made = make();
      states.set(requestId, made);
      return made;
    },
    take(requestId) {
      const state = states.get(requestId);
      states.delete(requestId);
      return state;
    },
    get size() {
      return states.size;
    },
  };
}
