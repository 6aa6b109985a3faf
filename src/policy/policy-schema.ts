/** The policy file: its keys, what each may be, and what it is when left out. */
import { z } from 'zod';
import { isJsonObject } from '../core/json.js';
import type { Taxonomy } from '../core/taxonomy.js';
import { UNCATEGORIZED } from '../core/taxonomy.js';
import { explainIssues } from '../strict-yaml/index.js';
import { JUDGED_ROUTES } from './judged-routes.js';
import { PLACEHOLDERS, unknownPlaceholders } from './refusal-text.js';

const ACTIONS = ['allow', 'annotate', 'block'] as const;

/** Editing a part of a text needs to know which part it is; categories are judged on the whole. */
const action = z
  .string()
  .describe(`one of ${ACTIONS.join(', ')}`)
  .refine((word) => word !== 'redact', {
    message:
      'redact is not available for categories in this version: a category belongs to the whole text, not to a part of it. Use annotate or block',
    abort: true,
  })
  .pipe(z.enum(ACTIONS));

const probability = z.number().min(0).max(1);
const fallback = z.enum(['block', 'allow']);
const unjudgedTreatment = z.enum(['block', 'report', 'allow']);
const treatment = z.enum(['ignore', 'warn', 'block']);

const milliseconds = (most: number) => z.int().min(1).max(most);

const refusalText = z
  .string()
  .trim()
  .min(1)
  .max(4000)
  .describe('a text of 1 to 4000 characters')
  .superRefine((text, context) => {
    for (const word of unknownPlaceholders(text))
      context.addIssue({
        code: 'custom',
        message: `unknown placeholder {${word}}; known: ${PLACEHOLDERS.map((one) => `{${one}}`).join(', ')}`,
      });
  });

const category = z.strictObject({ threshold: probability.optional(), action: action.optional() });

/** Category ids that a policy on this taxonomy may name. */
function categoriesOf(taxonomy: Taxonomy | undefined) {
  // Without a known taxonomy its own error is enough: any category is accepted.
  if (taxonomy === undefined) return z.record(z.string(), category);
  const ids = [...taxonomy.categories.map(({ id }) => id), UNCATEGORIZED];
  return z.strictObject(Object.fromEntries(ids.map((id) => [id, category.optional()])));
}

function direction(taxonomy: Taxonomy | undefined) {
  return z.strictObject({
    enabled: z.boolean().default(true),
    threshold: probability.optional(),
    action: action.optional(),
    unavailable: fallback.optional(),
    categories: categoriesOf(taxonomy).default({}),
  });
}

const code = z.strictObject({
  enabled: z.boolean().default(true),
  treatments: z
    .strictObject({
      error: treatment.default('block'),
      warning: treatment.default('warn'),
      info: treatment.default('ignore'),
    })
    .prefault({}),
  cwes: z
    .record(
      z.string().regex(/^CWE-[1-9]\d{0,5}$/, 'write a weakness as CWE- and its number: CWE-78'),
      treatment,
    )
    .default({}),
  rules: z
    .record(z.string().regex(/^[\w./-]+$/, 'a rule id has letters, digits and . _ - / only'), treatment)
    .default({}),
  unavailable: fallback.optional(),
  after_block: z.enum(['stop', 'go_on']).default('stop'),
  timeout_ms: milliseconds(600_000).default(5000),
});

/** One word for all parts, or a word for each kind; kinds that are left out are blocked. */
const unjudged = z.union([
  unjudgedTreatment,
  z.strictObject({
    image: unjudgedTreatment.default('block'),
    audio: unjudgedTreatment.default('block'),
    file: unjudgedTreatment.default('block'),
    tokens: unjudgedTreatment.default('block'),
  }),
]);

const views = z.strictObject({
  disguises: z.boolean().default(true),
  encodings: z.boolean().default(true),
});

const stream = z
  .strictObject({
    mode: z.enum(['window', 'sentence', 'buffer', 'monitor']).default('window'),
    first_window: z.int().min(1).max(100_000).default(80),
    first_wait_ms: milliseconds(750).default(20),
    max_window: z.int().min(1).max(100_000).default(1200),
    growth: z.number().min(1).max(10).default(2),
    idle_ms: milliseconds(60_000).default(150),
    ping_ms: milliseconds(3_600_000).default(15_000),
  })
  .superRefine((value, context) => {
    if (value.max_window < value.first_window)
      context.addIssue({
        code: 'custom',
        path: ['max_window'],
        message: `${value.max_window} is smaller than first_window (${value.first_window})`,
      });
  });

function thorough(taxonomy: Taxonomy | undefined) {
  const id = taxonomy === undefined ? z.string() : z.enum(taxonomy.categories.map((one) => one.id));
  return z.strictObject({
    directions: z.array(z.enum(['prompt', 'reply'])).default([]),
    routes: z.array(z.enum(JUDGED_ROUTES)).default([]),
    categories: z.array(id).default([]),
  });
}

