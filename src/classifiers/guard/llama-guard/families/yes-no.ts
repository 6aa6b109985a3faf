/** What ShieldGemma and Granite Guardian share: rules given as text, a question, and `Yes` for unsafe. */
import { hazardsOf } from '../../hazards.js';
import type { PromptChoice } from '../../native/protocol.js';
import { chosenIds, customCategories } from './choice.js';

/** The taxonomy whose numbers choose the rules where no other is given. */
export const RULES_TAXONOMY = 'mlcommons-v1.0';

export interface Rule {
  readonly id: string;
  readonly name: string;
  /** Completes "A text breaks the rule when it …". */
  readonly when: string;
}

/** The rules an operator wants, in the order of their numbers. */
export function rulesOf(choice: PromptChoice): readonly Rule[] {
  if (choice.taxonomy !== undefined)
    return customCategories(choice.taxonomy, choice).map(({ id, name, description }) => ({
      id,
      name,
      when: `falls under this: ${description.replace(/\.$/, '')}`,
    }));
  const hazards = hazardsOf(RULES_TAXONOMY);
  const ids = chosenIds(
    choice,
    hazards.map(({ id }) => id),
    `the taxonomy ${RULES_TAXONOMY}`,
  );
  return hazards.filter(({ id }) => ids.includes(id));
}

/** The words of a prompt that asks for Yes or No, in its own spelling; undefined when it asks for neither. */
export function yesNoWords(text: string): { readonly safe: string; readonly unsafe: string } | undefined {
  for (const [unsafe, safe] of [
    ['Yes', 'No'],
    ['yes', 'no'],
    ['YES', 'NO'],
  ] as const)
    if (new RegExp(`\\b${unsafe}\\b`).test(text) && new RegExp(`\\b${safe}\\b`).test(text))
      return { safe, unsafe };
  return undefined;
}
