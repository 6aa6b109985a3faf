/** What is made of the collected rows: how much each counts, and which sources are held out together. */
import type { Row } from './dataset.js';

/**
 * Doubtful rows count less. Reading samples showed that many of these labels are not violations of the
 * taxonomy: specialised-advice prompts are mostly ordinary health, legal and money questions; DiaSafety,
 * Hatemoji and ToxiGen hold many lines that are merely rude; AART and the interpreter set are templated.
 */
export function rowWeight(row: Row): number {
  if (row.source === 'own') return 1;
  if (row.role === 'Agent' && isHateCorpus(row.source)) return 0.3;
  if (row.label === 'safe') return SAFE_WEIGHTS[row.source] ?? 1;
  let weight = UNSAFE_WEIGHTS[row.source] ?? 1;
  if (row.categories.join() === 'S5') weight *= row.role === 'Agent' ? 0.5 : 0.2;
  if (row.categories.length === 0 && row.source !== 'gptfuzz-responses') weight *= 0.7;
  return weight;
}

const UNSAFE_WEIGHTS: Readonly<Record<string, number>> = {
  diasafety: 0.4,
  'hatemoji-build': 0.5,
  'toxigen-annotated': 0.5,
  'hh-rlhf-harmless-test(keyword)': 0.5,
  aart: 0.5,
  'cyberseceval-interpreter': 0.5,
  'gptfuzz-responses': 0.7,
};

/** Large sources of easy questions; without this they drown the hard benign ones. */
const SAFE_WEIGHTS: Readonly<Record<string, number>> = {
  diasafety: 0.5,
  'query-wellformedness': 0.7,
  'clinc-oos': 0.7,
  'nq-open-dev': 0.7,
  strategyqa: 0.7,
  banking77: 0.7,
};

/**
 * Collections of social-media posts made to study hate. A hateful sentence is one whoever says it, so
 * their rows are learnt for both roles. Their "safe" rows are mostly rude posts about the same groups:
 * they are no measure of how often everyday text is stopped, and the operating point is set without them.
 */
export function isHateCorpus(source: string): boolean {
  return ['hatemoji', 'toxigen', 'davidson2017'].some((prefix) => source.startsWith(prefix));
}

/**
 * Each fold holds out whole sources, unsafe and safe ones together, and all sources of one origin at
 * once (a source is named by how its name begins). Rows written for this project are never held out.
 */
export const FOLDS: readonly (readonly string[])[] = [
  ['diasafety', 'query-wellformedness'],
  ['hatemoji', 'clinc-oos'],
  ['toxigen', 'pubmedqa'],
  ['davidson2017', 'gpteacher'],
  ['gptfuzz', 'medquad'],
  ['safetext', 'strategyqa'],
  ['aart', 'coconot'],
  ['ailuminate', 'nq-'],
  ['figstep', 'forbidden-question', 'self-instruct', 'banking77'],
  ['catqa', 'adversarialqa', 'harmfulqa', 'dangerousqa', 'arena-hard'],
  ['multijail', 'hh-rlhf', 'gsm8k', 'humaneval'],
  ['advbench', 'air-bench', 'owasp'],
  ['jade', 'cyberseceval'],
  ['template'],
];

/** The fold in which a source is held out; undefined for the project's own rows. Throws for a source no fold names. */
export function foldOf(source: string): number | undefined {
  if (source === 'own') return undefined;
  const fold = FOLDS.findIndex((prefixes) => prefixes.some((prefix) => source.startsWith(prefix)));
  if (fold < 0) throw new Error(`No fold names the source ${source}; add it in row-policy.ts.`);
  return fold;
}
