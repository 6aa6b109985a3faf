/** A straight line through measurements, of which the newer count more. */

export interface FadingLine {
  /** What was measured at `x`. Neither is negative; what is not finite is left out. */
  add(x: number, y: number): void;
  /** Estimate at `x`; 0 before the first measurement. */
  at(x: number): number;
  /** Change of y for one more x; the expected one before the first measurement. */
  readonly slope: number;
  /** Estimate at 0, not negative. */
  readonly base: number;
}

export interface FadingLineOptions {
  /** Weight of one measurement against all before it, in (0, 1). Default 0.1: the last twenty or so decide. */
  readonly weight?: number;
  /**
   * The slope to believe in while the measured x hardly differ; undefined: the one through the origin,
   * which charges everything to x.
   */
  readonly expectedSlope?: number;
  /** How far x must spread (as a standard deviation) before the measurements outweigh the expectation. */
  readonly spreadNeeded: (meanX: number) => number;
}

/**
 * Least squares with exponentially fading weights, and a ridge towards the expected slope: without it,
 * measurements at nearly the same x would turn their noise into any slope at all. The slope stays
 * between 0 and the one through the origin, so that the base is never negative.
 */
export function createFadingLine(options: FadingLineOptions): FadingLine {
  const { weight = 0.1, expectedSlope, spreadNeeded } = options;
  let total = 0;
  let meanX = 0;
  let meanY = 0;
  /** Weighted sums of squares and products of the distances from the means. */
  let squares = 0;
  let products = 0;

  function slope(): number {
    if (total === 0) return expectedSlope ?? 0;
    const throughOrigin = meanX === 0 ? 0 : meanY / meanX;
    const ridge = spreadNeeded(meanX) ** 2;
    const expected = Math.min(expectedSlope ?? throughOrigin, throughOrigin);
    const spread = squares / total + ridge;
    const fitted = spread === 0 ? expected : (products / total + ridge * expected) / spread;
    return Math.min(Math.max(fitted, 0), throughOrigin);
  }

  return {
    add(x, y) {
      if (!Number.isFinite(x) || !Number.isFinite(y)) return;
      total = total * (1 - weight) + 1;
      squares *= 1 - weight;
      products *= 1 - weight;
      // Weighted form of Welford's recurrence; https://doi.org/10.1145/359146.359153 (West 1979).
      const offX = x - meanX;
      const offY = y - meanY;
      meanX += offX / total;
      meanY += offY / total;
      squares += offX * (x - meanX);
      products += offX * (y - meanY);
    },
    at(x) {
      return total === 0 ? 0 : Math.max(0, meanY + slope() * (x - meanX));
    },
    get slope() {
      return slope();
    },
    get base() {
      return Math.max(0, meanY - slope() * meanX);
    },
  };
}
