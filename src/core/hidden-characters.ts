/**
 * Characters in a text that nobody sees. They hide words from a reader, or carry whole messages that a
 * model reads and a person does not: zero-width characters between letters, the tag characters
 * U+E0000–E007F and runs of variation selectors ("ASCII smuggling"), bidirectional overrides.
 *
 * What is meant: `Default_Ignorable_Code_Point` (UAX #44; Unicode Standard 5.21: has no glyph of its own),
 * which holds the zero-width characters, soft hyphen, word joiner, byte order mark, fillers, tags, variation
 * selectors and the controls of UAX #9; the interlinear annotation characters (Unicode 23.8); control
 * characters but tab and line ends. UTR #36 sections 2.3 and 3.5, and UTS #39 section 5.4, say what harm
 * they do; UTS #39 3.1 leaves them out of identifiers for that reason.
 *
 * Kept where they change what a reader sees, one in a place, so that they can carry no message of length:
 * - zero-width joiner and non-joiner after a letter of a script that joins or stacks its letters (UAX #31
 *   2.3 and RFC 5892 A.1–A.2, in a simpler form), and the joiner between two emoji (UTS #51 ED-16);
 * - variation selectors after an emoji, in a keycap (UTS #51 ED-9a, ED-14c), after a Han character
 *   (standardized and ideographic sequences, UTS #37), Mongolian ones after a Mongolian letter;
 * - the tags of the three flags that the emoji standard recommends: England, Scotland, Wales;
 * - the marks LRM, RLM and ALM at the edge of a word, in a text with letters that run from right to left.
 *   Between two letters or digits they order nothing.
 *
 * The embeddings, overrides and isolates of UAX #9 are never kept: without them the characters stand in the
 * order in which a model reads them, which is the order that is to be judged.
 */

const HIDDEN = '[\\p{Default_Ignorable_Code_Point}\\uFFF9-\\uFFFB]|(?![\\t\\n\\r])\\p{Cc}';
const CANDIDATE = new RegExp(HIDDEN, 'u');
/**
 * Every maximal run of candidates; which of them are kept depends on what stands around it. Halves of
 * surrogate pairs belong to a run that they touch: two of them would become a new character.
 */
const RUN = new RegExp(`(?:${HIDDEN}|\\p{Cs})+`, 'gu');

