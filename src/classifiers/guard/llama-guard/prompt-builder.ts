/** Conversation in, tokens of the guard's prompt out. Ties template, marks and tokenizer together. */
import { mergeNeighbours, type GuardMessage, type GuardRole } from '../../../core/conversation.js';
import { createImitationBreaker, marksOf, type ScaffoldMarks } from './imitation.js';
import { segmentScaffold, tokenizePrompt, type TextTokenizer } from './prompt-tokens.js';
import { createScaffoldMaker, type TemplateTokens } from './scaffold.js';

export interface PromptBuilder<T> {
  /** Throws when the template refuses the conversation. */
  tokens(messages: readonly GuardMessage[]): T[];
  /** The prompt of a User message and an Agent reply, texts left empty: to see what kind of template it is. */
  readonly sample: string;
  /** What texts may not contain as it is. */
  readonly marks: ScaffoldMarks;
}

/** Throws when the template cannot be used. */
export function createPromptBuilder<T>(
  template: string,
  templateTokens: TemplateTokens,
  tokenizer: TextTokenizer<T>,
): PromptBuilder<T> {
  const maker = createScaffoldMaker(template, templateTokens);
  const dialogue = maker.make(['User', 'Agent']);
  const marks = marksOf([maker.make(['User']), dialogue]);
  const breakImitations = createImitationBreaker(marks);
  return {
    marks,
    sample: dialogue.parts.filter((part) => typeof part === 'string').join(''),
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
