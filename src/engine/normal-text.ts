import type { GuardMessage } from '../core/conversation.js';

/**
 * A message in the form in which it is judged and remembered: line ends are `\n`, characters are composed
 * (Unicode normal form C, UAX #15). Both are other spellings of the same text: how an operating system
 * ends lines, and how a keyboard enters an accent. The judge is given this form too, so two messages that
 * share a place in the cache are one and the same to the judge. Nothing else is changed: white space and
 * look-alike characters can make a difference.
 */
export function normalMessage({ role, text }: GuardMessage): GuardMessage {
  return { role, text: text.replaceAll('\r\n', '\n').normalize('NFC') };
}
