/**
 * From a scaffold and the people's texts to tokens. The prompt is cut at the scaffold's special
 * tokens and nowhere else; each run between them, scaffold and texts together, is tokenized in one
 * call with special tokens off. For ordinary text that gives exactly the tokens of tokenizing the
 * whole prompt at once, as the model was trained; for a text that contains `<|eot_id|>` it gives
 * the ordinary characters of it.
 */
import type { ScaffoldPart } from './template.js';

export interface TextTokenizer<T> {
  tokenize(text: string, specialTokens: boolean): T[];
  isSpecialToken(token: T): boolean;
  /** The text of a special token, as it is written in templates. */
  specialText(token: T): string;
}

/** A special token of the scaffold, or a run of ordinary text. */
export type Segment = { readonly special: string } | { readonly run: readonly ScaffoldPart[] };

export function segmentScaffold<T>(
  parts: readonly ScaffoldPart[],
  tokenizer: TextTokenizer<T>,
): readonly Segment[] {
  const segments: Segment[] = [];
  let run: ScaffoldPart[] = [];
  const endRun = (): void => {
    if (run.length > 0) segments.push({ run });
    run = [];
  };
  for (const part of parts) {
    if (typeof part === 'number') {
      run.push(part);
      continue;
    }
    let rest = part;
    for (const token of tokenizer.tokenize(part, true)) {
      if (!tokenizer.isSpecialToken(token)) continue;
      const special = tokenizer.specialText(token);
      const at = special === '' ? -1 : rest.indexOf(special);
      if (at < 0) continue;
      if (at > 0) run.push(rest.slice(0, at));
      endRun();
      segments.push({ special });
      rest = rest.slice(at + special.length);
    }
    if (rest !== '') run.push(rest);
  }
  endRun();
  return segments;
}

/** @param texts one for each message, already free of imitations */
export function tokenizePrompt<T>(
  segments: readonly Segment[],
  texts: readonly string[],
  tokenizer: TextTokenizer<T>,
): T[] {
  const fill = (part: ScaffoldPart): string => (typeof part === 'string' ? part : (texts[part] ?? ''));
  // Not spread into push(): a long text has more tokens than a call may have arguments.
  return segments.flatMap((segment) =>
    'special' in segment
      ? tokenizer.tokenize(segment.special, true)
      : tokenizer.tokenize(segment.run.map(fill).join(''), false),
  );
}

/** Special tokens of a scaffold that its own vocabulary finds in texts as well. */
export function typableSpecials<T>(
  segments: readonly Segment[],
  tokenizer: TextTokenizer<T>,
): readonly string[] {
  const specials = new Set(segments.flatMap((segment) => ('special' in segment ? [segment.special] : [])));
  return [...specials].filter((special) =>
    tokenizer.tokenize(special, false).some((token) => tokenizer.isSpecialToken(token)),
  );
}

/**
 * The tokens whose logits are the verdict: the first of each word.
 * Throws when they are not two different tokens.
 */
export function verdictTokens<T>(
  words: { readonly safe: string; readonly unsafe: string },
  tokenizer: TextTokenizer<T>,
): { readonly safe: T; readonly unsafe: T } {
  const safe = tokenizer.tokenize(words.safe, false)[0];
  const unsafe = tokenizer.tokenize(words.unsafe, false)[0];
  if (safe === undefined || unsafe === undefined || safe === unsafe)
    throw new Error(
      `its vocabulary cannot tell "${words.safe.trim()}" from "${words.unsafe.trim()}" by the first token`,
    );
  return { safe, unsafe };
}
