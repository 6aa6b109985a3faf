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
  /** Beside `content-type: application/json`. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
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
  /** Processor time of this client as a share of one core: near 1 it is what limits the measurement. */
  readonly clientShare: number;
}

const TEXT = /"content":"[^"]/;
/** The end of a piece that the beginning of `TEXT` may be in. */
const OVERLAP = 16;

/**
 * POSTs to `url` (`http://127.0.0.1:11434/v1/chat/completions`). Never rejects because of a reply: what
 * goes wrong is counted.
 */
export async function load(url: string, options: LoadOptions): Promise<LoadResult> {
  const { origin, pathname } = new URL(url);
  const pool = new Pool(origin, { connections: options.connections, pipelining: 1 });
  const headers = { 'content-type': 'application/json', ...options.headers };
  const firstBytes: number[] = [];
  const firstTexts: number[] = [];
  const wholes: number[] = [];
  const failures: string[] = [];
  let begun = 0;
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();

  const one = async (): Promise<void> => {
    const since = performance.now();
    const { status, text, firstByte, firstText } = await post(pool, pathname, headers, options.body());
    const ended = performance.now();
    if (status !== 200) throw new Error(`HTTP ${status}: ${text.slice(0, 200)}`);
    if (!options.accept(text)) throw new Error(`not the reply that was asked for: ${text.slice(0, 200)}`);
    firstBytes.push((firstByte ?? ended) - since);
    firstTexts.push((firstText ?? ended) - since);
    wholes.push(ended - since);
  };
  const worker = async (): Promise<void> => {
    while (begun < options.requests && performance.now() - startedAt < options.limitMs) {
      begun += 1;
      await one().catch((error: unknown) => failures.push(String(error)));
    }
  };
  await Promise.all(Array.from({ length: options.connections }, worker));
  const seconds = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
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
    clientShare: (user + system) / 1e6 / seconds,
  };
}

interface Answer {
  readonly status: number;
  readonly text: string;
  /** Of `performance.now()`; undefined where none came. */
  readonly firstByte: number | undefined;
  readonly firstText: number | undefined;
}

/** By undici's handlers and not its streams: the client should cost little beside what it measures. */
function post(pool: Pool, path: string, headers: Record<string, string>, body: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let status = 0;
    let firstByte: number | undefined;
    let firstText: number | undefined;
    let before = '';
    pool.dispatch(
      { path, method: 'POST', headers, body },
      {
        // By this method undici knows that these are handlers of its newer kind.
        onRequestStart: () => undefined,
        onResponseStart(_, statusCode) {
          status = statusCode;
        },
        onResponseData(_, piece) {
          pieces.push(piece);
          firstByte ??= performance.now();
          if (firstText !== undefined) return;
          before = before.slice(-OVERLAP) + piece.toString('latin1');
          if (TEXT.test(before)) firstText = performance.now();
        },
        onResponseEnd() {
          resolve({ status, text: Buffer.concat(pieces).toString(), firstByte, firstText });
        },
        onResponseError(_, error) {
          reject(error);
        },
      },
    );
  });
}
