/** Checks a client's JSON against a schema; what is wrong is told in sentences, all of it at once. */
import { z } from 'zod';
import { GuardError } from '../../core/errors.js';
import { isJsonObject } from '../../core/json.js';
import { explainIssues, formatPath } from '../../strict-yaml/index.js';

/** Faults that one message names; the rest is counted. */
const NAMED = 5;

/**
 * @param what how the message calls the whole: `The item`
 * @throws GuardError('invalid_request') naming each place, what is wrong there and what is allowed
 */
export function readItem<T>(item: unknown, schema: z.ZodType<T>, what: string): T {
  if (!isJsonObject(item))
    throw new GuardError('invalid_request', `${what} has to be a JSON object, in braces.`);
  const result = schema.safeParse(item);
  if (result.success) return result.data;
  const faults = explainIssues(result.error.issues, schema, item).map(({ path, atKey, message }) => {
    // An unknown key is named by the message itself.
    const place = formatPath(atKey ? path.slice(0, -1) : path);
    return place === '' ? message : `${place}: ${message}`;
  });
  const more = faults.length > NAMED ? `; and ${faults.length - NAMED} more` : '';
  throw new GuardError('invalid_request', faults.slice(0, NAMED).join('; ') + more);
}

/** Echoed in the answer. */
export const itemId = z.union([z.string(), z.number()]).describe('a text or a number').optional();

/**
 * What lines of a labelled data set carry beside their text. Accepted and not read, so that the same
 * file serves `classify`, `scan` and `eval`; a misspelt key is still an error.
 */
export const labelKeys = {
  label: z.unknown().optional(),
  categories: z.unknown().optional(),
  source: z.unknown().optional(),
  license: z.unknown().optional(),
};

/** The id of an item that may be wrong in every other way. */
export function idOf(item: unknown): string | number | undefined {
  if (!isJsonObject(item) || !Object.hasOwn(item, 'id')) return undefined;
  const { id } = item;
  return typeof id === 'string' || typeof id === 'number' ? id : undefined;
}
