/** The two inner loops of training, in one place. */

/** out[o…] += scale * from[f…] for `n` values. */
export function addScaled(
  out: Float32Array,
  o: number,
  scale: number,
  from: Float32Array,
  f: number,
  n: number,
): void {
  for (let k = 0; k < n; k++) out[o + k] = (out[o + k] ?? 0) + scale * (from[f + k] ?? 0);
}

/** Sum of a[i…] * b[j…] over `n` values. */
export function dot(a: Float32Array, i: number, b: Float32Array, j: number, n: number): number {
  let sum = 0;
  for (let k = 0; k < n; k++) sum += (a[i + k] ?? 0) * (b[j + k] ?? 0);
  return sum;
}

export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
