/**
 * Strings of Anthropic's messages that are no text: media, signatures, and what only the server that wrote
 * it can decrypt. Reference: https://docs.anthropic.com/en/docs/build-with-claude/extended-thinking
 */
import type { UnjudgedPart } from '../../core/conversation.js';
import type { JsonObject } from '../../core/json.js';
import { field } from '../shape.js';

/** Base64 of either alphabet. Anything else in such a field is text, and judged. */
const BASE64 = /^[A-Za-z0-9+/_=-]{0,65536}$/;

/** Proves who wrote a thinking block; servers check it or ignore it, no model reads it. */
export const SIGNATURE = 'signature';

/** Encrypted text that a model reads: searched pages, output of code, a summary of the chat so far. */
export const ENCRYPTED = ['encrypted_content', 'encrypted_stdout', 'encrypted_index'] as const;

const MEDIA_SOURCES: readonly string[] = ['base64', 'url', 'file'];

/** What a block or a part of one is to a judge of text, by its type. */
export const MEDIA_KINDS: ReadonlyMap<string, UnjudgedPart['kind']> = new Map([
  ['image', 'image'],
  ['document', 'file'],
  ['container_upload', 'file'],
] as const);

export function looksOpaque(text: string): boolean {
  return BASE64.test(text);
}

/** True for a field that holds a string of base64 and is not empty. */
export function holdsOpaque(container: JsonObject, key: string): boolean {
  const value = field(container, key);
  return typeof value === 'string' && value !== '' && looksOpaque(value);
}

/** True for a source of bytes, in base64 or somewhere else: no judge of text can read them. */
export function isUnreadable(source: JsonObject): boolean {
  const type = field(source, 'type');
  return typeof type === 'string' && MEDIA_SOURCES.includes(type);
}
