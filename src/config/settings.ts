/**
 * Every setting: its key in the file, what it may be, what it is when nobody sets it, and the
 * environment variable and flag that set it. The one list that loading, printing and the docs follow.
 */
import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { GUARD_FAMILIES } from '../core/guard-families.js';
import { didYouMean } from '../strict-yaml/index.js';
import { parseAllowedRoute } from './allowed-route.js';
import type { GpuChoice } from './config-types.js';
import { LOG_LEVELS } from './config-types.js';
import type { Environment } from './env-reference.js';
import { hideCredentials, referenceFault } from './env-reference.js';
import { policyFault } from './policy-path.js';

/** How a text from the environment or a flag becomes a value. */
export type SettingKind = 'text' | 'number' | 'boolean' | 'boolean-or-text' | 'list' | 'map';

export interface Setting<T> {
  readonly schema: z.ZodType<T>;
  readonly kind: SettingKind;
  readonly fallback: T;
  /** One line for `config print`. */
  readonly about: string;
  /** Short variable instead of the one made of the key. */
  readonly env?: string;
  readonly flag?: string;
}

function setting<T>(
  kind: SettingKind,
  schema: z.ZodType<T>,
  fallback: NoInfer<T>,
  about: string,
  names: { readonly env?: string; readonly flag?: string } = {},
): Setting<T> {
  return { kind, schema, fallback, about, ...names };
}

const HOUR = 3_600_000;
const milliseconds = z
  .int()
  .min(1)
  .max(24 * HOUR);

const GUARD_KINDS = ['embedded', 'gguf', 'hf', 'openai', 'ollama'];
const guardSpec = z
  .string()
  .describe(
    'embedded, gguf:PATH, hf:USER/REPO/FILE.gguf, hf:USER/REPO:QUANT, openai:URL#MODEL or ollama:URL#MODEL',
  )
  .superRefine((spec, context) => {
    const kind = spec.split(':', 1)[0] ?? '';
    if (
      spec === 'embedded' ||
      (kind !== 'embedded' && GUARD_KINDS.includes(kind) && spec.length > kind.length + 1)
    )
      return;
    const hint = /\.gguf$/i.test(spec) ? `; did you mean "gguf:${spec}"?` : didYouMean(kind, GUARD_KINDS);
    context.addIssue({
      code: 'custom',
      message: `"${hideCredentials(spec)}" is no guard${hint} Allowed: embedded, gguf:PATH, hf:USER/REPO/FILE.gguf, hf:USER/REPO:QUANT, openai:URL#MODEL, ollama:URL#MODEL`,
    });
  });

const gpu = z
  .union([z.boolean(), z.enum(['auto', 'cuda', 'vulkan', 'metal'])])
  .describe('false, auto, cuda, vulkan or metal')
  .transform((choice): GpuChoice => (choice === true ? 'auto' : choice));

function upstreamUrlFault(text: string): string | undefined {
  if (!URL.canParse(text)) return `is not a URL; write it like http://127.0.0.1:11434`;
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'has to begin with http:// or https://';
  if (url.username !== '' || url.password !== '')
    return 'has a user name or password in it; send them with upstream.headers instead';
  if (url.search !== '' || url.hash !== '') return 'may not have a ? or # part';
  if (/\/v1\/?$/.test(url.pathname))
    return 'ends with /v1; leave that out, it is part of the paths that clients ask for';
  return undefined;
}

const upstreamUrl = z
  .string()
  .describe('an http or https URL')
  .superRefine((text, context) => {
    const fault = upstreamUrlFault(text);
    // The URL itself is not shown: it may hold a password.
    if (fault !== undefined) context.addIssue({ code: 'custom', message: `the URL ${fault}` });
  })
  .transform((text) => (URL.canParse(text) ? new URL(text).href.replace(/\/+$/, '') : text));

const folder = z.string().min(1).describe('auto, off or the path of a folder');

function hubUrlFault(text: string): string | undefined {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    return 'it has to be a URL with http:// or https://';
  const url = new URL(text);
  if (url.username !== '' || url.password !== '')
    return 'the URL has a user name or password in it, which would be shown in messages and records; leave them out';
  if (url.search !== '' || url.hash !== '') return 'the URL may not have a ? or # part';
  return undefined;
}

const hubUrl = z
  .string()
  .describe('an http or https URL')
  .superRefine((text, context) => {
    const fault = hubUrlFault(text);
    if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
  })
  .transform((text) => text.replace(/\/+$/, ''));

