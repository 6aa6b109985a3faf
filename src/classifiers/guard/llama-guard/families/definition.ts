/** What there is to know about one family of guard models. */
import type { PromptChoice } from '../../native/protocol.js';
import type { GuardFamilyId } from '../../../../core/guard-families.js';
import type { GuardFamily } from '../family.js';
import type { Asking } from '../scaffold.js';
import type { GuardTemplate } from '../template.js';

/** What a GGUF's metadata say about the model, where they say it. */
export interface ModelHints {
  /** `general.architecture`: `llama`, `gemma2`, … */
  readonly architecture?: string | undefined;
  /** `general.name` and `general.basename`, joined. */
  readonly name?: string | undefined;
}

/** The same, with the template. */
export interface FamilyEvidence extends ModelHints {
  /** The template's Jinja source. */
  readonly source: string;
  /** What the template makes of a question and a reply, texts left out; undefined when it refused them. */
  readonly sample: string | undefined;
}

/** How a model of the family is asked what the operator wants to know. */
export interface PromptPlan extends Asking {
  readonly family: GuardFamily;
  /**
   * The template takes a question, or a question and a reply, and no more: earlier turns are then put
   * in front of the question, so that nothing of a conversation goes unread.
   */
  readonly folds: boolean;
  /** How the choice of categories gets into the prompt; for people. */
  readonly way: 'as it is' | 'template variable' | 'edited list';
}

export interface FamilyDefinition {
  readonly id: GuardFamilyId;
  /** Of the categories its own prompt lists, or, of a family that names none, of the rules it is given. */
  readonly taxonomy: string;
  /** `general.architecture` of its files. */
  readonly architectures: readonly string[];
  /** Why the evidence speaks for this family, as the end of "It is one because …"; undefined: it does not. */
  recognise(evidence: FamilyEvidence): string | undefined;
  /**
   * @throws PromptChoiceError when the choice cannot be put into the template, any other Error when the
   *   template is not one of this family
   */
  plan(template: GuardTemplate, choice: PromptChoice): PromptPlan;
}
