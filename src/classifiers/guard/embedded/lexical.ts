/**
 * Which tokens and neighbouring pairs of tokens occur, hashed into a fixed number of buckets: the
 * cheap half of the head. Multiplicative (Fibonacci) hashing, Knuth, The Art of Computer Programming
 * vol. 3, 6.4. Training and judging must agree on every bit of this.
 */

/** The distinct buckets of a piece, in order of first occurrence. `buckets` is a power of two, at least 2. */
export function lexicalBuckets(tokenIds: Uint32Array, buckets: number): number[] {
  const shift = 32 - Math.log2(buckets);
  const found = new Set<number>();
  let previous: number | undefined;
  for (const id of tokenIds) {
    const single = Math.imul(id + 1, 0x9e3779b1) >>> 0;
    found.add(single >>> shift);
    if (previous !== undefined) {
      const pair = Math.imul(Math.imul(previous + 1, 1000003) + id + 1, 0x9e3779b1) >>> 0;
      found.add(pair >>> shift);
    }
    previous = id;
  }
  return [...found];
}
