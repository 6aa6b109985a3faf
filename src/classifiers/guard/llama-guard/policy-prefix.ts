/**
 * The beginning that all prompts of a role share: the policy. It is evaluated once; other lanes, and
 * later processes, load what was kept of that.
 */
import { createHash } from 'node:crypto';
import type { Token } from 'node-llama-cpp';
import type { GuardMessage, GuardRole } from '../../../core/conversation.js';
import type { Lane } from './lane.js';
import type { StateFiles } from './state-files.js';

export interface PolicyPrefix {
  readonly tokens: readonly Token[];
  /** Tokens after the conversation that all prompts of the role end in. */
  readonly ending: number;
}

/** Evaluating fewer tokens is cheaper than keeping them. */
const WORTH_KEEPING = 64;
/** Part of the key; grows when states are kept in another way. */
const FORMAT = 1;

export function policyPrefix(
  prompt: (messages: readonly GuardMessage[]) => readonly Token[],
  role: GuardRole,
): PolicyPrefix {
  const other: GuardRole = role === 'User' ? 'Agent' : 'User';
  const one = (text: string): GuardMessage[] =>
    role === 'User'
      ? [{ role, text }]
      : [
          { role: other, text },
          { role, text },
        ];
  const prompts = [
    prompt(one('a')),
    prompt(one('7 b')),
    prompt([
      { role, text: 'Yes' },
      { role: other, text: '(' },
      { role, text: 'no.' },
    ]),
  ];
  const [first = [], ...rest] = prompts;
  const shared = (at: (tokens: readonly Token[], index: number) => Token | undefined): number => {
    let length = 0;
    while (length < first.length && rest.every((tokens) => at(tokens, length) === at(first, length)))
      length++;
    return length;
  };
  return {
    tokens: first.slice(
      0,
      shared((tokens, index) => tokens[index]),
    ),
    ending: shared((tokens, index) => tokens[tokens.length - 1 - index]),
  };
}

export interface PrefixKeeper {
  /**
   * Brings a lane to the role's policy prefix unless it holds it already.
   * @returns how many tokens were evaluated for that
   * @throws StateLoadError when the lane can no longer be used; the next try does without what was kept
   */
  prepare(lane: Lane, prefix: PolicyPrefix, signal: AbortSignal): Promise<number>;
}

/**
 * @param circumstances everything that what is kept depends on: model, versions, settings of the context
 * @param onFault told in plain words why something could not be kept
 */
export function createPrefixKeeper(
  files: StateFiles,
  circumstances: readonly (string | number | boolean)[],
  onFault: (why: string) => void,
): PrefixKeeper {
  const keys = new Map<PolicyPrefix, string>();
  const keyOf = (prefix: PolicyPrefix): string => {
    const known = keys.get(prefix);
    if (known !== undefined) return known;
    const hash = createHash('sha256').update(JSON.stringify([FORMAT, circumstances, prefix.tokens]));
    const key = hash.digest('hex').slice(0, 32);
    keys.set(prefix, key);
    return key;
  };
  /** One at a time: of two lanes that need the same prefix, the second finds what the first has kept. */
  let last: Promise<unknown> = Promise.resolve();

  async function prepare(lane: Lane, prefix: PolicyPrefix, signal: AbortSignal): Promise<number> {
    signal.throwIfAborted();
    const { tokens } = prefix;
    const key = keyOf(prefix);
    const loaded = await files.load(key, async (path) => {
      await lane.load(path);
      if (lane.length !== tokens.length || lane.common(tokens) !== tokens.length)
        throw new Error('The kept state holds other tokens.');
    });
    if (loaded) return 0;
    const before = lane.common(tokens);
    await lane.evaluate(tokens, signal);
    const fault = await files.save(key, (path) => lane.save(path));
    if (fault !== undefined) onFault(fault);
    return tokens.length - before;
  }

  return {
    prepare(lane, prefix, signal) {
      const { tokens } = prefix;
      if (tokens.length < WORTH_KEEPING || lane.common(tokens) === tokens.length) return Promise.resolve(0);
      const result = last.then(() => prepare(lane, prefix, signal));
      last = result.catch(() => undefined);
      return result;
    },
  };
}
