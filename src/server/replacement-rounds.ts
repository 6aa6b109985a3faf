/**
 * How often one prompt is judged again, each time without one more turn that was refused. A chat that went its
 * usual way needs one or two rounds; a made-up one could ask for as many as it has turns, each with judgements
 * of its own.
 */
const MOST_ROUNDS = 16;

/** @param limitMs no round begins later than this after the first. @returns whether another may begin */
export function replacementRounds(limitMs: number): () => boolean {
  const end = performance.now() + limitMs;
  let rounds = 0;
  return () => {
    rounds += 1;
    return rounds <= MOST_ROUNDS && performance.now() < end;
  };
}
