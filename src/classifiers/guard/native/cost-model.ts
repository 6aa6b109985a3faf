/**
 * What a call will cost, learned from the calls before it:
 *
 *     tokens = tokensPerCharacter * new characters + tokens of any call
 *     ms     = msPerToken * tokens + fixedMs
 *
 * "New" are the characters that the process has not evaluated for the same conversation before. All
 * numbers fade: the last twenty or so answers decide.
 */
import { createFadingLine } from './fading-line.js';

/** A call that was answered. */
export interface FinishedCall {
  /** Of the whole request, and of the part that was not judged before. */
  readonly characters: number;
  readonly newCharacters: number;
  readonly tokensEvaluated: number;
  readonly tokensCached: number;
  /** From the start of the work to its answer. */
  readonly ms: number;
  /** The process had nothing in its cache that a call of this kind could find. */
  readonly cold: boolean;
}

export interface CostModel {
  /** Milliseconds of work for a call; undefined until enough calls were answered. */
  estimate(newCharacters: number): number | undefined;
  learn(call: FinishedCall): void;
  /** A call was given up after `ms` of work and had no answer: it would have taken longer still. */
  learnUnfinished(newCharacters: number, ms: number): void;
  /** Undefined until enough calls were answered. */
  readonly msPerToken: number | undefined;
  readonly fixedMs: number | undefined;
}

/** Answers before the first estimate is given. */
const ENOUGH = 3;
/** Plain English has a token for every three or four characters. */
const TOKENS_PER_CHARACTER = 0.3;
/** UTF-8 has at most three bytes for a UTF-16 unit, and no byte is more than a token. */
const MOST_TOKENS_PER_CHARACTER = 3;
/** A single call may raise the estimate only as if it had been this many times slower than expected. */
const MOST_SURPRISE = 5;
const WEIGHT = 0.1;

export function createCostModel(): CostModel {
  /** Tokens of a whole prompt, by its characters: what is found in a cache does not blur it. */
  const prompt = createFadingLine({
    weight: WEIGHT,
    expectedSlope: TOKENS_PER_CHARACTER,
    spreadNeeded: () => 100,
  });
  /** Milliseconds by evaluated tokens. */
  const speed = createFadingLine({ weight: WEIGHT, spreadNeeded: (tokens) => tokens * 0.1 });
  /** What calls evaluate beyond (or, below 0, short of) their new characters: the end of the prompt, wrong guesses. */
  let besides = 0;
  let besidesWeight = 0;
  let answers = 0;

  function tokensPerCharacter(): number {
    return Math.min(prompt.slope, MOST_TOKENS_PER_CHARACTER);
  }
  function tokens(newCharacters: number): number {
    return Math.max(1, tokensPerCharacter() * newCharacters + besides);
  }
  /** A machine that slept, or another process's burst, is one slow call and not a slow model. */
  function plausible(ms: number, expected: number): number {
    return answers < ENOUGH ? ms : Math.min(ms, expected * MOST_SURPRISE);
  }

  return {
    estimate(newCharacters) {
      return answers < ENOUGH ? undefined : speed.at(tokens(newCharacters));
    },
    learn({ characters, newCharacters, tokensEvaluated, tokensCached, ms, cold }) {
      prompt.add(characters, tokensEvaluated + tokensCached);
      speed.add(tokensEvaluated, plausible(ms, speed.at(tokensEvaluated)));
      if (!cold) {
        besidesWeight = besidesWeight * (1 - WEIGHT) + 1;
        besides += (tokensEvaluated - tokensPerCharacter() * newCharacters - besides) / besidesWeight;
      }
      answers += 1;
    },
    learnUnfinished(newCharacters, ms) {
      if (answers < ENOUGH) return;
      const expected = speed.at(tokens(newCharacters));
      if (ms > expected) speed.add(tokens(newCharacters), plausible(ms, expected));
    },
    get msPerToken() {
      return answers < ENOUGH ? undefined : speed.slope;
    },
    get fixedMs() {
      return answers < ENOUGH ? undefined : speed.base;
    },
  };
}
