/** Conversation in, tokens of the guard's prompt out. Ties template, family, marks and tokenizer together. */
import { mergeNeighbours, type GuardMessage, type GuardRole } from '../../../core/conversation.js';
import type { PromptChoice } from '../native/protocol.js';
import type { ModelHints } from './families/definition.js';
import type { GuardFamily } from './family.js';
import { createImitationBreaker, marksOf, type ScaffoldMarks } from './imitation.js';
import {
  segmentScaffold,
  tokenizePrompt,
  typableSpecials,
  verdictTokens,
  type TextTokenizer,
} from './prompt-tokens.js';
import { planPrompt } from './recognise.js';
import { createScaffoldMaker } from './scaffold.js';
import { openTemplate, textOf, type TemplateTokens } from './template.js';

export { PromptChoiceError } from './choice-error.js';

export interface PromptBuilder<T> {
  /** Throws when the template refuses the conversation. */
  tokens(messages: readonly GuardMessage[]): T[];
  /** What kind of guard the prompt is for: its words, its taxonomy, and the categories it is asked about. */
  readonly family: GuardFamily;
  /** Why it is taken for one of this family, as the end of "It is one because …". */
  readonly why: string;
  /** The tokens whose logits behind the prompt are the verdict: the first of each of the family's words. */
  readonly verdict: { readonly safe: T; readonly unsafe: T };
  /** The prompt of a User message and an Agent reply, texts left empty. */
  readonly sample: string;
  /** What texts may not contain as it is. */
  readonly marks: ScaffoldMarks;
}

/**
 * @param template Jinja source
 * @throws PromptChoiceError when the choice cannot be put into this template; any other Error when the template
 *   cannot be used, or is no guard's. Messages say why, without a full stop.
 */
export function createPromptBuilder<T>(
  template: string,
  templateTokens: TemplateTokens,
  tokenizer: TextTokenizer<T>,
  choice: PromptChoice,
  hints: ModelHints = {},
): PromptBuilder<T> {
  const opened = openTemplate(template, templateTokens);
  const { plan, why } = planPrompt(opened, hints, choice);
  const maker = createScaffoldMaker(opened, plan);
  const dialogue = maker.make(['User', 'Agent']);
  const { trims } = dialogue;
  const segments = [maker.make(['User']), dialogue].flatMap(({ parts }) => segmentScaffold(parts, tokenizer));
  const found = marksOf(
    segments.flatMap((segment) => ('run' in segment ? [segment.run] : [])),
    typableSpecials(segments, tokenizer),
  );
  const marks = plan.folds ? { ...found, labels: [...new Set([...found.labels, ...FOLD_LABELS])] } : found;
  const breakImitations = createImitationBreaker(marks);
  return {
    marks,
    family: plan.family,
    why,
    verdict: verdictTokens(plan.family.words, tokenizer),
    sample: textOf(dialogue.parts),
    tokens(messages) {
      // Guard templates alternate and begin with a User turn; a reply judged alone gets an empty one before it.
      const merged = mergeNeighbours(messages);
      const complete: readonly GuardMessage[] =
        merged[0]?.role === 'Agent' ? [{ role: 'User', text: '' }, ...merged] : merged;
      const harmless = complete.map(({ role, text }) => ({
        role,
        text: breakImitations(trims ? text.trim() : text),
      }));
      const fitting = plan.folds ? fold(harmless) : harmless;
      const { parts } = maker.make(fitting.map((message): GuardRole => message.role));
      const texts = fitting.map(({ text }) => text);
      return tokenizePrompt(segmentScaffold(parts, tokenizer), texts, tokenizer);
    },
  };
}

const FOLD_LABELS: readonly GuardRole[] = ['User', 'Agent'];

/** The last question, or the last question and its reply, with all that was said earlier in front of the question. */
function fold(messages: readonly GuardMessage[]): readonly GuardMessage[] {
  const kept = messages.at(-1)?.role === 'Agent' ? messages.slice(-1) : [];
  const said = messages.slice(0, messages.length - kept.length);
  if (said.length <= 1) return messages;
  const text = said.map((message) => `${message.role}: ${message.text}`).join('\n\n');
  return [{ role: 'User', text }, ...kept];
}
