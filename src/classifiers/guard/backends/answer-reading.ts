/**
 * Reads the verdict off a remote guard's answer. Strict: only an answer that is the family's word, with
 * a list of categories after `unsafe`, is a verdict. Where the server tells probabilities, the score is
 *
 *   score = p(unsafe) / (p(safe) + p(unsafe)),   mass = p(safe) + p(unsafe),
 *   margin = ln p(unsafe) - ln p(safe)
 *
 * at the first token that is not white space. The spellings of a word (`unsafe`, ` unsafe`, `Unsafe`, its
 * first piece in vocabularies that split it) are summed. A word that is not among the tokens told has at
 * most the least probability told; that bound is taken for it. Without probabilities the score is 0 or 1.
 */
import type { CategoryScore } from '../../../core/assessment.js';
import type { AnswerToken, ChatAnswer } from './dialect.js';
import type { RemoteFamily } from './remote-family.js';

export interface RemoteReading {
  readonly score: number;
  readonly mass: number | undefined;
  readonly margin: number | undefined;
  readonly categories: readonly CategoryScore[];
  /** The score is a probability, not just the word. */
  readonly fromLogprobs: boolean;
  /** What was odd, for the log; nothing of what the model wrote. */
  readonly notes: readonly string[];
}

/** Why there is no verdict; nothing of what the model wrote. */
export interface OffFormat {
  readonly offFormat: string;
}

/** A verdict with all categories has less than a hundred. */
const MOST_CHARACTERS = 2000;
/** White-space tokens before the word, as in the local guards. */
const MOST_BLANKS = 2;
/** Servers may choose the lesser of two words that are nearly even: rounding differs between the two computations. */
const NEARLY_EVEN = 0.05;
const TAIL = /(?:<\|[a-z_]{1,32}\|>|<\/s>|<end_of_turn>|<confidence>\s*\w{1,10}\s*<\/confidence>|\s)*/;
const LIST = /[A-Z]\d{1,2}(?:[ \t]*,\s*[A-Z]\d{1,2})*/;

/** @param massFloor below this mass there is no verdict; in [0, 1] */
export function readAnswer(
  answer: ChatAnswer,
  family: RemoteFamily,
  massFloor: number,
): RemoteReading | OffFormat {
  const { safe, unsafe } = family.words;
  if (answer.text.length > MOST_CHARACTERS) return { offFormat: 'The guard answered with a long text.' };
  const pattern = new RegExp(`^\\s*(${safe}|${unsafe})(?![\\p{L}\\p{N}])(.*)$`, 'isu');
  const match = pattern.exec(answer.text);
  const rest = match?.[2] ?? '';
  const saysUnsafe = match?.[1]?.toLowerCase() === unsafe.toLowerCase();
  if (match === null || !endsWell(rest, saysUnsafe))
    return { offFormat: `The guard answered with neither "${safe}" nor "${unsafe}".` };

  const { ids, notes } = saysUnsafe ? readList(rest, family) : { ids: [], notes: [] };
  const usable = answer.tokens?.every(isPlausible) === true ? answer.tokens : undefined;
  const place = usable === undefined ? undefined : verdictPlace(usable);
  if (usable === undefined || place === undefined) {
    const score = saysUnsafe ? 1 : 0;
    return {
      ...{ score, mass: undefined, margin: undefined, fromLogprobs: false, notes },
      categories: ids.map((id) => ({ id, score })),
    };
  }

  const weights = weigh(usable[place], family);
  const { mass, margin } = weights;
  if (usable.slice(0, place).some((token) => blankShare(token) < massFloor))
    return { offFormat: 'The guard was not sure to begin with white space before its answer.' };
  if (mass < massFloor)
    return {
      offFormat: `The guard put only ${(mass * 100).toFixed(1)}% on "${safe}" or "${unsafe}", below ${massFloor * 100}%.`,
    };
  if (saysUnsafe && weights.score < 0.5 - NEARLY_EVEN)
    return { offFormat: `The guard wrote "${unsafe}", but its probabilities say "${safe}".` };
  const score = saysUnsafe ? Math.max(0.5, weights.score) : weights.score;
  const certain = idCertainty(usable.slice(place + 1));
  return {
    ...{ score, mass, margin, fromLogprobs: true, notes },
    categories: ids
      .map((id) => ({ id, score: score * (certain.get(id) ?? 1) }))
      .sort((a, b) => b.score - a.score),
  };
}