// Not z.string(): its messages would quote the token.
const hubToken = z
  .unknown()
  .superRefine((given, context) => {
    // Tokens that are read from files end with a line break, which a header cannot carry.
    if (typeof given !== 'string' || !/^\s*[\x21-\x7e]{0,1024}\s*$/.test(given))
      context.addIssue({
        code: 'custom',
        message: 'it has to be a text of at most 1024 letters, digits and signs, without spaces inside',
      });
  })
  .transform((given) => String(given).trim());

const allowedRoutes = z
  .array(
    z.string().superRefine((line, context) => {
      const route = parseAllowedRoute(line);
      if (typeof route === 'string') context.addIssue({ code: 'custom', message: route });
    }),
  )
  .max(1000)
  .describe('a list of lines like GET /api/ps');

/** Headers that belong to one connection or are computed; setting them would break requests. */
const RESERVED_HEADERS = new Set([
  'connection',
  'content-length',
  'content-type',
  'accept-encoding',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

function headerValueFault(given: unknown, env: Environment): string | undefined {
  if (typeof given !== 'string') return 'the value has to be a text; put it in quotes';
  if (given.length > 8192) return 'the value is longer than 8192 characters';
  if (/[^\t\x20-\x7e\x80-\xff]/.test(given)) return 'the value has a character that headers cannot carry';
  return referenceFault(given, env);
}

function extraHeaders(env: Environment) {
  const name = z.string().superRefine((text, context) => {
    if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/.test(text))
      context.addIssue({ code: 'custom', message: 'it is no name of an HTTP header' });
    else if (RESERVED_HEADERS.has(text.toLowerCase()))
      context.addIssue({ code: 'custom', message: 'Portcullis sets this header itself' });
  });
  // Not z.string(): its messages would quote the value, which is a secret more often than not.
  const value = z
    .unknown()
    .superRefine((given, context) => {
      const fault = headerValueFault(given, env);
      if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
    })
    .transform(String);
  return z.record(name, value).describe('header names with their values');
}

const policy = z
  .string()
  .min(1)
  .describe('default, strict, monitor or the path of a policy file')
  .superRefine((text, context) => {
    const fault = policyFault(text);
    if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
  });

/** More threads than this make a small model slower, not faster. */
const MOST_DEFAULT_THREADS = 8;

/** @param env what `${env:NAME}` references are checked against */
export function createSettings(env: Environment) {
  return {
    'server.host': setting(
      'text',
      z.string().min(1).describe('an address or host name'),
      '127.0.0.1',
      'address to listen on; 0.0.0.0 for every network',
      { env: 'PORTCULLIS_HOST', flag: 'host' },
    ),
    'server.port': setting(
      'number',
      z.int().min(0).max(65_535),
      8787,
      'port to listen on; 0 takes any free one',
      { env: 'PORTCULLIS_PORT', flag: 'port' },
    ),
    'server.body_limit_bytes': setting(
      'number',
      z
        .int()
        .min(1024)
        .max(1024 ** 3),
      10 * 1024 ** 2,
      'larger request bodies are refused',
    ),
    'server.headers_timeout_ms': setting('number', milliseconds, 15_000, 'for a client to send its headers'),
    'server.request_timeout_ms': setting(
      'number',
      milliseconds,
      60_000,
      'for a client to send its whole request',
    ),
    'server.keep_alive_timeout_ms': setting(
      'number',
      milliseconds,
      65_000,
      'until an idle client connection is closed',
    ),
    'server.shutdown_grace_ms': setting(
      'number',
      z.int().min(0).max(HOUR),
      10_000,
      'for running requests when the server stops',
    ),

    'upstream.url': setting(
      'text',
      upstreamUrl,
      'http://127.0.0.1:11434',
      'the model server that is guarded',
      { env: 'PORTCULLIS_UPSTREAM', flag: 'upstream' },
    ),
    'upstream.connect_timeout_ms': setting('number', milliseconds, 5_000, 'for the connection'),
    'upstream.headers_timeout_ms': setting(
      'number',
      milliseconds,
      300_000,
      'until the reply begins; one that does not stream is complete by then',
    ),
    'upstream.idle_timeout_ms': setting('number', milliseconds, 120_000, 'between two pieces of a reply'),
    'upstream.total_timeout_ms': setting('number', milliseconds, 600_000, 'for a whole reply'),
    'upstream.connections': setting(
      'number',
      z.int().min(1).max(65_535),
      1024,
      'connections at most; further requests wait',
    ),
    'upstream.headers': setting<Record<string, string>>(
      'map',
      extraHeaders(env),
      {},
      'sent with every request to the upstream',
    ),
    'upstream.allow': setting<string[]>('list', allowedRoutes, [], 'endpoints passed through UNJUDGED'),

    'guard.spec': setting('text', guardSpec, 'embedded', 'the guard model', {
      env: 'PORTCULLIS_GUARD',
      flag: 'guard',
    }),
    'guard.threads': setting(
      'number',
      z.int().min(1).max(1024),
      Math.min(MOST_DEFAULT_THREADS, availableParallelism()),
      'CPU threads for the guard model',
    ),
    'guard.context_tokens': setting(
      'number',
      z.int().min(512).max(1_048_576),
      4096,
      'context window of the guard model',
    ),
    'guard.gpu': setting(
      'boolean-or-text',
      gpu,
      false,
      'run the guard model on a GPU: auto, cuda, vulkan or metal',
    ),
    'guard.max_queue': setting(
      'number',
      z.int().min(1).max(1_000_000),
      1024,
      'judgements waiting or running; more are turned away',
    ),
    'guard.start_timeout_ms': setting('number', milliseconds, 600_000, 'for loading the guard model'),
    'guard.processes': setting(
      'number',
      z.int().min(1).max(64),
      1,
      'model processes; each holds the whole model',
    ),
    'guard.lanes': setting(
      'number',
      z.int().min(2).max(256),
      4,
      'conversations whose evaluated tokens are kept; each takes memory for a context',
    ),
    'guard.mmap': setting('boolean', z.boolean(), false, 'map the model file instead of reading it'),
    'guard.state': setting(
      'text',
      folder,
      'auto',
      'where evaluated guard prompts are kept over restarts: auto, off or a folder',
    ),
    'guard.family': setting(
      'text',
      z.enum(['auto', ...GUARD_FAMILIES]),
      'auto',
      'family of the guard model; auto reads it off the file',
    ),
    'guard.categories': setting<string[]>(
      'list',
      z
        .array(
          z
            .string()
            .regex(/^[A-Z]\d{1,2}$/)
            .describe('a category like S1'),
        )
        .max(99),
      [],
      'hazard categories that the guard model is asked about; empty: all it knows',
    ),
    'guard.taxonomy': setting(
      'text',
      z.string().describe('the path of a taxonomy file'),
      '',
      "a taxonomy file whose categories replace the guard model's own",
    ),
    'guard.cascade': setting(
      'text',
      z.string().describe('the path of a calibration file'),
      '',
      'a calibration by "eval --calibrate": the embedded guard answers where it is sure',
      { flag: 'cascade' },
    ),
    'guard.headers': setting<Record<string, string>>(
      'map',
      extraHeaders(env),
      {},
      'sent with every request to a remote guard',
    ),
    'guard.hedge_percentile': setting(
      'number',
      z.number().min(0).max(0.999),
      0.95,
      'a remote check slower than this share of the recent ones is sent twice; 0: never',
    ),

    'models.folder': setting('text', folder, 'auto', 'where downloaded model files are: auto or a folder'),
    'models.hub': setting('text', hubUrl, 'https://huggingface.co', 'the model hub', { env: 'HF_ENDPOINT' }),
    'models.token': setting('text', hubToken, '', 'your access token at the model hub', {
      env: 'HF_TOKEN',
    }),
    'models.download': setting(
      'boolean',
      z.boolean(),
      false,
      'serve may download the model file of an hf: guard',
    ),

    policy: setting('text', policy, 'default', 'what is done about what the guard finds', {
      env: 'PORTCULLIS_POLICY',
      flag: 'policy',
    }),

    'cache.max_bytes': setting(
      'number',
      z
        .int()
        .min(0)
        .max(64 * 1024 ** 3),
      32 * 1024 ** 2,
      'memory for remembered verdicts; 0 turns the cache off',
    ),
    'cache.ttl_ms': setting('number', milliseconds, HOUR, 'how long a verdict is believed'),

    'log.level': setting('text', z.enum(LOG_LEVELS), 'info', 'least weight of a line that is written', {
      flag: 'logLevel',
    }),
    'log.prompts': setting('boolean', z.boolean(), false, 'write prompts and replies into the log'),
  };
}

export type Settings = ReturnType<typeof createSettings>;
export type SettingKey = keyof Settings;
export type SettingValues = { [K in SettingKey]: z.output<Settings[K]['schema']> };

/** `server.host` -> `PORTCULLIS_HOST`, `guard.max_queue` -> `PORTCULLIS_GUARD_MAX_QUEUE`; no variable for maps. */
export function variableOf(key: string, { kind, env }: Setting<unknown>): string | undefined {
  if (kind === 'map') return undefined;
  return env ?? 'PORTCULLIS_' + key.toUpperCase().replaceAll('.', '_');
}