const PICTOGRAPH = /^[\p{Extended_Pictographic}\p{Emoji_Modifier}]$/u;
const KEYCAP_BASE = /^[0-9#*]$/;
const KEYCAP = '\u20E3';
const HAN = /^\p{Ideographic}$/u;
const MONGOLIAN = /^(?=\p{L})\p{Script_Extensions=Mongolian}$/u;
/** Scripts whose letters join or stack, and in which the joiners are part of the spelling. */
const JOINING = new RegExp(
  `^(?=[\\p{L}\\p{M}])[${[
    ...['Arabic', 'Syriac', 'Nko', 'Mandaic', 'Mongolian', 'Phags_Pa', 'Adlam', 'Hanifi_Rohingya'],
    ...['Devanagari', 'Bengali', 'Gurmukhi', 'Gujarati', 'Oriya', 'Tamil', 'Telugu', 'Kannada', 'Malayalam'],
    ...['Sinhala', 'Khmer', 'Myanmar', 'Tibetan', 'Balinese', 'Javanese', 'Sundanese', 'Meetei_Mayek'],
    ...['Newa', 'Tirhuta', 'Grantha', 'Sharada', 'Chakma', 'Limbu', 'Saurashtra', 'Sora_Sompeng'],
  ]
    .map((script) => `\\p{Script=${script}}`)
    .join('')}]$`,
  'u',
);
const RIGHT_TO_LEFT =
  /(?=\p{L})[\u0590-\u08FF\uFB1D-\uFDFF\uFE70-\uFEFC\u{10800}-\u{10FFF}\u{1E800}-\u{1EFFF}]/u;
const WORD = /^[\p{L}\p{M}\p{N}]$/u;

const JOINER = '\u200D';
const EMOJI_VARIATION = /^[\uFE0E\uFE0F]/;
/** The registered ideographic variations have low numbers; the higher ones are where smuggled letters are. */
const HAN_VARIATION = /^[\uFE00-\uFE02\u{E0100}-\u{E011F}]/u;
const MONGOLIAN_VARIATION = /^[\u180B-\u180F]/;
const JOINERS = /^[\u200C\u200D]/;
const MARK = /^[\u200E\u200F\u061C]$/;

const BLACK_FLAG = '\u{1F3F4}';
/** As tag characters, with the cancel tag (emoji-sequences.txt, RGI_Emoji_Tag_Sequence). */
const FLAG_TAGS = ['gbeng', 'gbsct', 'gbwls'].map(
  (name) =>
    name.replaceAll(/./g, (letter) => String.fromCodePoint(0xe0000 + letter.charCodeAt(0))) + '\u{E007F}',
);

/** UTF-16 units at the start of a run of candidates that belong to what stands before it. */
function keptUnits(run: string, before: string, after: string, isRightToLeft: () => boolean): number {
  if (before === BLACK_FLAG) {
    const tags = FLAG_TAGS.find((each) => run.startsWith(each));
    if (tags !== undefined) return tags.length;
  }
  if (PICTOGRAPH.test(before)) {
    const variation = EMOJI_VARIATION.exec(run)?.[0].length ?? 0;
    const joins = run.slice(variation) === JOINER && PICTOGRAPH.test(after);
    return joins ? run.length : variation;
  }
  if (KEYCAP_BASE.test(before)) {
    if (after === KEYCAP && EMOJI_VARIATION.test(run) && run.length === 1) return 1;
  } else if (HAN.test(before)) return HAN_VARIATION.exec(run)?.[0].length ?? 0;
  else if (MONGOLIAN.test(before) && MONGOLIAN_VARIATION.test(run)) return 1;
  if (JOINING.test(before) && JOINERS.test(run)) return 1;
  if (MARK.test(run) && !(WORD.test(before) && WORD.test(after)) && isRightToLeft()) return 1;
  return 0;
}

/** A character that nobody sees. */
export interface HiddenCharacter {
  /** Offset into the text, in UTF-16 units. */
  readonly start: number;
  readonly codePoint: number;
}

/** Offsets of what is hidden: `[start, end)` in UTF-16 units, in order. */
function* hiddenRanges(text: string): Generator<readonly [start: number, end: number]> {
  let known: boolean | undefined;
  const isRightToLeft = (): boolean => (known ??= RIGHT_TO_LEFT.test(text));
  for (const match of text.matchAll(RUN)) {
    const [run] = match;
    if (!CANDIDATE.test(run)) continue;
    const end = match.index + run.length;
    const kept = keptUnits(run, codePointBefore(text, match.index), codePointAt(text, end), isRightToLeft);
    if (kept < run.length) yield [match.index + kept, end];
  }
}

function codePointAt(text: string, index: number): string {
  const point = text.codePointAt(index);
  return point === undefined ? '' : String.fromCodePoint(point);
}

function codePointBefore(text: string, index: number): string {
  const pair = index >= 2 ? codePointAt(text, index - 2) : '';
  return pair.length === 2 ? pair : text.slice(Math.max(0, index - 1), index);
}

/** Everything hidden in a text, in order. Takes time linear in the text. */
export function* hiddenCharacters(text: string): Generator<HiddenCharacter> {
  for (const [start, end] of hiddenRanges(text)) {
    let at = start;
    for (const character of text.slice(start, end)) {
      yield { start: at, codePoint: character.codePointAt(0) ?? 0 };
      at += character.length;
    }
  }
}

/** Whether there is anything in the text that nobody sees. */
export function hasHidden(text: string): boolean {
  return CANDIDATE.test(text) && hiddenRanges(text).next().done !== true;
}

/**
 * The text without its hidden characters, and how many code points were taken out; the same string and 0
 * where there are none. What is left has nothing hidden. Takes time linear in the text.
 */
export function stripHidden(text: string): { readonly text: string; readonly count: number } {
  if (!CANDIDATE.test(text)) return { text, count: 0 };
  let visible = '';
  let count = 0;
  let at = 0;
  for (const [start, end] of hiddenRanges(text)) {
    visible += text.slice(at, start);
    at = end;
    for (const { length } of text.slice(start, end)) count += length > 0 ? 1 : 0;
  }
  return count === 0 ? { text, count } : { text: visible + text.slice(at), count };
}
