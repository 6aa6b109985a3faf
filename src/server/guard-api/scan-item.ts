/** `POST /guard/scan` and the lines of `portcullis scan --jsonl`. */
import { z } from 'zod';
import type { Finding, Treatment, UnavailableReason } from '../../core/assessment.js';
import { GuardError } from '../../core/errors.js';
import { isJsonObject } from '../../core/json.js';
import type { ItemContext, ScanParts } from './parts.js';
import { itemId, labelKeys, readItem } from './read-item.js';
import { scanSource } from './scan-source.js';

export interface ScanLine {
  readonly id?: string | number;
  /** Of the first piece of code; `unknown` when not recognised, `none` when a text has no code. */
  readonly language: string;
  /** The heaviest that the policy gives to a finding. */
  readonly treatment: Treatment;
  readonly findings: readonly Finding[];
  /** Why there is no answer: the treatment is then `block`, or `warn` where the policy lets unscanned code pass. */
  readonly reason?: UnavailableReason;
  readonly ms: number;
}

const codeItem = z.strictObject({
  id: itemId,
  code: z.string(),
  language: z.string().max(64).optional(),
  ...labelKeys,
});

const textItem = z.strictObject({ id: itemId, text: z.string(), ...labelKeys });

/**
 * Scans one item: `{"id"?, "code", "language"?}` or `{"id"?, "text"}`, an answer of a model with its
 * fences. Places are those in the whole `code` or `text`.
 * @throws GuardError('invalid_request') when the item is not of that shape
 */
export async function scanItem(parts: ScanParts, item: unknown, context: ItemContext): Promise<ScanLine> {
  const { id, source } = readScanItem(item);
  const scanned = await scanSource(parts, source, context);
  return {
    ...(id === undefined ? {} : { id }),
    language: scanned.language,
    treatment: scanned.treatment,
    findings: scanned.findings.map(({ finding }) => finding),
    ...(scanned.unavailable === undefined ? {} : { reason: scanned.unavailable.reason }),
    ms: scanned.ms,
  };
}

function readScanItem(item: unknown) {
  if (isJsonObject(item) && 'text' in item) {
    if ('code' in item)
      throw new GuardError(
        'invalid_request',
        'give either "code" (code alone) or "text" (an answer with code in it), not both',
      );
    const { id, text } = readItem(item, textItem, 'The item');
    return { id, source: { text } };
  }
  const { id, code, language } = readItem(item, codeItem, 'The item');
  return { id, source: { code, language } };
}
