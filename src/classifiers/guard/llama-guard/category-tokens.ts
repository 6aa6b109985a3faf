/**
 * The ways in which a guard can write a category id after its word for unsafe, as token sequences. A
 * vocabulary may hold `S1` as one token or as two, `10` as one or as two, `,S` as one; so the ways
 * are a tree, and what the model writes is a path in it.
 */

export interface IdNode<T> {
  readonly children: ReadonlyMap<T, IdNode<T>>;
  /** The id that the path to this node spells out. Longer ids may go on from here: S1, S10. */
  readonly id: string | undefined;
}

export interface CategoryTokens<T> {
  /** The word for unsafe. */
  readonly word: readonly T[];
  /** From there to the first id. */
  readonly first: IdNode<T>;
  /** From the end of an id to the next: a comma, and the id. */
  readonly next: IdNode<T>;
  /** What usually comes first in the two trees, up to the choice between ids: can be evaluated without looking. */
  readonly usual: { readonly first: readonly T[]; readonly next: readonly T[] };
  /** What may follow an id that is complete, comma aside: a line break, the end of the answer. */
  readonly ends: readonly T[];
  /** Every token of the above. */
  readonly all: readonly T[];
}

/** What stands before the first id, most usual first. */
const LEADS = ['\n', '\n\n', ' '] as const;
/** The same between two ids. */
const SEPARATORS = [',', ', '] as const;

/**
 * @param tokenize ordinary text to tokens
 * @param ids as the model writes them; at least one
 */
export function categoryTokens<T>(
  tokenize: (text: string) => readonly T[],
  unsafe: string,
  ids: readonly string[],
  endOfAnswer: readonly T[],
): CategoryTokens<T> {
  /** Tokens of `after` where it follows `before`. */
  const following = (before: string, after: string): readonly T[] => {
    const start = tokenize(before);
    const whole = tokenize(before + after);
    return start.every((token, index) => token === whole[index])
      ? whole.slice(start.length)
      : tokenize(after);
  };
  const ways = (before: string, joints: readonly string[]): IdNode<T> => {
    const root = node<T>();
    for (const joint of joints)
      for (const id of ids) {
        insert(root, following(before, joint + id), id);
        // A model may also spell an id in other tokens than its tokenizer would.
        for (let cut = 1; cut < id.length; cut++)
          insert(root, [...following(before, joint + id.slice(0, cut)), ...tokenize(id.slice(cut))], id);
      }
    return root;
  };
  const usualWay = (before: string, joint: string): readonly T[] =>
    commonStart(ids.map((id) => following(before, joint + id)));
  const behindId = `${unsafe}\n${ids[0] ?? ''}`;
  const first = ways(unsafe, LEADS);
  const next = ways(behindId, SEPARATORS);
  const usual = { first: usualWay(unsafe, LEADS[0]), next: usualWay(behindId, SEPARATORS[0]) };
  const lineBreaks = ['\n', '\n\n'].flatMap((text) => {
    const tokens = tokenize(text);
    return tokens.length === 1 ? tokens : [];
  });
  const ends = [...new Set([...lineBreaks, ...endOfAnswer])];
  const word = tokenize(unsafe);
  const all = [...new Set([...tokensOf(first), ...tokensOf(next), ...ends])];
  return { word, first, next, usual, ends, all };
}

interface GrowingNode<T> extends IdNode<T> {
  readonly children: Map<T, GrowingNode<T>>;
  id: string | undefined;
}

function node<T>(): GrowingNode<T> {
  return { children: new Map(), id: undefined };
}

function insert<T>(root: GrowingNode<T>, path: readonly T[], id: string): void {
  let at = root;
  for (const token of path) {
    const child = at.children.get(token) ?? node<T>();
    at.children.set(token, child);
    at = child;
  }
  // Two ids that the vocabulary spells alike could not be told apart; the first keeps the path.
  if (at !== root) at.id ??= id;
}

function* tokensOf<T>(tree: IdNode<T>): Generator<T> {
  for (const [token, child] of tree.children) {
    yield token;
    yield* tokensOf(child);
  }
}

/** What all sequences begin with, and always less than the whole of one. */
function commonStart<T>(sequences: readonly (readonly T[])[]): readonly T[] {
  const [first = [], ...others] = sequences;
  let length = 0;
  while (
    length < first.length - 1 &&
    others.every((other) => length < other.length - 1 && other[length] === first[length])
  )
    length++;
  return first.slice(0, length);
}
