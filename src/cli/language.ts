/** The languages that a user may name. */
import { canonicalLanguage, PARSED_LANGUAGES } from '../classifiers/code/languages/names.js';

export { canonicalLanguage };

/** Those with rules of their own. Others are known by name, and only rules for every language look at them. */
export const KNOWN_LANGUAGES: readonly string[] = PARSED_LANGUAGES;
