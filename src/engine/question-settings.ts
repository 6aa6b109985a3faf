/** What a policy wants to know of a judge, apart from the messages. */
import type { Direction } from '../core/assessment.js';
import type { Judge, Thoroughness } from '../core/judge.js';
import type { Taxonomies } from '../core/taxonomy.js';
import { lowestThreshold } from '../policy/policy.js';
import type { QuestionSettings } from './question-key.js';
import type { RequestContext } from './request-context.js';

/** In the words of the judge's taxonomy as it is now: it may change once a model is loaded. */
export function questionSettings(
  direction: Direction,
  { policy, route }: RequestContext,
  judge: Pick<Judge, 'taxonomy'>,
  taxonomies: Taxonomies,
): QuestionSettings {
  const { directions, routes, categories } = policy.thorough;
  const always = directions.includes(direction) || (route !== undefined && routes.includes(route));
  const thoroughness = always
    ? { always, categories: [] }
    : forCategories(categories, policy.taxonomy, judge.taxonomy, taxonomies);
  return {
    categoriesFrom: lowestThreshold(policy[direction]),
    overflow: policy.longTexts,
    ...(thoroughness === undefined ? {} : { thoroughness }),
  };
}

/**
 * The judge's categories that become one of the policy's. A category of the policy that none becomes
 * cannot be seen coming: then the thorough judge decides everything.
 */
function forCategories(
  wanted: readonly string[],
  from: string,
  judged: string,
  taxonomies: Taxonomies,
): Thoroughness | undefined {
  if (wanted.length === 0) return undefined;
  if (from === judged) return { always: false, categories: wanted };
  const found = new Set<string>();
  const categories = taxonomies.get(judged).categories.flatMap(({ id }) => {
    const becomes = taxonomies.mapCategories([{ id, score: 1 }], judged, from).map((each) => each.id);
    const met = becomes.filter((each) => wanted.includes(each));
    met.forEach((each) => found.add(each));
    return met.length === 0 ? [] : [id];
  });
  return found.size < wanted.length ? { always: true, categories: [] } : { always: false, categories };
}
