/** Prompt building with a loaded model's own tokenizer. */
import type { LlamaModel, Token } from 'node-llama-cpp';
import { createPromptBuilder, type PromptBuilder } from './prompt-builder.js';

/** @param template Jinja source; throws when it cannot be used */
export function promptBuilderFor(model: LlamaModel, template: string): PromptBuilder<Token> {
  return createPromptBuilder(
    template,
    { bos: model.tokens.bosString ?? '', eos: model.tokens.eosString ?? '' },
    {
      tokenize: (text, specialTokens) => model.tokenize(text, specialTokens),
      isSpecialToken: (token) => model.isSpecialToken(token),
      specialText: (token) => model.detokenize([token], true),
    },
  );
}
