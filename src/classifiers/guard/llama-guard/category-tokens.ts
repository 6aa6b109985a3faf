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
  /** What may follow an id that is complete, comma aside: a line break, the end of the answer. */
  readonly ends: readonly T[];
  /** Every token of the above. */
  readonly all: readonly T[];
}

/** What stands before the first id, most usual first. */
const LEADS = ['\n', '\n\n', ' '];
const SEPARATORS = [',', ', '];

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
  const first = ways(unsafe, LEADS);
  const next = ways(`${unsafe}\n${ids[0] ?? ''}`, SEPARATORS);
  const lineBreaks = ['\n', '\n\n'].flatMap((text) => {
    const tokens = tokenize(text);
    return tokens.length === 1 ? tokens : [];
  });
  const ends = [...new Set([...lineBreaks, ...endOfAnswer])];
  const word = tokenize(unsafe);
  return { word, first, next, ends, all: [...new Set([...tokensOf(first), ...tokensOf(next), ...ends])] };
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

/**
 * The tokens that are most likely to come next without looking: the usual way up to the first choice
 * between ids.
 */
export function usualWay<T>(root: IdNode<T>): T[] {
  const way: T[] = [];
  for (let at: IdNode<T> = root; at.id === undefined && (at === root || at.children.size === 1);) {
    const [entry] = at.children;
    if (entry === undefined || entry[1].children.size === 0) break;
    way.push(entry[0]);
    at = entry[1];
  }
  return way;
}
