/** Prompt building with a loaded model's own tokenizer. */
import type { LlamaModel, Token } from 'node-llama-cpp';
import type { PromptChoice } from '../native/protocol.js';
import type { ModelHints } from './families/definition.js';
import { createPromptBuilder, type PromptBuilder } from './prompt-builder.js';

/**
 * @param template Jinja source
 * @param choice what the operator changes about the prompt
 * @throws PromptChoiceError when the choice cannot be put into this template; any other Error when the template
 *   cannot be used, or is no guard's. Messages are reasons without a full stop: "its chat template …"
 */
export function promptBuilderFor(
  model: LlamaModel,
  template: string,
  choice: PromptChoice,
): PromptBuilder<Token> {
  const { general } = model.fileInfo.metadata;
  const hints: ModelHints = {
    architecture: general.architecture,
    name: [general.name, general.basename].filter((name) => name !== undefined).join(' '),
  };
  return createPromptBuilder(
    template,
    { bos: model.tokens.bosString ?? '', eos: model.tokens.eosString ?? '' },
    {
      tokenize: (text, specialTokens) => model.tokenize(text, specialTokens),
      isSpecialToken: (token) => model.isSpecialToken(token),
      specialText: (token) => model.detokenize([token], true),
    },
    choice,
    hints,
  );
}
