/** Runs many cases, one after the other, and tells of the first that fails in a way that it can be run again. */
import { loadRecordings, type Recording } from '../enforcement/recordings.js';
import { minimized, planOf, runPlan, type Plan } from './fuzz-case.js';

export interface FuzzOptions {
  /** Seed of the first case; each further case has the next number. */
  readonly seed: number;
  readonly cases: number;
  /** Milliseconds after which no new case begins; Infinity: all cases are run. */
  readonly forMs?: number;
}

export interface FuzzResult {
  readonly ran: number;
  /** Cases that a decoder took, and cases that were refused with an error. */
  readonly passed: number;
  readonly refused: number;
}

/** Throws an error that names the case's seed when one fails. */
export async function runFuzz(options: FuzzOptions, recordings?: readonly Recording[]): Promise<FuzzResult> {
  recordings ??= await loadRecordings();
  const end = performance.now() + (options.forMs ?? Infinity);
  const counts = { passed: 0, refused: 0 };
  let ran = 0;
  for (; ran < options.cases && performance.now() < end; ran += 1)
    counts[await runCase(options.seed + ran, recordings)] += 1;
  return { ran, ...counts };
}

async function runCase(seed: number, recordings: readonly Recording[]): Promise<'passed' | 'refused'> {
  const plan = planOf(seed, recordings);
  try {
    return await runPlan(plan);
  } catch (error) {
    throw new Error(describe(await minimized(plan), error), { cause: error });
  }
}

function describe({ seed, recording, other, kind, json, bytes }: Plan, error: unknown): string {
  return [
    `Case ${seed} fails: ${error instanceof Error ? error.message : String(error)}`,
    `  ${kind} of "${recording.name}", mixed with "${other.name}"`,
    `  changes that it needs: JSON ${JSON.stringify(json)}, bytes ${JSON.stringify(bytes)}`,
    `  again: npm run fuzz -- --seed ${seed} --cases 1`,
  ].join('\n');
}
