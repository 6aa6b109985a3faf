/** Asks a zod schema what it allows at a path, so that an error can say it. */
import type { z } from 'zod';

type Schema = z.core.$ZodType;

/**
 * The parts of zod's schema definitions that are needed here; see `zod/v4/core/schemas`. Every
 * schema has `_zod.def` with a `type` and, by that type, the fields below.
 */
interface SchemaDef {
  readonly type: string;
  readonly shape?: Readonly<Record<string, Schema>>;
  readonly innerType?: Schema;
  readonly element?: Schema;
  readonly valueType?: Schema;
  readonly keyType?: Schema;
  readonly in?: Schema;
  readonly out?: Schema;
  readonly options?: readonly Schema[];
  readonly entries?: Readonly<Record<string, string | number>>;
  readonly values?: readonly unknown[];
}

function def(schema: Schema): SchemaDef {
  return schema._zod.def;
}

/** The schema under `optional`, `default` and transformations; undefined once it has a description. */
function inner(schema: Schema): Schema | undefined {
  const { type, innerType, in: input } = def(schema);
  return type === 'pipe' ? input : innerType;
}

function unwrapped(schema: Schema): Schema {
  const next = inner(schema);
  return next === undefined ? schema : unwrapped(next);
}

/** The schema that applies to the value at `path`, or undefined where the schema has no such place. */
export function schemaAt(schema: Schema, path: readonly PropertyKey[]): Schema | undefined {
  const [key, ...rest] = path;
  if (key === undefined) return schema;
  const { type, shape, element, valueType, options } = def(unwrapped(schema));
  if (type === 'union') {
    for (const option of options ?? []) {
      const found = schemaAt(option, path);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  const child =
    type === 'object' && Object.hasOwn(shape ?? {}, key)
      ? shape?.[String(key)]
      : type === 'array'
        ? element
        : type === 'record'
          ? valueType
          : undefined;
  return child === undefined ? undefined : schemaAt(child, rest);
}

/** The keys an object schema knows, in its own order; empty for anything else. */
export function knownKeys(schema: Schema): string[] {
  const { type, shape, options, keyType } = def(unwrapped(schema));
  if (type === 'object') return Object.keys(shape ?? {});
  if (type === 'union') return (options ?? []).flatMap(knownKeys);
  if (type === 'record' && keyType !== undefined) return allowedWords(keyType);
  return [];
}

/** The words an enum or literal schema allows. */
export function allowedWords(schema: Schema): string[] {
  const { type, entries, values, options, innerType, in: input, out } = def(schema);
  if (type === 'enum') return Object.values(entries ?? {}).map(String);
  if (type === 'literal') return (values ?? []).map(String);
  return [...(options ?? []), innerType, input, out].flatMap((part) =>
    part === undefined ? [] : allowedWords(part),
  );
}

/** The bounds that zod's number classes carry; infinite where there are none. */
interface NumberBounds {
  readonly minValue?: number | null;
  readonly maxValue?: number | null;
  readonly isInt?: boolean;
}

function describeNumber(schema: Schema): string {
  const { minValue, maxValue, isInt } = schema as NumberBounds;
  const kind = isInt === true ? 'a whole number' : 'a number';
  const bound = (value: number | null | undefined): number | undefined =>
    typeof value === 'number' && Math.abs(value) < Number.MAX_SAFE_INTEGER ? value : undefined;
  const low = bound(minValue);
  const high = bound(maxValue);
  if (low !== undefined && high !== undefined) return `${kind} from ${low} to ${high}`;
  if (low !== undefined) return `${kind} of at least ${low}`;
  if (high !== undefined) return `${kind} of at most ${high}`;
  return kind;
}

/** What is allowed, as a noun phrase: the schema's own `.describe()` text where it has one. */
export function describeSchema(schema: Schema): string {
  const described = (schema as { description?: string }).description;
  if (described !== undefined) return described;
  const next = inner(schema);
  if (next !== undefined) return describeSchema(next);
  const words = allowedWords(schema);
  switch (def(schema).type) {
    case 'number':
      return describeNumber(schema);
    case 'string':
      return 'a text';
    case 'boolean':
      return 'true or false';
    case 'enum':
    case 'literal':
      return words.length === 1 ? `only ${words.join('')}` : `one of ${words.join(', ')}`;
    case 'array':
      return 'a list';
    case 'object':
      return `keys with values (${knownKeys(schema).join(', ')})`;
    case 'record':
      return 'keys with values';
    case 'union':
      return (def(schema).options ?? []).map(describeSchema).join(' or ');
    default:
      return 'another value';
  }
}
