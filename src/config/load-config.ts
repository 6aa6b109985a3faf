/** Puts the configuration together: defaults < file < environment < flags. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { GuardError } from '../core/errors.js';
import { parseAllowedRoute } from './allowed-route.js';
import type { AllowedRoute, Config, SettingOrigin } from './config-types.js';
import type { Environment } from './env-reference.js';
import { expandReferences, hideCredentials, redactSecret } from './env-reference.js';
import type { Layer } from './file-layer.js';
import { readFileLayer } from './file-layer.js';
import { policyPath } from './policy-path.js';
import type { Setting, SettingKey, SettingValues } from './settings.js';
import { createSettings } from './settings.js';
import { FILE_VARIABLE, readEnvironment, readFlags } from './text-layer.js';

/** Flags of the command line, as it hands them over; undefined ones are not set. */
export interface ConfigFlags {
  readonly config?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: string | number | undefined;
  readonly upstream?: string | undefined;
  readonly guard?: string | undefined;
  readonly cascade?: string | undefined;
  readonly policy?: string | undefined;
  readonly logLevel?: string | undefined;
}

export interface LoadOptions {
  /** Path of the configuration file; over `flags.config` and `PORTCULLIS_CONFIG`. */
  readonly file?: string | undefined;
  readonly flags?: ConfigFlags | undefined;
  /** Default: the process's own environment. */
  readonly env?: Environment | undefined;
  /** What relative paths in flags and variables start from. Default: the working directory. */
  readonly cwd?: string | undefined;
}

/** Read from the working directory when no file is named, if it is there. */
const DEFAULT_FILE = 'portcullis.yaml';

function findFile({ file, flags, cwd = process.cwd() }: LoadOptions, env: Environment): string | undefined {
  const variable = env[FILE_VARIABLE];
  const named = file ?? flags?.config ?? (variable === '' ? undefined : variable);
  if (named !== undefined) return resolve(cwd, named);
  const usual = join(cwd, DEFAULT_FILE);
  return existsSync(usual) ? usual : undefined;
}

/** A path inside a `gguf:` spec starts from where the spec was written. */
function absoluteSpec(spec: string, folder: string): string {
  return spec.startsWith('gguf:') ? 'gguf:' + resolve(folder, spec.slice('gguf:'.length)) : spec;
}

/** The routes of lines that have been checked. */
function routes(lines: readonly string[]): AllowedRoute[] {
  return lines.map(parseAllowedRoute).filter((route) => typeof route !== 'string');
}

/** Names in lower case, references to the environment replaced. */
function expandHeaders(headers: Readonly<Record<string, string>>, env: Environment): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, text]) => [name.toLowerCase(), expandReferences(text, env)]),
  );
}

/** The empty text stands for no path. */
function optionalPath(path: string, folder: string): string | undefined {
  return path === '' ? undefined : resolve(folder, path);
}

/** `auto` is a folder of that name where programs keep what they can make or fetch again (XDG base directories). */
function folderPath(setting: string, folder: string, name: string, env: Environment): string {
  if (setting !== 'auto') return resolve(folder, setting);
  const xdg = env.XDG_CACHE_HOME;
  const caches = xdg !== undefined && isAbsolute(xdg) ? xdg : join(homedir(), '.cache');
  return join(caches, 'portcullis', name);
}

function shown(key: string, value: unknown): unknown {
  if (key === 'models.token') return value === '' ? '' : '<redacted>';
  if (key === 'upstream.headers' || key === 'guard.headers')
    return Object.fromEntries(
      Object.entries(value as Record<string, string>).map(([name, text]) => [name, redactSecret(text)]),
    );
  if (key === 'guard.spec') return hideCredentials(String(value));
  return value;
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) deepFreeze(part);
  }
  return value;
}

/**
 * The complete configuration, frozen. Relative paths in the file start from the file's folder, those
 * in variables and flags from the working directory.
 * @throws GuardError('config_invalid') with every problem of the file, the environment and the flags
 */
