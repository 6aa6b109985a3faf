/**
 * One KV sequence that evaluates prompts and reads logits. What two prompts share from their
 * beginning (the policy, earlier turns) is evaluated once and kept.
 */
import type { ControlledEvaluateInputItem, LlamaContextSequence, Token } from 'node-llama-cpp';
import type { Logits } from './reading.js';

export interface LaneReading {
  /** After each of the tokens that were asked for, in their order; the likeliest next token comes first. */
  readonly logits: readonly Logits<Token>[];
  /** Tokens that had to be evaluated, and that were found in the cache. */
  readonly evaluated: number;
  readonly cached: number;
}

export interface Lane {
  /** Evaluated tokens that are kept. */
  readonly length: number;
  /** How many tokens the kept ones and `tokens` share from their beginning. */
  common(tokens: readonly Token[]): number;
  /**
   * Brings the sequence to `tokens` and reads the logits after the last of them, or after all from index `from` on.
   * @param watched whose logits are wanted
   * Rejects with `signal.reason` at most one chunk after an abort; the lane stays usable. After any other
   * rejection nobody knows what the sequence holds, except for a RangeError: the prompt was not begun.
   */
  read(
    tokens: readonly Token[],
    watched: readonly Token[],
    signal: AbortSignal,
    from?: number,
  ): Promise<LaneReading>;
  /** Brings the sequence to `tokens` without reading anything. Rejects as `read` does. */
  evaluate(tokens: readonly Token[], signal: AbortSignal): Promise<void>;
  /** Writes the kept tokens and their keys and values to a file. */
  save(path: string): Promise<void>;
  /** Replaces what is kept by what `save` wrote; after a rejection nobody knows what the sequence holds. */
  load(path: string): Promise<void>;
}

export interface LaneOptions {
  /** Tokens that are evaluated between two looks at the signal, at least 1. */
  readonly chunkTokens: number;
  /** Tokens that a prompt may have. */
  readonly capacity: number;
  /** Evaluate so many tokens where it would be somewhat fewer: see `TILE`. */
  readonly fillTile?: boolean | undefined;
}

/**
 * From this many tokens on, llama.cpp's attention on the CPU works in tiles. 60 new tokens take a third longer
 * than 64 do (1B shape, two threads; docs/performance.md), so a few kept ones are evaluated again with them.
 */
const TILE = 64;
/** With fewer new tokens than this, a whole tile costs more than it saves. */
const WORTH_A_TILE = 48;

export function createLane(
  sequence: LlamaContextSequence,
  { chunkTokens, capacity, fillTile = false }: LaneOptions,
): Lane {
  function check(tokens: readonly Token[], signal: AbortSignal): void {
    signal.throwIfAborted();
    // llama.cpp would make room by dropping the oldest tokens, which are the policy, and still answer.
    if (tokens.length > capacity)
      throw new RangeError(`A prompt of ${tokens.length} tokens does not fit a context of ${capacity}.`);
  }

  function common(tokens: readonly Token[]): number {
    // The sequence only reads the array; its type does not say so.
    return sequence.compareContextTokens(tokens as Token[]).firstDifferentIndex;
  }

  /** How many kept tokens are believed, at most `most`. */
  function keep(tokens: readonly Token[], most: number): number {
    const kept = Math.min(common(tokens), most);
    const fresh = tokens.length - kept;
    const fills = fillTile && fresh >= WORTH_A_TILE && fresh < TILE && tokens.length >= TILE;
    return fills ? tokens.length - TILE : kept;
  }

  /** Evaluates whole chunks, as many as fit below `end`. */
  async function evaluateChunks(tokens: readonly Token[], end: number, signal: AbortSignal): Promise<void> {
    let index = sequence.nextTokenIndex;
    while (end - index >= chunkTokens) {
      await sequence.evaluateWithoutGeneratingNewTokens(tokens.slice(index, index + chunkTokens));
      index += chunkTokens;
      checkLength(index);
      signal.throwIfAborted();
    }
  }

  /** Whatever made llama.cpp drop tokens, what it would answer now is no judgement. */
  function checkLength(expected: number): void {
    if (sequence.nextTokenIndex !== expected)
      throw new Error('llama.cpp dropped tokens of the prompt to make room.');
  }

  return {
    get length() {
      return sequence.nextTokenIndex;
    },
    common,

    async read(tokens, watched, signal, from = tokens.length - 1) {
      check(tokens, signal);
      if (from < 0 || from >= tokens.length)
        throw new RangeError('Logits can only be read after a token of the prompt.');
      // The tokens whose logits are wanted are always evaluated. Shifting is off, because it would move
      // keys to positions they were not computed for.
      await sequence.adaptStateToTokens(tokens.slice(0, keep(tokens, from)), false);
      const cached = sequence.nextTokenIndex;
      await evaluateChunks(tokens, from, signal);
      const begin = sequence.nextTokenIndex;
      const rest: ControlledEvaluateInputItem[] = tokens.slice(begin);
      // Sampler options stay unset: a temperature would cut the logits down to the top 40.
      const generateNext = {
        logits: { filter: { tokens: watched, includeSelected: true } },
        totalLogitWeight: true,
      };
      for (let index = from; index < tokens.length; index++) {
        const token = tokens[index];
        if (token !== undefined) rest[index - begin] = [token, { generateNext }];
      }
      const outputs = await sequence.controlledEvaluate(rest);
      checkLength(tokens.length);
      const logits: Logits<Token>[] = [];
      for (let index = from; index < tokens.length; index++) {
        const next = outputs[index - begin]?.next;
        if (next?.logits === undefined || next.totalLogitWeight === undefined || next.logits.size === 0)
          throw new Error('llama.cpp gave no logits.');
        logits.push({ values: next.logits, totalWeight: next.totalLogitWeight });
      }
      return { logits, evaluated: tokens.length - cached, cached };
    },

    async evaluate(tokens, signal) {
      check(tokens, signal);
      await sequence.adaptStateToTokens([...tokens], false);
      await evaluateChunks(tokens, tokens.length, signal);
      const rest = tokens.slice(sequence.nextTokenIndex);
      if (rest.length > 0) await sequence.evaluateWithoutGeneratingNewTokens(rest);
      checkLength(tokens.length);
      signal.throwIfAborted();
    },

    async save(path) {
      await sequence.saveStateToFile(path);
    },
    // The caller answers for the file: it was written by the same model and has not changed since.
    load: (path) => sequence.loadStateFromFile(path, { acceptRisk: true }),
  };
}
