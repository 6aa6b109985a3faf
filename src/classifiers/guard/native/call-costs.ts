/** What each process has evaluated, and what that makes a call cost there. */
import { LRUCache } from 'lru-cache';
import { createCostModel, type CostModel } from './cost-model.js';
import type { CallSize, TokensSpent } from './session-size.js';

export interface CallCosts {
  /** Milliseconds of work for a call on a process; undefined until enough was measured. */
  estimate(size: CallSize, process: number): number | undefined;
  /** A process begins with a call. Returns what has to be told at its end. */
  begin(size: CallSize, process: number): StartedCall;
  /** The process that holds the beginning of the call, of those given; undefined when none does. */
  home(size: CallSize, among: readonly number[]): number | undefined;
  /** The process ended, and with it all that it had evaluated. */
  forget(process: number): void;
  readonly model: Pick<CostModel, 'msPerToken' | 'fixedMs'>;
}

export interface StartedCall {
  /** Estimated milliseconds of work. */
  readonly costMs: number | undefined;
  done(ms: number, spent: TokensSpent): void;
  /** It was given up after so many milliseconds. */
  unfinished(ms: number): void;
}

interface Memory {
  /** Characters judged so far, by key and lane. */
  readonly judged: LRUCache<string, number>;
  /** Lanes that were used. */
  readonly lanes: Set<string | undefined>;
}

/** @param remembered conversations whose beginning a process holds, at most */
export function createCallCosts(remembered: number): CallCosts {
  const model = createCostModel();
  const memories = new Map<number, Memory>();

  function memoryOf(process: number): Memory {
    const known = memories.get(process);
    if (known !== undefined) return known;
    const memory = { judged: new LRUCache<string, number>({ max: remembered }), lanes: new Set<string>() };
    memories.set(process, memory);
    return memory;
  }
  function judgedBefore(size: CallSize, process: number): number {
    const name = nameOf(size);
    return name === undefined ? 0 : (memories.get(process)?.judged.peek(name) ?? 0);
  }
  function newCharacters(size: CallSize, process: number): number {
    return Math.max(0, size.characters - judgedBefore(size, process));
  }

  return {
    estimate: (size, process) => model.estimate(newCharacters(size, process)),
    begin(size, process) {
      const fresh = newCharacters(size, process);
      const { judged, lanes } = memoryOf(process);
      const cold = !lanes.has(size.lane);
      lanes.add(size.lane);
      const name = nameOf(size);
      // From now on, so that calls which come meanwhile go to the same process.
      if (name !== undefined) judged.set(name, judged.get(name) ?? 0);
      return {
        costMs: model.estimate(fresh),
        done(ms, { evaluated, cached }) {
          model.learn({
            characters: size.characters,
            newCharacters: fresh,
            tokensEvaluated: evaluated,
            tokensCached: cached,
            ms,
            cold,
          });
          if (name !== undefined) judged.set(name, size.characters);
        },
        unfinished: (ms) => model.learnUnfinished(fresh, ms),
      };
    },
    home(size, among) {
      const name = nameOf(size);
      if (name === undefined) return undefined;
      let best: number | undefined;
      let most = -1;
      for (const process of among) {
        const characters = memories.get(process)?.judged.peek(name) ?? -1;
        if (characters > most) [best, most] = [process, characters];
      }
      return best;
    },
    forget(process) {
      memories.delete(process);
    },
    model,
  };
}

function nameOf({ key, lane }: CallSize): string | undefined {
  return key === undefined ? undefined : `${lane ?? ''} ${key}`;
}
