/**
 * Llama Guard 1 to 4: a list of numbered categories, then the conversation; the answer is `safe`, or `unsafe` and
 * a line of numbers. What is said here about the generations is what their model cards say.
 */
import type { PromptChoice } from '../../native/protocol.js';
import { PromptChoiceError } from '../choice-error.js';
import type { GuardFamilyId } from '../../../../core/guard-families.js';
import type { GuardFamily } from '../family.js';
import { textOf, type GuardTemplate, type TemplateVariables } from '../template.js';
import {
  categoryIdsIn,
  entryLike,
  findCategoryList,
  withEntries,
  type CategoryList,
} from './category-list.js';
import { changesNothing, chosenIds, customCategories, type AskedCategory } from './choice.js';
import type { FamilyDefinition, FamilyEvidence, PromptPlan } from './definition.js';

const WORDS = { safe: 'safe', unsafe: 'unsafe' };
/** The header tokens of Llama 4, in a template's source or rendering. */
const LLAMA_4 = '<|header_start|>';
/** A category in a template's source, where the list may be a Jinja dictionary or hold escaped line breaks. */
const CATEGORY_IN_SOURCE = /(?<![A-Z0-9])([SO])(\d{1,2})["']?[ \t]*:/g;

interface Generation {
  readonly id: GuardFamilyId;
  readonly architectures: readonly string[];
  readonly taxonomy: string;
  readonly letter: 'S' | 'O';
  /** Tells this generation's list from the others'. */
  isIts(ids: readonly string[], evidence: FamilyEvidence): boolean;
  readonly because: string;
}

const isLlama4 = ({ architecture, source }: FamilyEvidence): boolean =>
  architecture === 'llama4' || source.includes(LLAMA_4);

const GENERATIONS: readonly Generation[] = [
  {
    id: 'llama-guard-1',
    architectures: ['llama'],
    taxonomy: 'llama-guard-1',
    letter: 'O',
    isIts: (ids) => ids[0] === 'O1',
    because: 'its chat template lists categories from O1 on and asks for "safe" or "unsafe"',
  },
  {
    id: 'llama-guard-2',
    architectures: ['llama'],
    taxonomy: 'mlcommons-v0.5',
    letter: 'S',
    isIts: (ids, evidence) => ids.includes('S1') && !ids.includes('S12') && !isLlama4(evidence),
    because: 'its chat template lists categories from S1 to S11 and asks for "safe" or "unsafe"',
  },
  {
    id: 'llama-guard-3',
    architectures: ['llama'],
    taxonomy: 'mlcommons-v1.0',
    letter: 'S',
    isIts: (ids, evidence) => ids.includes('S12') && !isLlama4(evidence),
    because: 'its chat template lists categories beyond S11 and asks for "safe" or "unsafe"',
  },
  {
    id: 'llama-guard-4',
    architectures: ['llama4'],
    taxonomy: 'mlcommons-v1.0',
    letter: 'S',
    isIts: (ids, evidence) => ids.includes('S1') && isLlama4(evidence),
    because: "its chat template lists categories from S1 on between Llama 4's header tokens",
  },
];

export const LLAMA_GUARDS: readonly FamilyDefinition[] = GENERATIONS.map((generation) => ({
  id: generation.id,
  taxonomy: generation.taxonomy,
  architectures: generation.architectures,
  recognise(evidence) {
    const text = evidence.sample ?? evidence.source;
    if (!/\bsafe\b/.test(text) || !/\bunsafe\b/.test(text)) return undefined;
    const ids = evidence.sample === undefined ? idsInSource(evidence.source) : categoryIdsIn(evidence.sample);
    return ids.length >= 2 && generation.isIts(ids, evidence) ? generation.because : undefined;
  },
  plan: (template, choice) => planOf(generation, template, choice),
}));

function idsInSource(source: string): string[] {
  return [
    ...new Set([...source.matchAll(CATEGORY_IN_SOURCE)].map(([, letter, digits]) => `${letter}${digits}`)),
  ];
}

function planOf(generation: Generation, template: GuardTemplate, choice: PromptChoice): PromptPlan {
  const variables = acceptedVariables(template);
  const listed = (more: TemplateVariables): string[] => {
    try {
      return categoryIdsIn(textOf(template.render(['User', 'Agent'], { ...variables, ...more })));
    } catch {
      // A template that refuses a variable does not take it; whether it takes a conversation at all was seen before.
      return [];
    }
  };
  const sample = textOf(template.render(['User', 'Agent'], variables));
  if (!/\bsafe\b/.test(sample) || !/\bunsafe\b/.test(sample))
    throw new Error('its chat template does not ask for "safe" or "unsafe"');
  const all = categoryIdsIn(sample).filter((id) => id.startsWith(generation.letter));
  if (all.length === 0)
    throw new Error(`its chat template lists no categories ${generation.letter}1, ${generation.letter}2, …`);
  const family = (taxonomy: string, categoryIds: readonly string[]): GuardFamily => ({
    id: generation.id,
    taxonomy,
    categoryIds,
    words: WORDS,
  });
  const base = { folds: false };

  if (changesNothing(choice))
    return { ...base, variables, family: family(generation.taxonomy, all), way: 'as it is' };

  if (choice.taxonomy !== undefined) {
    const wanted = customCategories(choice.taxonomy, choice, {
      pattern: new RegExp(`^${generation.letter}\\d{1,2}$`),
      said: `${generation.letter}1`,
    });
    const ids = wanted.map(({ id }) => id);
    const asked = family(choice.taxonomy.id, ids);
    const more = { categories: dictionary(wanted) };
    if (sameIds(listed(more), ids))
      return { ...base, variables: { ...variables, ...more }, family: asked, way: 'template variable' };
    const edit = listEditor((list) => wanted.map((category) => entryLike(list, category)));
    checkEdit(edit(template.render(['User', 'Agent'], variables)), ids);
    return { ...base, variables, edit, family: asked, way: 'edited list' };
  }

  const ids = chosenIds(choice, all, "the model's prompt");
  const asked = family(generation.taxonomy, ids);
  const more = { excluded_category_keys: all.filter((id) => !ids.includes(id)) };
  if (sameIds(listed(more), ids))
    return { ...base, variables: { ...variables, ...more }, family: asked, way: 'template variable' };
  const edit = listEditor((list) =>
    list.entries.filter(({ id }) => ids.includes(id)).map(({ body }) => body),
  );
  checkEdit(edit(template.render(['User', 'Agent'], variables)), ids);
  return { ...base, variables, edit, family: asked, way: 'edited list' };
}

/** Some templates look into the list of left-out categories without asking first whether there is one. */
function acceptedVariables(template: GuardTemplate): TemplateVariables {
  try {
    template.render(['User', 'Agent'], {});
    return {};
  } catch (error) {
    const variables = { excluded_category_keys: [] };
    try {
      template.render(['User', 'Agent'], variables);
      return variables;
    } catch {
      throw error;
    }
  }
}

/** As templates that take `categories` want them: `{ S1: 'Name. Description' }`. */
function dictionary(categories: readonly AskedCategory[]): Record<string, string> {
  return Object.fromEntries(
    categories.map(({ id, name, description }) => [id, `${name.replace(/\.$/, '')}. ${description}`]),
  );
}

function listEditor(bodies: (list: CategoryList) => string[]): NonNullable<PromptPlan['edit']> {
  return (parts) => {
    const at = parts.findIndex((part) => typeof part === 'string' && findCategoryList(part) !== undefined);
    const part = parts[at];
    const list = typeof part === 'string' ? findCategoryList(part) : undefined;
    if (list === undefined)
      throw new PromptChoiceError(
        "no list of categories can be found between marks in the model's prompt, and its chat template takes none. Leave guard.categories and guard.taxonomy empty for this model",
      );
    return parts.with(at, withEntries(list, bodies(list)));
  };
}

function checkEdit(parts: readonly (string | number)[], ids: readonly string[]): void {
  if (!sameIds(categoryIdsIn(textOf(parts)), ids))
    throw new PromptChoiceError(
      "the categories stand in more than one place of the model's prompt, so they cannot be changed safely. Leave guard.categories and guard.taxonomy empty for this model",
    );
}

function sameIds(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((id, index) => id === b[index]);
}
