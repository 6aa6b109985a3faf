/** Undoes what hides the words of a piece of text, one thing after the other, and again for what was inside. */
import { decodeBase64 } from './base64.js';
import { plainCharacters } from './characters.js';
import { decodeCiphers } from './ciphers.js';
import { decodeEscapes } from './escapes.js';
import { foldLeet, foldStretched } from './leet.js';
import { decodeMorse } from './morse.js';
import { decodeNumbers } from './number-codes.js';
import { joinSpacedLetters } from './spaced-letters.js';

/** What is undone; as in a policy's `views`. */
export interface Undoing {
  readonly disguises: boolean;
  readonly encodings: boolean;
}

export interface Undone {
  readonly text: string;
  /** What was undone, in the order in which it was found: `disguises`, `base64`, …; empty where nothing was. */
  readonly steps: ReadonlySet<string>;
}

/** Encodings within encodings, as deep as this. */
const DEPTH = 3;

/** Takes time linear in the text, and never makes it longer than a few times what it was. Throws on no string. */
export function undo(text: string, { disguises, encodings }: Undoing): Undone {
  const steps = new Set<string>();
  const found = (name: string): void => void steps.add(name);
  const disguised = (given: string, plain: string): string => {
    if (plain !== given) found('disguises');
    return plain;
  };
  let now = text;
  for (let depth = 0; depth < DEPTH; depth += 1) {
    const before = now;
    // Characters first: zero-width ones interrupt an encoding. Words last: it has digits in the place of letters.
    if (disguises) now = disguised(now, plainCharacters(now));
    if (encodings) now = decode(now, found);
    if (disguises) {
      now = disguised(now, joinSpacedLetters(now, foldLeet));
      now = disguised(now, foldStretched(foldLeet(now)));
    }
    if (now === before) break;
  }
  return now === text ? { text, steps: new Set() } : { text: now, steps };
}

function decode(text: string, found: (name: string) => void): string {
  let now = decodeEscapes(text, found);
  now = decodeNumbers(now, found);
  now = decodeMorse(now, found);
  now = decodeBase64(now, found);
  return decodeCiphers(now, found);
}
