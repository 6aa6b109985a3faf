/**
 * What a guard reads of the texts of one choice (`readable` in core) while they grow, as additions to what
 * it has read already: nobody goes over a long reply again for each new window.
 */
import { readable } from '../core/conversation.js';
import type { GrowingText } from './growing-text.js';
import { endOf } from './growing-text.js';

interface NamedText extends GrowingText {
  readonly id: string;
}

export type Reading =
  /** To be put behind what was read before; may be empty. */
  | { readonly kind: 'addition'; readonly text: string }
  /** In place of all that was read before: more came in between. */
  | { readonly kind: 'whole'; readonly text: string };

export interface GrowingReading {
  /** @param texts of one choice, in order, as they are now */
  next(texts: readonly NamedText[]): Reading;
}

interface Seen {
  readonly id: string;
  readonly length: number;
}

export function createGrowingReading(): GrowingReading {
  /** The texts that were not empty the last time. */
  let seen: readonly Seen[] = [];

  return {
    next(texts) {
      const present = texts.filter(({ text }) => text !== '');
      const addition = additionTo(seen, present);
      seen = present.map(({ id, text }) => ({ id, length: text.length }));
      if (addition !== undefined) return { kind: 'addition', text: addition };
      return { kind: 'whole', text: readable(present.map(({ text }) => text)) };
    },
  };
}

/** What is behind the texts that were seen; undefined when it is not only behind them. */
function additionTo(seen: readonly Seen[], texts: readonly NamedText[]): string | undefined {
  if (seen.some(({ id }, index) => texts[index]?.id !== id)) return undefined;
  const added: string[] = [];
  for (const [index, { text, added: more }] of texts.entries()) {
    const length = seen[index]?.length;
    if (length === undefined) added.push(index === 0 ? text : `\n${text}`);
    else if (index < seen.length - 1 && text.length !== length) return undefined;
    else if (more?.length === text.length - length) added.push(more);
    else if (text.length > length) added.push(endOf(text, length));
    else if (text.length < length) return undefined;
  }
  return added.join('');
}
