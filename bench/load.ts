/** Sends chat requests over a fixed number of connections and times each one. */
import { Pool } from 'undici';
import { quantile } from './statistics.js';

export interface LoadOptions {
  /** Connections; each has one request under way at any time. */
  readonly connections: number;
  /** Requests in all. */
  readonly requests: number;
  /** No request is begun after this many milliseconds. */
  readonly limitMs: number;
  /** The body of the next request, as JSON text. */
  readonly body: () => string;
  /** Whether a body that came with status 200 is the reply that was asked for. */
  readonly accept: (text: string) => boolean;
}

export interface Quantiles {
  readonly p50: number;
  readonly p99: number;
}

/** Times in milliseconds, of accepted replies only. */
export interface LoadResult {
  readonly requests: number;
  /** Requests that failed, or whose reply was not accepted; the first one's reason. */
  readonly failures: number;
  readonly firstFailure: string | undefined;
  readonly perSecond: number;
  /** Until the first byte of the reply's body. */
  readonly firstByte: Quantiles;
  /** Until the first of the model's words: streams begin with a message that has none. */
  readonly firstText: Quantiles;
  /** Until its last. */
  readonly whole: Quantiles;
}

const TEXT = /"content":"[^"]/;

/**
 * POSTs to `url` (`http://127.0.0.1:11434/v1/chat/completions`). Never rejects because of a reply: what
 * goes wrong is counted.
 */
export async function load(url: string, options: LoadOptions): Promise<LoadResult> {
  const { origin, pathname } = new URL(url);
  const pool = new Pool(origin, { connections: options.connections, pipelining: 1 });
  const firstBytes: number[] = [];
  const firstTexts: number[] = [];
  const wholes: number[] = [];
  const failures: string[] = [];
  let begun = 0;
  const startedAt = performance.now();

  const one = async (): Promise<void> => {
    const since = performance.now();
    const { statusCode, body } = await pool.request({
      path: pathname,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: options.body(),
    });
    let firstByte: number | undefined;
    let firstText: number | undefined;
    let text = '';
    body.setEncoding('utf8');
    for await (const piece of body as AsyncIterable<string>) {
      text += piece;
      firstByte ??= performance.now() - since;
      if (firstText === undefined && TEXT.test(text)) firstText = performance.now() - since;
    }
    const whole = performance.now() - since;
    if (statusCode !== 200) throw new Error(`HTTP ${statusCode}: ${text.slice(0, 200)}`);
    if (!options.accept(text)) throw new Error(`not the reply that was asked for: ${text.slice(0, 200)}`);
    firstBytes.push(firstByte ?? whole);
    firstTexts.push(firstText ?? whole);
    wholes.push(whole);
  };
  const worker = async (): Promise<void> => {
    while (begun < options.requests && performance.now() - startedAt < options.limitMs) {
      begun += 1;
      await one().catch((error: unknown) => failures.push(String(error)));
    }
  };
  await Promise.all(Array.from({ length: options.connections }, worker));
  const seconds = (performance.now() - startedAt) / 1000;
  await pool.close();

  const times = (all: readonly number[]): Quantiles => ({
    p50: quantile(all, 0.5),
    p99: quantile(all, 0.99),
  });
  return {
    requests: begun,
    failures: failures.length,
    firstFailure: failures[0],
    perSecond: wholes.length / seconds,
    firstByte: times(firstBytes),
    firstText: times(firstTexts),
    whole: times(wholes),
  };
}
