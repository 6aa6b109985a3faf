/**
 * The prompt that a model file's own chat template makes of a conversation, with holes where the
 * people's texts belong.
 */
import type { GuardRole } from '../../../core/conversation.js';
import type { GuardTemplate, ScaffoldPart, TemplateVariables } from './template.js';

export interface Scaffold {
  readonly parts: readonly ScaffoldPart[];
  /** The template strips whitespace around messages, so the texts must be stripped too. */
  readonly trims: boolean;
}

export interface ScaffoldMaker {
  /**
   * @param roles of the messages, alternating, User first
   * Throws when the template refuses them or leaves a message out.
   */
  make(roles: readonly GuardRole[]): Scaffold;
}

/** How one guard is asked: what its template is given, and what becomes of the rendering. */
export interface Asking {
  readonly variables: TemplateVariables;
  /** Changes the scaffold's own strings; undefined: nothing is changed. */
  readonly edit?: ((parts: readonly ScaffoldPart[]) => readonly ScaffoldPart[]) | undefined;
}

/** Throws when the template does not take a User message in any known shape. */
export function createScaffoldMaker(
  template: GuardTemplate,
  { variables, edit }: Asking = { variables: {} },
): ScaffoldMaker {
  const trims = template.trims(variables);
  const cache = new Map<number, Scaffold>();
  return {
    make(roles) {
      // Roles alternate from User on, so their number says all.
      const known = cache.get(roles.length);
      if (known !== undefined) return known;
      const parts = template.render(roles, variables);
      const scaffold = { parts: edit?.(parts) ?? parts, trims };
      if (cache.size >= 64) cache.clear();
      cache.set(roles.length, scaffold);
      return scaffold;
    },
  };
}