/** Prose that begins with the word is no verdict: "Safe handling of knives begins with …". */
function endsWell(rest: string, saysUnsafe: boolean): boolean {
  if (new RegExp(`^${TAIL.source}$`).test(rest)) return true;
  // Behind "unsafe" anything may stand on lines of its own: it cannot make the verdict milder.
  return saysUnsafe && /^\s/.test(rest) && (/^[ \t]*\n/.test(rest) || listOf(rest) !== undefined);
}

function listOf(rest: string): string | undefined {
  return new RegExp(`^\\s*(${LIST.source})${TAIL.source}$`).exec(rest)?.[1];
}

function readList(rest: string, family: RemoteFamily): { ids: string[]; notes: string[] } {
  if (family.categoryIds.length === 0) return { ids: [], notes: [] };
  const list = listOf(rest);
  if (list === undefined) return { ids: [], notes: ['The model named no categories in the form "S1,S3".'] };
  const written = [...new Set(list.split(',').map((id) => id.trim()))];
  const ids = written.filter((id) => family.categoryIds.includes(id));
  return {
    ids,
    notes: ids.length === written.length ? [] : ['The model named categories that its family does not have.'],
  };
}

/** Servers that offer no real probabilities have been seen to send zeros for all of them. */
function isPlausible({ top }: AnswerToken): boolean {
  return top.reduce((sum, { logprob }) => sum + Math.exp(logprob), 0) < 1.02;
}

/** Index of the token that is the verdict: the first that is not white space, or special and without text. */
function verdictPlace(tokens: readonly AnswerToken[]): number | undefined {
  const place = tokens.findIndex(({ text }) => word(text) !== '');
  return place < 0 || place > MOST_BLANKS ? undefined : place;
}

function blankShare({ top, text, logprob }: AnswerToken): number {
  const told = top.some((other) => other.text === text) ? top : [...top, { text, logprob }];
  return told
    .filter((other) => word(other.text) === '')
    .reduce((sum, other) => sum + Math.exp(other.logprob), 0);
}

/** A token's text in lower case, without the marks that tokenizers put for a space in front. */
function word(text: string): string {
  return text.replace(/^[\s▁Ġ]+|[\s]+$/gu, '').toLowerCase();
}

function weigh(
  token: AnswerToken | undefined,
  { words }: RemoteFamily,
): { score: number; mass: number; margin: number } {
  if (token === undefined) return { score: 1, mass: 0, margin: 0 };
  // The token that was written may be missing from the likeliest.
  const told = token.top.some(({ text }) => text === token.text) ? token.top : [...token.top, token];
  const sum = (wanted: string): number =>
    told
      .filter(({ text }) => isBeginning(word(text), wanted.toLowerCase()))
      .reduce((total, { logprob }) => total + Math.exp(logprob), 0);
  const safe = sum(words.safe);
  const unsafe = sum(words.unsafe);
  const least = Math.min(...told.map(({ logprob }) => Math.exp(logprob)));
  const untold = Math.max(0, 1 - told.reduce((total, { logprob }) => total + Math.exp(logprob), 0));
  const bound = Math.max(1e-9, Math.min(least, untold));
  const margin = Math.log(unsafe > 0 ? unsafe : bound) - Math.log(safe > 0 ? safe : bound);
  return { score: 1 / (1 + Math.exp(-margin)), mass: Math.min(1, safe + unsafe), margin };
}

/** The word, or a first piece of it that cannot begin the other word: at least two letters. */
function isBeginning(piece: string, wanted: string): boolean {
  return piece === wanted || (piece.length >= 2 && wanted.startsWith(piece));
}

/** Category id -> probability of its digits, given what stands before them. */
function idCertainty(tokens: readonly AnswerToken[]): Map<string, number> {
  const text = tokens.map((token) => token.text).join('');
  const certain = new Map<string, number>();
  for (const match of text.matchAll(/[A-Z](\d{1,2})(?!\d)/g)) {
    const from = match.index + 1;
    const to = match.index + match[0].length;
    let at = 0;
    let probability = 1;
    for (const token of tokens) {
      const end = at + token.text.length;
      if (at < to && end > from) probability *= Math.min(1, Math.exp(token.logprob));
      at = end;
    }
    if (!certain.has(match[0])) certain.set(match[0], probability);
  }
  return certain;
}
