/**
 * Strings of Anthropic's messages that are no text: media, signatures, and what only the server that wrote
 * it can decrypt. Reference: https://docs.anthropic.com/en/docs/build-with-claude/extended-thinking
 */
import type { UnjudgedPart } from '../../core/conversation.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.js';
import { isDataUrl, type Coverage } from '../coverage.js';
import { field } from '../shape.js';

/** Base64 of either alphabet. Anything else in such a field is text, and judged. */
const BASE64 = /^[A-Za-z0-9+/_=-]*$/;

/** Nobody checks the signatures of a model that runs at home, so they are bounded; in characters. */
const LONGEST_SIGNATURE = 65_536;

/** Proves who wrote a thinking block; servers check it or ignore it, no model reads it. */
export const SIGNATURE = 'signature';

/** Encrypted text that a model reads: searched pages, output of code, a summary of the chat so far. */
export const ENCRYPTED = ['encrypted_content', 'encrypted_stdout', 'encrypted_index'] as const;

/** Sources that are bytes, or lie where nobody here can look. */
const MEDIA_SOURCES: readonly JsonValue[] = ['base64', 'url', 'file'];

/** True for a field that holds a string of base64 and is not empty. */
export function holdsOpaque(container: JsonObject, key: string): boolean {
  const value = field(container, key);
  return typeof value === 'string' && value !== '' && BASE64.test(value);
}

/** Only what has thinking is signed: anywhere else the field could be anybody's, and is judged. */
const SIGNED: readonly JsonValue[] = ['thinking', 'signature_delta'];

export function holdsSignature(container: JsonObject): boolean {
  const value = field(container, SIGNATURE);
  if (!SIGNED.includes(field(container, 'type') ?? '')) return false;
  return typeof value === 'string' && value.length <= LONGEST_SIGNATURE && BASE64.test(value);
}

/**
 * What of a block no judge of text can read, and covers just that: whatever else is in the block stays to be
 * judged.
 * @returns undefined for a block that is all text
 */
export function coverUnreadable(coverage: Coverage, block: JsonObject): UnjudgedPart['kind'] | undefined {
  const type = field(block, 'type');
  const source = field(block, 'source');
  const isUnreadable = isJsonObject(source) && MEDIA_SOURCES.includes(field(source, 'type') ?? '');
  if (type === 'redacted_thinking') {
    coverBytes(coverage, block);
    return 'tokens';
  }
  // A source by itself; one within a block was dealt with there.
  const isBytes = type === 'base64' && holdsOpaque(block, 'data') && !coverage.covers(block, 'data');
  if (type === 'container_upload' || isBytes) {
    coverBytes(coverage, block);
    return 'file';
  }
  if (type !== 'image' && !(type === 'document' && isUnreadable)) return undefined;
  if (isJsonObject(source)) coverBytes(coverage, source);
  return type === 'image' ? 'image' : 'file';
}

function coverBytes(coverage: Coverage, container: JsonObject): void {
  coverage.metadata(container, ['type', 'media_type', 'url', 'file_id']);
  if (holdsOpaque(container, 'data')) coverage.cover(container, 'data');
  const url = field(container, 'url');
  if (typeof url === 'string' && isDataUrl(url)) coverage.cover(container, 'url');
}
