/** What a remote guard answers with. Its template is out of sight: the family is told by the model's name. */
import type { GuardFamilyId } from '../../../core/guard-families.js';

export interface RemoteFamily {
  /** The judge's id. */
  readonly id: GuardFamilyId | 'remote';
  readonly taxonomy: string;
  /** What it may name after the word for unsafe; empty for a model that names none. */
  readonly categoryIds: readonly string[];
  readonly words: { readonly safe: string; readonly unsafe: string };
}

const SAFE_UNSAFE = { safe: 'safe', unsafe: 'unsafe' };
/** These models are asked whether the text violates their policy. */
const NO_YES = { safe: 'No', unsafe: 'Yes' };

const ids = (letter: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${letter}${index + 1}`);

/** The category lists are those of the model cards; taxonomies as for the local guards of these families. */
const FAMILIES: Record<GuardFamilyId, Omit<RemoteFamily, 'id'>> = {
  'llama-guard-1': { taxonomy: 'llama-guard-1', categoryIds: ids('O', 6), words: SAFE_UNSAFE },
  'llama-guard-2': { taxonomy: 'mlcommons-v0.5', categoryIds: ids('S', 11), words: SAFE_UNSAFE },
  'llama-guard-3': { taxonomy: 'mlcommons-v1.0', categoryIds: ids('S', 14), words: SAFE_UNSAFE },
  'llama-guard-4': { taxonomy: 'mlcommons-v1.0', categoryIds: ids('S', 14), words: SAFE_UNSAFE },
  shieldgemma: { taxonomy: 'mlcommons-v1.0', categoryIds: [], words: NO_YES },
  'granite-guardian': { taxonomy: 'mlcommons-v1.0', categoryIds: [], words: NO_YES },
};

/** As Hugging Face, Groq and Ollama spell them: `Llama-Guard-3-8B`, `LlamaGuard-7b`, `llama-guard3:1b`. */
const NAMES: readonly (readonly [RegExp, GuardFamilyId])[] = [
  [/llama[-_ ]?guard[-_ ]?2(?!\d)/i, 'llama-guard-2'],
  [/llama[-_ ]?guard[-_ ]?3(?!\d)/i, 'llama-guard-3'],
  [/llama[-_ ]?guard[-_ ]?4(?!\d)/i, 'llama-guard-4'],
  [/llama[-_ ]?guard[-_ ]?(?:1(?!\d)|7b)/i, 'llama-guard-1'],
  [/shield[-_ ]?gemma/i, 'shieldgemma'],
  [/granite[-_. \d]*guardian/i, 'granite-guardian'],
];

/**
 * @param chosen the operator's choice; undefined: by the name
 * @returns id `remote` for a name that says nothing: it is read like a Llama Guard 3
 */
export function remoteFamily(model: string, chosen: GuardFamilyId | undefined): RemoteFamily {
  const id = chosen ?? NAMES.find(([pattern]) => pattern.test(model))?.[1];
  return id === undefined ? { id: 'remote', ...FAMILIES['llama-guard-3'] } : { id, ...FAMILIES[id] };
}
