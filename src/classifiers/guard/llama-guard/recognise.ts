/** Which family a model is of: read off its chat template and metadata, or told by the operator. */
import type { PromptChoice } from '../native/protocol.js';
import { PromptChoiceError } from './choice-error.js';
import type { FamilyDefinition, FamilyEvidence, ModelHints, PromptPlan } from './families/definition.js';
import { GRANITE_GUARDIAN } from './families/granite-guardian.js';
import { LLAMA_GUARDS } from './families/llama-guards.js';
import { SHIELDGEMMA } from './families/shieldgemma.js';
import { textOf, type GuardTemplate } from './template.js';

const DEFINITIONS: readonly FamilyDefinition[] = [...LLAMA_GUARDS, GRANITE_GUARDIAN, SHIELDGEMMA];

/** `general.architecture` of every family's files. */
export const GUARD_ARCHITECTURES: readonly string[] = [
  ...new Set(DEFINITIONS.flatMap(({ architectures }) => architectures)),
];

export interface Recognised {
  readonly definition: FamilyDefinition;
  /** As the end of "It is one because …". */
  readonly why: string;
}

/** A guess from a template's source, for the time before the template may be run. */
export function recogniseSource(source: string, hints: ModelHints): Recognised | undefined {
  return recognise({ ...hints, source, sample: undefined });
}

/**
 * @param choice its `family` is taken as it is; its categories become part of the plan
 * @throws PromptChoiceError when the choice cannot be put into this template; any other Error when the
 *   template cannot be used or is no guard's
 */
export function planPrompt(
  template: GuardTemplate,
  hints: ModelHints,
  choice: PromptChoice,
): Recognised & { readonly plan: PromptPlan } {
  const found =
    choice.family === undefined
      ? recognise({ ...hints, source: template.source, sample: sampleOf(template) })
      : told(choice.family);
  if (found === undefined)
    throw new Error(
      'its chat template neither lists hazard categories S1, S2, … and asks for "safe" or "unsafe", nor takes a guideline or a guardian_config and asks for Yes or No. If it is a guard all the same, name its family in guard.family',
    );
  try {
    return { ...found, plan: found.definition.plan(template, choice) };
  } catch (error) {
    if (choice.family === undefined || !(error instanceof Error)) throw error;
    const why = `${error.message} (guard.family says ${choice.family}; auto reads the family off the file)`;
    throw error instanceof PromptChoiceError ? new PromptChoiceError(why) : new Error(why, { cause: error });
  }
}

function recognise(evidence: FamilyEvidence): Recognised | undefined {
  for (const definition of DEFINITIONS) {
    const why = definition.recognise(evidence);
    if (why !== undefined) return { definition, why };
  }
  return undefined;
}

function told(id: NonNullable<PromptChoice['family']>): Recognised | undefined {
  const definition = DEFINITIONS.find((one) => one.id === id);
  return definition === undefined ? undefined : { definition, why: 'guard.family says so' };
}

/** Only for recognising: what it would refuse in earnest comes up again in the plan. */
function sampleOf(template: GuardTemplate): string | undefined {
  for (const variables of [{}, { excluded_category_keys: [] }])
    try {
      return textOf(template.render(['User', 'Agent'], variables));
    } catch {
      continue;
    }
  // Broken beyond any variable: rendered once more, so that its own complaint is heard.
  if (!/\bguideline\b|\bguardian_config\b/.test(template.source)) template.render(['User'], {});
  return undefined;
}
