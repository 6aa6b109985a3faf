/**
 * Label values make time series, and every new one costs memory here and in Prometheus for good.
 * So none comes straight from a client: each label has a shape and a largest number of distinct values.
 */

/** What a value that is not admitted is counted under. */
export const OTHER = 'other';

/** Only the given values; anything else is `other`. */
export function fixedLabel(values: readonly string[]): (value: string) => string {
  const known = new Set(values);
  return (value) => (known.has(value) ? value : OTHER);
}

/**
 * Values that match `shape`, the first `limit` distinct ones of them; anything else is `other`.
 * @param limit at least 1
 */
export function boundedLabel(shape: RegExp, limit: number): (value: string) => string {
  const seen = new Set<string>();
  return (value) => {
    if (seen.has(value)) return value;
    if (seen.size >= limit || !shape.test(value)) return OTHER;
    seen.add(value);
    return value;
  };
}

/** The origin of a configured upstream URL: never its path, query or the password in it. */
export function originLabel(limit: number): (value: string) => string {
  const bounded = boundedLabel(/^https?:\/\/[^/@\s]{1,255}$/, limit);
  let last: { readonly value: string; readonly label: string } | undefined;
  return (value) => {
    // A proxy has one upstream: its URL is not taken apart for each request.
    if (last?.value !== value)
      last = { value, label: URL.canParse(value) ? bounded(new URL(value).origin) : OTHER };
    return last.label;
  };
}
