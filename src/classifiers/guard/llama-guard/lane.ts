/**
 * One KV sequence that evaluates prompts and reads logits. What two prompts share from their
 * beginning (the policy, earlier turns) is evaluated once and kept.
 */
import type { ControlledEvaluateInputItem, LlamaContextSequence, Token } from 'node-llama-cpp';
import type { Logits } from './reading.js';

export interface LaneReading {
  readonly logits: Logits<Token>;
  /** The likeliest next token. */
  readonly best: Token;
  /** Tokens that had to be evaluated, and that were found in the cache. */
  readonly evaluated: number;
  readonly cached: number;
}

export interface Lane {
  /**
   * Brings the sequence to `tokens` and reads the logits after the last of them.
   * @param watched whose logits are wanted
   * Rejects with `signal.reason` at most one chunk after an abort; the lane stays usable.
   */
  read(tokens: readonly Token[], watched: readonly Token[], signal: AbortSignal): Promise<LaneReading>;
}

/** @param chunkTokens how many are evaluated between two looks at the signal */
export function createLane(sequence: LlamaContextSequence, chunkTokens: number): Lane {
  return {
    async read(tokens, watched, signal) {
      signal.throwIfAborted();
      // The last token is always evaluated: its logits are what is wanted. Shifting is off, because it
      // would move keys to positions they were not computed for.
      await sequence.adaptStateToTokens(tokens.slice(0, -1), false);
      const cached = sequence.nextTokenIndex;
      let index = cached;
      while (tokens.length - index > chunkTokens) {
        signal.throwIfAborted();
        await sequence.evaluateWithoutGeneratingNewTokens(tokens.slice(index, index + chunkTokens));
        index += chunkTokens;
      }
      signal.throwIfAborted();
      const rest: ControlledEvaluateInputItem[] = tokens.slice(index);
      const last = tokens.at(-1);
      if (last === undefined) throw new RangeError('A prompt without tokens cannot be evaluated.');
      // Sampler options stay unset: a temperature would cut the logits down to the top 40.
      rest[rest.length - 1] = [
        last,
        {
          generateNext: {
            logits: { filter: { tokens: [...watched], includeSelected: true } },
            totalLogitWeight: true,
          },
        },
      ];
      const next = (await sequence.controlledEvaluate(rest)).at(-1)?.next;
      const best = next?.logits?.keys().next().value;
      if (next?.logits === undefined || next.totalLogitWeight === undefined || best === undefined)
        throw new Error('llama.cpp gave no logits for the last token.');
      return {
        logits: { values: next.logits, totalWeight: next.totalLogitWeight },
        best,
        evaluated: tokens.length - cached,
        cached,
      };
    },
  };
}
