/** Conversation in, tokens of the guard's prompt out. Ties template, marks and tokenizer together. */
import type { GuardMessage, GuardRole } from '../../../core/conversation.js';
import { marksOf, type ScaffoldMarks } from './imitation.js';
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
  createBreaker: (marks: ScaffoldMarks) => (text: string) => string,
): PromptBuilder<T> {
  const maker = createScaffoldMaker(template, templateTokens);
  const dialogue = maker.make(['User', 'Agent']);
  const marks = marksOf([maker.make(['User']), dialogue]);
  const breakImitations = createBreaker(marks);
  return {
    marks,
    sample: dialogue.parts.filter((part) => typeof part === 'string').join(''),
    tokens(messages) {
      // Guard templates begin with a User turn; a reply judged alone gets an empty one before it.
      const [first] = messages;
      const complete: readonly GuardMessage[] =
        first?.role === 'Agent' ? [{ role: 'User', text: '' }, ...messages] : messages;
      const scaffold = maker.make(complete.map((message): GuardRole => message.role));
      const texts = complete.map(({ text }) => breakImitations(scaffold.trims ? text.trim() : text));
      return tokenizePrompt(segmentScaffold(scaffold.parts, tokenizer), texts, tokenizer);
    },
  };
}
