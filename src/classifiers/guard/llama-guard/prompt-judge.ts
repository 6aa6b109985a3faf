/** Judges one prompt in a lane: the verdict from the first token's logits, and categories where they are wanted. */
import type { LlamaModel, Token } from 'node-llama-cpp';
import type { CategoryScore } from '../../../core/assessment.js';
import { scoreCategories, type NextToken } from './category-scores.js';
import { categoryTokens } from './category-tokens.js';
import type { Lane } from './lane.js';
import type { PromptBuilder } from './prompt-builder.js';
import { readVerdict, shareOf, sharesOf, type Logits, type Reading } from './reading.js';

/** Room behind a prompt: line breaks before the verdict, the verdict, and the categories. */
export const ANSWER_TOKENS = 64;
const MAX_NEWLINES = 2;

export interface JudgedPrompt extends Reading {
  readonly categories: readonly CategoryScore[];
  readonly notes: readonly string[];
}

export type PromptOutcome =
  | { readonly status: 'judged'; readonly judged: JudgedPrompt }
  /** The model did something else than judge. */
  | { readonly status: 'off_format'; readonly detail: string };

export interface TokenCount {
  evaluated: number;
  cached: number;
}

export interface PromptJudge {
  /**
   * @param categoriesFrom categories are wanted from this score on
   * @param spent what the reads cost is added to it
   * Rejects as the lane does.
   */
  judge(
    lane: Lane,
    prompt: readonly Token[],
    categoriesFrom: number,
    spent: TokenCount,
    signal: AbortSignal,
  ): Promise<PromptOutcome>;
}

/** @param massFloor below this share of the probability on the two words there is no verdict */
export function createPromptJudge(
  model: LlamaModel,
  builder: PromptBuilder<Token>,
  massFloor: number,
): PromptJudge {
  const { family } = builder;
  const { safe, unsafe } = builder.verdict;
  const names = { safe: family.words.safe.trim(), unsafe: family.words.unsafe.trim() };
  const newlines = ['\n', '\n\n'].flatMap((text) => {
    const tokens = model.tokenize(text, false);
    return tokens.length === 1 ? tokens : [];
  });
  const watched = [safe, unsafe, ...newlines];
  const { eos, eot } = model.tokens;
  const categories =
    family.categoryIds.length === 0
      ? undefined
      : categoryTokens<Token>(
          (text) => model.tokenize(text, false),
          family.words.unsafe,
          family.categoryIds,
          [eos, eot].filter((token) => token !== null),
        );

  /** Reads the verdict, passing over the line breaks that a model may write first. */
  async function readFirstWord(
    lane: Lane,
    tokens: readonly Token[],
    spent: TokenCount,
    signal: AbortSignal,
  ): Promise<{ reading: Reading | undefined; prompt: readonly Token[] }> {
    let prompt = tokens;
    for (let passed = 0; ; passed++) {
      const { logits, evaluated, cached } = await lane.read(prompt, watched, signal);
      spent.evaluated += evaluated;
      // Later reads find this call's own tokens: only the first finds what others left.
      if (passed === 0) spent.cached += cached;
      const [here] = logits;
      if (here === undefined) return { reading: undefined, prompt };
      const reading = readVerdict(here, safe, unsafe);
      if ((reading !== undefined && reading.mass >= massFloor) || passed === MAX_NEWLINES)
        return { reading, prompt };
      const best = likeliest(here);
      if (best === undefined || !newlines.includes(best) || shareOf(here, newlines) < massFloor)
        return { reading, prompt };
      prompt = [...prompt, best];
    }
  }

  return {
    async judge(lane, tokens, categoriesFrom, spent, signal) {
      const { reading, prompt } = await readFirstWord(lane, tokens, spent, signal);
      if (reading === undefined)
        return {
          status: 'off_format',
          detail: `The guard gave no finite numbers for "${names.safe}" and "${names.unsafe}".`,
        };
      if (reading.mass < massFloor)
        return {
          status: 'off_format',
          detail: `The guard put only ${(reading.mass * 100).toFixed(1)}% on "${names.safe}" or "${names.unsafe}", below ${massFloor * 100}%.`,
        };
      if (categories === undefined || reading.score < categoriesFrom)
        return { status: 'judged', judged: { ...reading, categories: [], notes: [] } };

      /** Logits behind the prompt, by the tokens between. */
      const known = new Map<string, Logits<Token>>();
      const nextToken: NextToken<Token> = async (path, ahead) => {
        const key = path.join(' ');
        if (!known.has(key)) {
          const way = [...path, ...ahead].slice(0, ANSWER_TOKENS - MAX_NEWLINES);
          const from = prompt.length + path.length - 1;
          const { logits, evaluated } = await lane.read([...prompt, ...way], categories.all, signal, from);
          spent.evaluated += evaluated;
          for (const [index, found] of logits.entries())
            known.set(way.slice(0, path.length + index).join(' '), found);
        }
        const here = known.get(key);
        return here === undefined ? undefined : sharesOf(here);
      };
      const found = await scoreCategories(categories, reading.score, nextToken);
      return { status: 'judged', judged: { ...reading, ...found } };
    },
  };
}

/** The map begins with the highest logit. */
function likeliest(logits: Logits<Token>): Token | undefined {
  return logits.values.keys().next().value;
}
