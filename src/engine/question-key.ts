/**
 * Names for questions to a judge. A key is the end of a chain of hashes, one link for each message, so a
 * conversation costs one pass over its text although each of its turns is a question of its own, and a
 * growing message costs its new text.
 *
 * Two different questions have different keys unless SHA-256 collides: each link hashes a previous link of
 * fixed length, one byte for the role, and then nothing but the text, as UTF-16, in which every string has
 * bytes of its own (in UTF-8 all halves of surrogate pairs would be the same).
 */
import { createHash, type Hash } from 'node:crypto';
import type { GuardMessage, GuardRole } from '../core/conversation.js';
import type { Judge, JudgeRequest } from '../core/judge.js';

/** Everything about a question but its messages. */
export type QuestionSettings = Omit<JudgeRequest, 'messages'>;

/** 32 bytes that stand for a judge, the settings of a question and some messages. */
export type Link = Buffer;

/** The link before any message. */
export function firstLink(judge: Pick<Judge, 'fingerprint' | 'taxonomy'>, settings: QuestionSettings): Link {
  const { categoriesFrom, overflow = 'refuse', thoroughness } = settings;
  // JSON keeps the parts apart: no fingerprint can imitate a boundary between two of them.
  const parts = [
    judge.fingerprint,
    judge.taxonomy,
    categoriesFrom,
    overflow,
    thoroughness?.always ?? false,
    thoroughness?.categories ?? [],
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest();
}

function open(link: Link, role: GuardRole): Hash {
  return createHash('sha256')
    .update(link)
    .update(role === 'User' ? 'U' : 'A');
}

/** The link after one more message. */
export function nextLink(link: Link, { role, text }: GuardMessage): Link {
  return open(link, role).update(text, 'utf16le').digest();
}

/** The key of the question about the last message that the link stands for. */
export function keyOf(link: Link): string {
  return link.toString('base64');
}

/** The link of a message that is still being written. */
export interface GrowingLink {
  add(text: string): void;
  /** The key of the question about the message as it is now. */
  key(): string;
}

export function growingLink(link: Link, role: GuardRole): GrowingLink {
  const hash = open(link, role);
  return {
    add: (text) => void hash.update(text, 'utf16le'),
    key: () => keyOf(hash.copy().digest()),
  };
}
