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

/** Sum of a[i…] * b[j…] over `n` values; four sums at once, so that none has to wait for the one before. */
export function dot(a: Float32Array, i: number, b: Float32Array, j: number, n: number): number {
  let [s, t, u, v] = [0, 0, 0, 0];
  let k = 0;
  for (; k + 3 < n; k += 4) {
    s += (a[i + k] ?? 0) * (b[j + k] ?? 0);
    t += (a[i + k + 1] ?? 0) * (b[j + k + 1] ?? 0);
    u += (a[i + k + 2] ?? 0) * (b[j + k + 2] ?? 0);
    v += (a[i + k + 3] ?? 0) * (b[j + k + 3] ?? 0);
  }
  for (; k < n; k++) s += (a[i + k] ?? 0) * (b[j + k] ?? 0);
  return s + t + u + v;
}

export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
