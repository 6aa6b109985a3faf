/** Turns zod's issues into sentences: what is wrong, what is allowed, what was perhaps meant. */
import type { z } from 'zod';
import { didYouMean } from './nearest.js';
import { allowedWords, describeSchema, knownKeys, schemaAt } from './schema-walk.js';

type Schema = z.core.$ZodType;
type Issue = z.core.$ZodIssue;

export interface Explained {
  /** Place in the data. */
  readonly path: readonly PropertyKey[];
  /** The last part of the path is a key that should not be there: point at the key, not at its value. */
  readonly atKey: boolean;
  readonly message: string;
}

/** Words that YAML 1.1 read as booleans and YAML 1.2 reads as text. */
const OLD_BOOLEANS = new Map([
  ['yes', 'true'],
  ['on', 'true'],
  ['no', 'false'],
  ['off', 'false'],
]);

function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  let value = data;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}

function shown(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'keys with values';
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? value.slice(0, 60) + '…' : value);
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : typeof value;
}

function explainValue(issue: Issue, schema: Schema, data: unknown): string {
  const value = valueAt(data, issue.path);
  const here = schemaAt(schema, issue.path);
  if (value === undefined) return `is missing; it has to be ${here ? describeSchema(here) : 'there'}`;
  if (value === null)
    return `is empty; give it a value (${here ? describeSchema(here) : 'of another kind'}) or leave it out`;
  const allowed = here === undefined ? issue.message : `allowed: ${describeSchema(here)}`;
  const hint =
    here !== undefined && typeof value === 'string'
      ? describeSchema(here) === 'true or false' && OLD_BOOLEANS.has(value.toLowerCase())
        ? `; write ${OLD_BOOLEANS.get(value.toLowerCase()) ?? ''}`
        : didYouMean(value, allowedWords(here))
      : '';
  return `${shown(value)} is not allowed here; ${allowed}${hint}`;
}

/** The branch of a union that the writer meant: the one whose problems lie deeper than its own kind. */
function meantBranch(errors: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const isOwnKind = ({ path, code }: Issue): boolean =>
    path.length === 0 && (code === 'invalid_type' || code === 'invalid_value');
  const deeper = errors.filter((issues) => !issues.some(isOwnKind));
  return deeper.length === 1 ? deeper[0] : undefined;
}

/**
 * @param schema the schema of the whole of `data`
 * @param data what was checked
 */
export function explainIssues(issues: readonly Issue[], schema: Schema, data: unknown): Explained[] {
  return issues.flatMap((issue): Explained[] => {
    switch (issue.code) {
      case 'unrecognized_keys': {
        const here = schemaAt(schema, issue.path);
        const known = here === undefined ? [] : knownKeys(here);
        return issue.keys.map((key) => ({
          path: [...issue.path, key],
          atKey: true,
          message: `unknown key "${key}"${didYouMean(key, known) || (known.length > 0 ? `; known keys: ${known.join(', ')}` : '')}`,
        }));
      }
      case 'invalid_key':
        return [
          {
            path: issue.path,
            atKey: true,
            message: `"${String(issue.path.at(-1))}" is not allowed as a key: ${issue.issues.map((one) => one.message).join('; ')}`,
          },
        ];
      case 'invalid_union': {
        const branch = meantBranch(issue.errors);
        if (branch === undefined)
          return [{ path: issue.path, atKey: false, message: explainValue(issue, schema, data) }];
        return explainIssues(
          branch.map((one) => ({ ...one, path: [...issue.path, ...one.path] })),
          schema,
          data,
        );
      }
      case 'custom':
        return [{ path: issue.path, atKey: false, message: issue.message }];
      case 'invalid_type':
      case 'invalid_value':
      case 'invalid_format':
      case 'invalid_element':
      case 'too_big':
      case 'too_small':
      case 'not_multiple_of':
        return [{ path: issue.path, atKey: false, message: explainValue(issue, schema, data) }];
    }
  });
}
