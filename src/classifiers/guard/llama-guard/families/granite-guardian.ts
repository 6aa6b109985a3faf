/**
 * Granite Guardian: its template takes a `guardian_config` that names a risk or defines one, and asks whether it is
 * there (model cards of ibm-granite/granite-guardian-3.0 to 3.3). `Yes` means it is. From 3.3 on the answer stands
 * between `<score>` tags. It names no categories.
 */
import type { PromptChoice } from '../../native/protocol.js';
import { PromptChoiceError } from '../choice-error.js';
import { textOf, type GuardTemplate, type ScaffoldPart, type TemplateVariables } from '../template.js';
import { changesNothing } from './choice.js';
import type { FamilyDefinition, PromptPlan } from './definition.js';
import { RULES_TAXONOMY, rulesOf, yesNoWords } from './yes-no.js';

/** Names and definitions of a risk, as the versions' templates want them. */
const NAMED: readonly TemplateVariables[] = [
  {},
  { guardian_config: { risk_name: 'harm' } },
  { guardian_config: { criteria_id: 'harm' } },
];
const DEFINED: readonly ((definition: string) => TemplateVariables)[] = [
  (definition) => ({ guardian_config: { risk_name: 'portcullis_rules', risk_definition: definition } }),
  (definition) => ({ guardian_config: { custom_criteria: definition } }),
];
const PROBE = 'portcullisriskprobe';
const OPENING = '<score>';

export const GRANITE_GUARDIAN: FamilyDefinition = {
  id: 'granite-guardian',
  taxonomy: RULES_TAXONOMY,
  architectures: ['granite', 'granitemoe', 'granitehybrid'],
  recognise({ source, architecture, name }) {
    if (/\bguardian_config\b/.test(source))
      return 'its chat template takes a guardian_config and asks whether a risk is there';
    if (architecture?.startsWith('granite') === true && /guardian/i.test(name ?? ''))
      return 'its metadata call it Granite Guardian';
    return undefined;
  },
  plan,
};

function plan(template: GuardTemplate, choice: PromptChoice): PromptPlan {
  const variables = changesNothing(choice) ? namedRisk(template) : definedRisk(template, choice);
  // Read off a rendering without our own rules, whose words are not the template's.
  const asked = changesNothing(choice)
    ? textOf(template.render(['User', 'Agent'], variables))
    : ownText(template);
  const words = yesNoWords(asked);
  if (words === undefined) throw new Error('its chat template does not ask for Yes or No');
  const tagged = asked.includes(OPENING);
  return {
    variables,
    family: {
      id: 'granite-guardian',
      taxonomy: choice.taxonomy?.id ?? RULES_TAXONOMY,
      categoryIds: [],
      words: tagged ? { safe: ` ${words.safe}`, unsafe: ` ${words.unsafe}` } : words,
    },
    ...(tagged ? { edit: openAnswer } : {}),
    folds: true,
    way: changesNothing(choice) ? 'as it is' : 'template variable',
  };
}

/** The first way of asking that renders, and asks for Yes or No. */
function namedRisk(template: GuardTemplate): TemplateVariables {
  let fault: unknown;
  for (const variables of NAMED)
    try {
      template.render(['User'], variables);
      if (yesNoWords(textOf(template.render(['User', 'Agent'], variables))) !== undefined) return variables;
    } catch (error) {
      fault ??= error;
    }
  throw fault instanceof Error ? fault : new Error('its chat template does not ask for Yes or No');
}

function takesDefinition(template: GuardTemplate): ((definition: string) => TemplateVariables) | undefined {
  return DEFINED.find((define) => {
    try {
      template.render(['User'], define(PROBE));
      return textOf(template.render(['User', 'Agent'], define(PROBE))).includes(PROBE);
    } catch {
      // Another version's way: this template refuses it.
      return false;
    }
  });
}

function definedRisk(template: GuardTemplate, choice: PromptChoice): TemplateVariables {
  const define = takesDefinition(template);
  if (define === undefined)
    throw new PromptChoiceError(
      'its chat template takes no definition of a risk. Leave guard.categories and guard.taxonomy empty for this model',
    );
  const rules = rulesOf(choice).map(({ name, when }) => `${name} (it ${when})`);
  return define(`The message falls under at least one of these: ${rules.join('; ')}.`);
}

function ownText(template: GuardTemplate): string {
  const define = takesDefinition(template);
  return define === undefined ? '' : textOf(template.render(['User', 'Agent'], define(PROBE)));
}

/** Puts the answer's opening tag behind the prompt, unless it stands there, so that the next token is the verdict. */
function openAnswer(parts: readonly ScaffoldPart[]): readonly ScaffoldPart[] {
  const last = parts.at(-1);
  return typeof last === 'string' && last.trimEnd().endsWith(OPENING) ? parts : [...parts, OPENING];
}
