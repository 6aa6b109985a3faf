/** Conversation in, tokens of the guard's prompt out. Ties template, marks and tokenizer together. */
import { mergeNeighbours, type GuardMessage, type GuardRole } from '../../../core/conversation.js';
import type { PromptChoice } from '../native/protocol.js';
import { familyOfRendering, type GuardFamily } from './family.js';
import { createImitationBreaker, marksOf, type ScaffoldMarks } from './imitation.js';
import { segmentScaffold, tokenizePrompt, type TextTokenizer } from './prompt-tokens.js';
import { createScaffoldMaker, type TemplateTokens } from './scaffold.js';

export interface PromptBuilder<T> {
  /** Throws when the template refuses the conversation. */
  tokens(messages: readonly GuardMessage[]): T[];
  /** What kind of guard the prompt is for: its words, its taxonomy, and the categories it is asked about. */
  readonly family: GuardFamily;
  /** The prompt of a User message and an Agent reply, texts left empty. */
  readonly sample: string;
  /** What texts may not contain as it is. */
  readonly marks: ScaffoldMarks;
}

/** The operator's choice cannot be put into this model's prompt; the message says what to change. */
export class PromptChoiceError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'PromptChoiceError';
  }
}

/** Throws when the template cannot be used, and PromptChoiceError when the choice cannot. */
export function createPromptBuilder<T>(
  template: string,
  templateTokens: TemplateTokens,
  tokenizer: TextTokenizer<T>,
  choice: PromptChoice,
): PromptBuilder<T> {
  const maker = createScaffoldMaker(template, templateTokens);
  const dialogue = maker.make(['User', 'Agent']);
  const marks = marksOf([maker.make(['User']), dialogue]);
  const breakImitations = createImitationBreaker(marks);
  const sample = dialogue.parts.filter((part) => typeof part === 'string').join('');
  const family = familyOfRendering(sample);
  if (family === undefined)
    throw new Error(
      'its chat template does not list hazard categories S1, S2, … and ask for "safe" or "unsafe"',
    );
  if (choice.categories.length > 0 || choice.taxonomy !== undefined)
    throw new PromptChoiceError('categories cannot be chosen in this version');
  return {
    marks,
    family,
    sample,
    tokens(messages) {
      // Guard templates alternate and begin with a User turn; a reply judged alone gets an empty one before it.
      const merged = mergeNeighbours(messages);
      const complete: readonly GuardMessage[] =
        merged[0]?.role === 'Agent' ? [{ role: 'User', text: '' }, ...merged] : merged;
      const scaffold = maker.make(complete.map((message): GuardRole => message.role));
      const texts = complete.map(({ text }) => breakImitations(scaffold.trims ? text.trim() : text));
      return tokenizePrompt(segmentScaffold(scaffold.parts, tokenizer), texts, tokenizer);
    },
  };
}
