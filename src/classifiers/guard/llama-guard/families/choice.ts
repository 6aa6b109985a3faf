/** Checks of what an operator asks for, that all families share. */
import type { CustomTaxonomy, PromptChoice } from '../../native/protocol.js';
import { PromptChoiceError } from '../choice-error.js';

export type AskedCategory = CustomTaxonomy['categories'][number];

/** Marks of prompts, special tokens among them, all look like this. */
const MARK = /[<>]|\[\/?[A-Z]+\]/;

export function changesNothing(choice: PromptChoice): boolean {
  return choice.categories.length === 0 && choice.taxonomy === undefined;
}

/**
 * The ids that are asked about, in the order of `known`.
 * @param source whose categories `known` are, for the message
 */
export function chosenIds(choice: PromptChoice, known: readonly string[], source: string): string[] {
  if (choice.categories.length === 0) return [...known];
  const unknown = choice.categories.filter((id) => !known.includes(id));
  if (unknown.length > 0)
    throw new PromptChoiceError(
      `${source} has no ${unknown.join(', ')}. It has ${known.join(', ') || 'none'}; name some of these in guard.categories, or none for all`,
    );
  return known.filter((id) => choice.categories.includes(id));
}

/**
 * The categories of a custom taxonomy that are asked about, their texts on one line each.
 * @param idForm what ids the family's models can answer with, and how to say so
 */
export function customCategories(
  taxonomy: CustomTaxonomy,
  choice: PromptChoice,
  idForm?: { readonly pattern: RegExp; readonly said: string },
): readonly AskedCategory[] {
  const ids = taxonomy.categories.map(({ id }) => id);
  if (ids.length === 0)
    throw new PromptChoiceError(`the taxonomy ${taxonomy.id} has no categories; give it at least one`);
  const strange = idForm === undefined ? [] : ids.filter((id) => !idForm.pattern.test(id));
  if (strange.length > 0)
    throw new PromptChoiceError(
      `the taxonomy ${taxonomy.id} has the ids ${strange.join(', ')}, and this model answers with ids like ${idForm?.said ?? ''}; rename them in guard.taxonomy's file`,
    );
  const marked = taxonomy.categories.find((category) => MARK.test(category.name + category.description));
  if (marked !== undefined)
    throw new PromptChoiceError(
      `the category ${marked.id} of the taxonomy ${taxonomy.id} has < or > or a word like [INST] in it, which could pass for a mark of the guard's prompt; leave these out`,
    );
  const chosen = chosenIds(choice, ids, `the taxonomy ${taxonomy.id}`);
  const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();
  return taxonomy.categories
    .filter(({ id }) => chosen.includes(id))
    .map(({ id, name, description }) => ({ id, name: oneLine(name), description: oneLine(description) }));
}
