/** The quick judge alone, with its categories as the cascade hands them on: what a calibration has to look at. */
import type { Judge } from '../../../core/judge.js';
import { restatingStream } from '../../../core/restating-stream.js';
import type { Taxonomies } from '../../../core/taxonomy.js';
import { inTaxonomy } from './quick-evidence.js';

/** @param taxonomy the thorough judge's: a translation there and back may lose what only a policy sees */
export function speakingIn(
  taxonomy: string,
  judge: Judge,
  taxonomies: Pick<Taxonomies, 'mapCategories'>,
): Judge {
  const speaking: Judge = {
    id: judge.id,
    taxonomy,
    fingerprint: judge.fingerprint,
    get queueDepth() {
      return judge.queueDepth;
    },
    async assess(request, options) {
      const verdict = await judge.assess(request, options);
      if (verdict.verdict === 'unavailable') return verdict;
      return { ...verdict, categories: inTaxonomy(verdict.categories, judge.taxonomy, taxonomy, taxonomies) };
    },
    openStream: (request) => restatingStream(speaking, request),
    close: () => judge.close(),
  };
  return speaking;
}