export function loadConfig(options: LoadOptions = {}): Config {
  const { flags = {}, env = process.env, cwd = process.cwd() } = options;
  const settings = createSettings(env);
  const problems: string[] = [];
  const path = findFile(options, env);
  const file: Layer =
    path === undefined ? { values: new Map(), folder: cwd } : readFileLayer(path, settings, problems);
  const fromEnv = readEnvironment(env, settings, problems);
  const fromFlags = readFlags({ ...flags }, settings, problems);

  const values: Record<string, unknown> = {};
  const folders = new Map<string, string>();
  const origins: SettingOrigin[] = [];
  for (const [key, { fallback, about }] of Object.entries(settings) as [string, Setting<unknown>][]) {
    const [source, detail, value]: [SettingOrigin['source'], string, unknown] = fromFlags.values.has(key)
      ? ['flag', fromFlags.names.get(key) ?? '', fromFlags.values.get(key)]
      : fromEnv.values.has(key)
        ? ['environment', fromEnv.names.get(key) ?? '', fromEnv.values.get(key)]
        : file.values.has(key)
          ? ['file', path ?? '', file.values.get(key)]
          : ['default', '', fallback];
    values[key] = value;
    folders.set(key, source === 'file' ? file.folder : cwd);
    origins.push({ key, shown: shown(key, value), source, detail, about });
  }
  if (problems.length > 0)
    throw new GuardError('config_invalid', ['The configuration cannot be used:', ...problems].join('\n  '));

  const v = values as SettingValues;
  const folderOf = (key: SettingKey): string => folders.get(key) ?? cwd;
  return deepFreeze<Config>({
    server: {
      host: v['server.host'],
      port: v['server.port'],
      bodyLimitBytes: v['server.body_limit_bytes'],
      headersTimeoutMs: v['server.headers_timeout_ms'],
      requestTimeoutMs: v['server.request_timeout_ms'],
      keepAliveTimeoutMs: v['server.keep_alive_timeout_ms'],
      shutdownGraceMs: v['server.shutdown_grace_ms'],
    },
    upstream: {
      url: v['upstream.url'],
      connectTimeoutMs: v['upstream.connect_timeout_ms'],
      headersTimeoutMs: v['upstream.headers_timeout_ms'],
      idleTimeoutMs: v['upstream.idle_timeout_ms'],
      totalTimeoutMs: v['upstream.total_timeout_ms'],
      connections: v['upstream.connections'],
      headers: expandHeaders(v['upstream.headers'], env),
      allow: routes(v['upstream.allow']),
    },
    guard: {
      spec: absoluteSpec(v['guard.spec'], folderOf('guard.spec')),
      threads: v['guard.threads'],
      contextTokens: v['guard.context_tokens'],
      gpu: v['guard.gpu'],
      maxQueue: v['guard.max_queue'],
      startTimeoutMs: v['guard.start_timeout_ms'],
      processes: v['guard.processes'],
      lanes: v['guard.lanes'],
      mmap: v['guard.mmap'],
      stateFolder:
        v['guard.state'] === 'off'
          ? undefined
          : folderPath(v['guard.state'], folderOf('guard.state'), 'state', env),
      family: v['guard.family'],
      categories: v['guard.categories'],
      taxonomyFile: optionalPath(v['guard.taxonomy'], folderOf('guard.taxonomy')),
      cascadeFile: optionalPath(v['guard.cascade'], folderOf('guard.cascade')),
      headers: expandHeaders(v['guard.headers'], env),
      hedgePercentile: v['guard.hedge_percentile'],
    },
    models: {
      folder: folderPath(v['models.folder'], folderOf('models.folder'), 'models', env),
      hub: v['models.hub'],
      token: v['models.token'] === '' ? undefined : v['models.token'],
      download: v['models.download'],
    },
    policy: policyPath(v.policy, folderOf('policy')),
    cache: { maxBytes: v['cache.max_bytes'], ttlMs: v['cache.ttl_ms'] },
    log: { level: v['log.level'], prompts: v['log.prompts'] },
    origin: { file: path, settings: origins },
  });
}
