/** The shape of a hazard taxonomy. The data is in taxonomies/*.yaml; src/taxonomy loads it. */
import type { CategoryScore } from './assessment.js';

/** Stands in for a category: a score that names none, or one that the taxonomy does not have. */
export const UNCATEGORIZED = 'uncategorized';

export interface Category {
  /** `S1`, `S2`, … as the guard model numbers them. */
  readonly id: string;
  readonly name: string;
  /** What falls under it, in one or two sentences of our own. */
  readonly description: string;
}

export interface TaxonomyReference {
  readonly title: string;
  readonly url: string;
}

export interface Taxonomy {
  /** `mlcommons-v0.5`, `mlcommons-v1.0`. */
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** In the order of their numbers. */
  readonly categories: readonly Category[];
  readonly references: readonly TaxonomyReference[];
}

/** All taxonomies that are installed, and the way from one to another. */
export interface Taxonomies {
  readonly list: readonly Taxonomy[];
  /** The operator's own (`guard.taxonomy`), which the guard model is asked about; it is in the list too. */
  readonly own: Taxonomy | undefined;
  /** Throws GuardError('config_invalid') naming the known ids when there is none with this id. */
  get(id: string): Taxonomy;
  /**
   * Scores of one taxonomy in the words of another, highest first. Where several categories become
   * one, the highest score counts; one without a counterpart becomes `uncategorized`, so that no
   * score is lost. Throws as `get` does.
   */
  mapCategories(scores: readonly CategoryScore[], from: string, to: string): CategoryScore[];
}