const refusal = z.strictObject({
  prompt: refusalText.default("I can't help with that request."),
  reply: refusalText.default("I can't share the answer to that request."),
  code: refusalText.default('The answer contained insecure code ({rules}) and was withheld.'),
});

function baseSchema(taxonomyIds: readonly string[], defaultTaxonomy: string, taxonomy: Taxonomy | undefined) {
  return z.strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z0-9][\w.-]{0,63}$/)
      .describe('a name of up to 64 letters, digits and . _ -')
      .optional(),
    // `version: 1` reads as a number and `version: 1.10` would lose its zero: the text is wanted.
    version: z
      .union([z.int().min(0).transform(String), z.string().regex(/^[\w.+-]{1,32}$/)])
      .describe('a whole number, or a version in quotes ("1.2")')
      .default('1'),
    description: z.string().default(''),
    mode: z.enum(['enforce', 'monitor']).default('enforce'),
    taxonomy: z.enum(taxonomyIds).default(defaultTaxonomy),
    on_block: z.enum(['refusal', 'error']).default('refusal'),
    refusal: refusal.prefault({}),
    threshold: probability.default(0.5),
    action: action.default('block'),
    unavailable: fallback.default('block'),
    unjudged: unjudged.default('block'),
    check_first: z.boolean().default(false),
    turns: z.enum(['all', 'last_user', 'new']).default('all'),
    hidden_characters: z.enum(['keep', 'strip', 'block']).default('keep'),
    views: views.prefault({}),
    prompt: direction(taxonomy).prefault({}),
    reply: direction(taxonomy).prefault({}),
    code: code.prefault({}),
    stream: stream.prefault({}),
    long_texts: z.enum(['refuse', 'pieces']).default('pieces'),
    thorough: thorough(taxonomy).prefault({}),
    judge_timeout_ms: milliseconds(600_000).default(30_000),
    judge_total_timeout_ms: milliseconds(3_600_000).optional(),
  });
}

/** What a route may say otherwise; its place in the file says what it is called. */
const ROUTE_KEYS = [
  ...[
    'mode',
    'on_block',
    'refusal',
    'threshold',
    'action',
    'unavailable',
    'unjudged',
    'check_first',
    'turns',
  ],
  ...['hidden_characters', 'views', 'prompt', 'reply', 'code', 'stream', 'long_texts'],
  ...['judge_timeout_ms', 'judge_total_timeout_ms'],
] as const;

const routeOverrides = z.strictObject(
  Object.fromEntries(ROUTE_KEYS.map((key) => [key, z.unknown().optional()])),
);

type UnjudgedSettings = z.output<typeof unjudged>;

/** One word for all kinds, written out: so that a route may say otherwise about one of them. */
export function unjudgedByKind(given: UnjudgedSettings): Exclude<UnjudgedSettings, string> {
  if (typeof given !== 'string') return given;
  return { image: given, audio: given, file: given, tokens: given };
}

/** A route's settings over the policy's: objects are merged key by key, anything else is replaced. */
function merged(under: unknown, over: unknown): unknown {
  if (over === undefined) return under;
  if (!isJsonObject(under) || !isJsonObject(over)) return over;
  const keys = new Set([...Object.keys(under), ...Object.keys(over)]);
  return Object.fromEntries([...keys].map((key) => [key, merged(under[key], over[key])]));
}

/**
 * @param taxonomyIds every taxonomy that is installed
 * @param defaultTaxonomy the one that holds when the file names none
 * @param taxonomy the one the file names, if it is known
 */
export function policySchema(
  taxonomyIds: readonly string[],
  defaultTaxonomy: string,
  taxonomy: Taxonomy | undefined,
) {
  const base = baseSchema(taxonomyIds, defaultTaxonomy, taxonomy);
  return base
    .extend({ routes: z.partialRecord(z.enum(JUDGED_ROUTES), routeOverrides).default({}) })
    .transform(({ routes, ...file }, context) => {
      const complete = new Map<string, z.output<typeof base>>();
      const under = { ...file, unjudged: unjudgedByKind(file.unjudged) };
      for (const [route, overrides] of Object.entries(routes)) {
        const settings = merged(under, overrides);
        const result = base.safeParse(settings);
        if (result.success) complete.set(route, result.data);
        else
          for (const { path, message } of explainIssues(result.error.issues, base, settings))
            context.addIssue({ code: 'custom', path: ['routes', route, ...path], message });
      }
      return { ...file, routes: complete };
    });
}

/** A checked policy file with its defaults; the routes are complete. */
export type PolicyFile = z.output<ReturnType<typeof policySchema>>;
/** A route of it, or all but the routes. */
export type PolicySettings = z.output<ReturnType<typeof baseSchema>>;
