/**
 * A conversation as a remote guard gets it. The server puts the texts into the guard's template and
 * tokenizes the whole, so a special token that a user typed may become a real one there. All that can be
 * done here is to break up the spellings of such tokens, and of the template's tags and labels, visibly:
 * `<|eot_id|>` goes out as `‹|eot_id|›`. The guard still reads every word. This is weaker than the local
 * guards' way, where texts are tokenized apart from the template.
 */
import { mergeNeighbours, type GuardMessage } from '../../../core/conversation.js';
import { createImitationBreaker } from '../llama-guard/imitation.js';

export interface ChatMessage {
  readonly role: 'user' | 'assistant';
  readonly content: string;
}

/** Words in angle brackets that are special tokens of common models, or tags of the guards' own prompts. */
const TAGS = [
  ...['BEGIN CONVERSATION', 'END CONVERSATION', 'BEGIN UNSAFE CONTENT CATEGORIES'],
  ...['END UNSAFE CONTENT CATEGORIES', 'BEGIN HAZARD LIST', 'END HAZARD LIST'],
  ...['start of turn', 'end of turn', 'start of image', 'end of image', 'start of role', 'end of role'],
  ...['s', 'bos', 'eos', 'unk', 'pad', 'mask', 'image', 'sys', 'inst', 'think', 'score', 'confidence'],
];
/** Llama 2's and Mistral's, in square brackets. */
const BRACKETS = ['inst', 'system prompt', 'tool calls', 'available tools', 'tool results', 'img'];
/** What stands before a turn in Llama Guard's and Granite Guardian's prompts. */
const LABELS = ['User', 'Agent', 'Human', 'Assistant', 'User Message', 'Assistant Message'];

const breakImitations = createImitationBreaker({
  tags: TAGS,
  brackets: BRACKETS,
  labels: LABELS,
  typable: [],
});

/**
 * Every `<|` and `|>` is broken up, whatever stands between: nothing of the form `<|…|>` is left. Other
 * spellings are a list, of Llama 2's and Mistral's marks. NUL and halves of surrogate pairs, at which some
 * servers stop reading or fail, become U+FFFD.
 */
export function defuse(text: string): string {
  return breakImitations(
    wellFormed(text)
      .replaceAll('\u0000', '\ufffd')
      .replace(/<(?=[|｜])/g, '‹')
      .replace(/(?<=[|｜])>/g, '›')
      .replace(/<<\s{0,8}(\/?\s{0,8}sys)\s{0,8}>>/gi, '‹‹$1››'),
  );
}

/** `String.prototype.toWellFormed`, which this version of the language's types does not know yet. */
function wellFormed(text: string): string {
  return text.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd');
}

/** Alternating, user first: a reply judged alone gets an empty user turn before it, as guard templates want. */
export function toChatMessages(messages: readonly GuardMessage[]): ChatMessage[] {
  const chat = mergeNeighbours(messages).map(({ role, text }): ChatMessage => ({
    role: role === 'User' ? 'user' : 'assistant',
    content: defuse(text),
  }));
  return chat[0]?.role === 'assistant' ? [{ role: 'user', content: '' }, ...chat] : chat;
}
