/** One arm of the comparison under load, and all arms in turns. */
import { cpuSeconds } from '../child.js';
import { load, type LoadResult } from '../load.js';

export type Mode = 'whole' | 'streamed';

export interface Arm {
  readonly name: string;
  readonly url: string;
  /** Its process, for its processor time. */
  readonly pid: number;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The words of the next question. */
  readonly question: () => string;
}

export interface Cell {
  readonly mode: Mode;
  readonly connections: number;
  /** Milliseconds in which requests are begun, for each arm in each round. */
  readonly ms: number;
  /** Stops after so many; default: only the time counts. */
  readonly requests?: number;
}

export interface Measured extends LoadResult {
  /** Milliseconds of processor time that the arm's process took for one request. */
  readonly cpu: number;
}

const ROUTE = '/v1/chat/completions';

/** A chat as an assistant gets it: a system text and two earlier turns, about 1 KB. */
const EARLIER = [
  {
    role: 'system',
    content: 'You are a helpful assistant for people who keep a garden. Answer in short sentences.',
  },
  {
    role: 'user',
    content: 'The leaves of my tomato plants turn yellow from the bottom up. What is missing? '.repeat(3),
  },
  {
    role: 'assistant',
    content: 'Most often it is nitrogen, or too much water. Feed them every second week. '.repeat(4),
  },
];

export async function measure(arm: Arm, { mode, connections, ms, requests }: Cell): Promise<Measured> {
  const before = cpuSeconds(arm.pid);
  const result = await load(arm.url + ROUTE, {
    connections,
    requests: requests ?? Infinity,
    limitMs: ms,
    headers: arm.headers,
    body: () =>
      JSON.stringify({
        model: 'scripted',
        stream: mode === 'streamed',
        messages: [...EARLIER, { role: 'user', content: arm.question() }],
      }),
    accept: (text) =>
      !text.includes('content_filter') &&
      text.includes('"finish_reason":"stop"') &&
      (mode === 'whole' || text.trimEnd().endsWith('data: [DONE]')),
  });
  return { ...result, cpu: (1000 * (cpuSeconds(arm.pid) - before)) / result.requests };
}

/** Every arm once in each round, in another order each time, after a round that does not count. */
export async function compare(
  arms: readonly Arm[],
  cell: Cell,
  rounds: number,
  onFailure: (arm: Arm, result: Measured) => void,
): Promise<Measured[][]> {
  const results: Measured[][] = arms.map(() => []);
  for (let round = -1; round < rounds; round += 1) {
    for (let turn = 0; turn < arms.length; turn += 1) {
      const place = (turn + round + arms.length) % arms.length;
      const arm = arms[place];
      if (arm === undefined) continue;
      const result = await measure(arm, cell);
      if (result.failures > 0) onFailure(arm, result);
      if (round >= 0) results[place]?.push(result);
    }
  }
  return results;
}
