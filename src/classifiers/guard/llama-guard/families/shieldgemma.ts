/**
 * ShieldGemma: its template takes a `guideline` and one question, or a question and a reply, and asks whether the
 * guideline is broken (model card of google/shieldgemma-2b). `Yes` means it is. It names no categories.
 */
import type { PromptChoice } from '../../native/protocol.js';
import { PromptChoiceError } from '../choice-error.js';
import { textOf, type GuardTemplate } from '../template.js';
import { changesNothing } from './choice.js';
import type { FamilyDefinition, PromptPlan } from './definition.js';
import { RULES_TAXONOMY, rulesOf, yesNoWords } from './yes-no.js';

const PROBE = 'portcullisguidelineprobe';

export const SHIELDGEMMA: FamilyDefinition = {
  id: 'shieldgemma',
  taxonomy: RULES_TAXONOMY,
  architectures: ['gemma2', 'gemma'],
  recognise({ source, architecture, name }) {
    if (/\bguideline\b/.test(source) && yesNoWords(source) !== undefined)
      return 'its chat template takes a guideline and asks for Yes or No';
    if (architecture?.startsWith('gemma') === true && /shield[ _-]?gemma/i.test(name ?? ''))
      return 'its metadata call it ShieldGemma';
    return undefined;
  },
  plan,
};

function plan(template: GuardTemplate, choice: PromptChoice): PromptPlan {
  const guideline = rulesOf(choice)
    .map(({ name, when }) => `* "No ${name}": a text breaks this rule when it ${when}.`)
    .join('\n');
  const takes = textOf(template.render(['User', 'Agent'], { guideline: PROBE })).includes(PROBE);
  if (!takes && !changesNothing(choice))
    throw new PromptChoiceError(
      'its chat template takes no guideline. Leave guard.categories and guard.taxonomy empty for this model',
    );
  const variables = takes ? { guideline } : {};
  const words = yesNoWords(textOf(template.render(['User', 'Agent'], { ...variables, guideline: PROBE })));
  if (words === undefined) throw new Error('its chat template does not ask for Yes or No');
  return {
    variables,
    family: {
      id: 'shieldgemma',
      taxonomy: choice.taxonomy?.id ?? RULES_TAXONOMY,
      categoryIds: [],
      words,
    },
    folds: true,
    way: takes ? 'template variable' : 'as it is',
  };
}
