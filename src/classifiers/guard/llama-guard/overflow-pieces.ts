/**
 * A conversation that is too long for the guard, as prompts that fit: the last message is cut into
 * overlapping pieces, and before each stand as many of the latest messages as there is room for.
 */
import { setImmediate } from 'node:timers/promises';
import { mergeNeighbours, type GuardMessage } from '../../../core/conversation.js';

/** More would keep the guard from everybody else for too long. */
export const MAX_PIECES = 64;
/** Of the room for texts, what earlier messages get at least. */
const CONTEXT_SHARE = 1 / 4;
/** Of a piece, what the next repeats: a sentence that the cut goes through stands whole in one of them. */
const OVERLAP = 1 / 4;
/** Pieces are looked for from long to short, always in the same steps: a text that grows keeps its cuts. */
const MOST_CHARACTERS = 8;
const SHORTER = 0.85;

export interface PieceOptions<T> {
  /** Builds a prompt. */
  readonly tokens: (messages: readonly GuardMessage[]) => readonly T[];
  /** Tokens that a prompt may have; more than one without any text has. */
  readonly limit: number;
  /** No token stands for more UTF-16 units than this. */
  readonly maxTokenCharacters: number;
  readonly signal: AbortSignal;
}

/**
 * Prompts whose last messages together are the whole last message, first to last.
 * @returns undefined when there would be more than MAX_PIECES
 * Rejects with the signal's reason, and where a prompt cannot be built.
 */
export async function overflowPieces<T>(
  messages: readonly GuardMessage[],
  { tokens, limit, maxTokenCharacters, signal }: PieceOptions<T>,
): Promise<(readonly T[])[] | undefined> {
  const merged = mergeNeighbours(messages);
  const last = merged.at(-1);
  if (last === undefined) return undefined;
  const { role, text } = last;
  const empty = tokens([{ role, text: '' }]).length;
  const room = limit - empty;
  /** Tokens beyond those of an empty prompt. */
  const costOf = (list: readonly GuardMessage[]): number => {
    const characters = list.reduce((sum, message) => sum + message.text.length, 0);
    return characters > room * maxTokenCharacters ? Infinity : tokens(list).length - empty;
  };
  // Each piece leads on by at least three quarters of itself.
  if (text.length > MAX_PIECES * room * maxTokenCharacters) return undefined;

  const contextRoom = Math.max(room * CONTEXT_SHARE, room - costOf([last]));
  let context: GuardMessage[] = [];
  for (const message of merged.slice(0, -1).reverse()) {
    const longer = [message, ...context];
    if (costOf([...longer, { role, text: '' }]) > contextRoom) break;
    context = longer;
  }

  const prompts: (readonly T[])[] = [];
  const longest = Math.max(1, Math.floor(room * MOST_CHARACTERS));
  for (let start = 0; ;) {
    if (prompts.length === MAX_PIECES) return undefined;
    await setImmediate();
    signal.throwIfAborted();
    let prompt: readonly T[] | undefined;
    let end = start;
    for (let length = longest; prompt === undefined; length = Math.floor(length * SHORTER)) {
      end = onCodePoint(text, Math.min(text.length, start + Math.max(1, length)), start);
      const candidate = tokens([...context, { role, text: text.slice(start, end) }]);
      if (candidate.length <= limit) prompt = candidate;
      else if (length <= 1) {
        if (context.length === 0) return undefined;
        // A context that leaves no room at all does not help the judgement.
        context = [];
        length = longest;
      }
    }
    prompts.push(prompt);
    if (end >= text.length) return prompts;
    start = onCodePoint(text, end - Math.floor((end - start) * OVERLAP), start);
  }
}

/** `index`, or one more where that would cut a surrogate pair. Greater than `after` unless the text ends. */
function onCodePoint(text: string, index: number, after: number): number {
  const at = Math.max(index, Math.min(after + 1, text.length));
  const unit = text.charCodeAt(at);
  const before = text.charCodeAt(at - 1);
  const insidePair = unit >= 0xdc00 && unit <= 0xdfff && before >= 0xd800 && before <= 0xdbff;
  return insidePair ? at + 1 : at;
}
