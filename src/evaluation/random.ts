/** Random numbers that are the same for the same seed, on every machine. */

export interface Random {
  /** Uniform in [0, 1), with 53 random bits. */
  next(): number;
  /** A whole number in [0, n). */
  below(n: number): number;
}

/**
 * xoshiro128** (D. Blackman and S. Vigna, "Scrambled Linear Pseudorandom Number Generators", ACM TOMS 47,
 * 2021), its state filled by splitmix32 as the authors advise.
 * @param seed a whole number, 0 to 2^53 - 1
 */
export function createRandom(seed: number): Random {
  let mix = (seed ^ Math.floor(seed / 2 ** 32)) | 0;
  const splitmix = (): number => {
    mix = (mix + 0x9e3779b9) | 0;
    let word = mix ^ (mix >>> 16);
    word = Math.imul(word, 0x21f0aaad);
    word ^= word >>> 15;
    word = Math.imul(word, 0x735a2d97);
    return word ^ (word >>> 15);
  };
  let a = splitmix();
  let b = splitmix();
  let c = splitmix();
  let d = splitmix();
  const word = (): number => {
    const times5 = Math.imul(b, 5);
    const result = Math.imul((times5 << 7) | (times5 >>> 25), 9);
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return result >>> 0;
  };
  const next = (): number => {
    const high = word() >>> 5;
    const low = word() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  };
  return { next, below: (n) => Math.floor(next() * n) };
}

/** Puts the items into a random order, in place (Fisher and Yates). */
export function shuffle(items: Uint32Array, random: Random): void {
  for (let last = items.length - 1; last > 0; last -= 1) {
    const other = random.below(last + 1);
    const held = items[last] ?? 0;
    items[last] = items[other] ?? 0;
    items[other] = held;
  }
}

/** The indices 0 to n - 1 in random order. */
export function permutation(n: number, random: Random): Uint32Array {
  const items = Uint32Array.from({ length: n }, (_, index) => index);
  shuffle(items, random);
  return items;
}
