/** The guard as a library: the same engine as the proxy's, inside an application's own process. */
import { randomUUID } from 'node:crypto';
import { loadConfig, LOG_LEVELS, type Config, type LogLevel } from '../config/config.js';
import { GuardError } from '../core/errors.js';
import { createLog, type Log } from '../telemetry/index.js';
import { assessMessages, type ChatMessage, type GuardAssessment } from './assess-messages.js';
import { compose, type Portcullis } from './compose.js';
import { scanSource, type ScannedSource } from './guard-api/index.js';
import { createExpressMiddleware, type ExpressOptions, type GuardMiddleware } from './middleware/index.js';

export interface GuardOptions {
  /** `default`, `strict`, `monitor`, or the path of a policy file. */
  readonly policy?: string | undefined;
  /** `embedded` (default), `gguf:PATH`, `hf:…`, `openai:URL#MODEL`, `ollama:URL#MODEL`. */
  readonly guard?: string | undefined;
  /**
   * Path of a configuration file, the same as the proxy's; what it says of the server and the upstream
   * does not matter here. Without one, `portcullis.yaml` in the working directory is read if it is there.
   */
  readonly config?: string | undefined;
  /** CPU threads for the guard model, 1 to 1024. Default: the configuration's. */
  readonly threads?: number | undefined;
  /** A level, or a pino logger of the app's. Default: the configuration's level, else `warn`. */
  readonly log?: LogLevel | Log | undefined;
  /** False: `createGuard` does not wait for the model; until it is there, every verdict is `unavailable`. */
  readonly waitUntilReady?: boolean | undefined;
}

export interface CallOptions {
  /** Ends the work; the answer is then `unavailable` (`aborted`). */
  readonly signal?: AbortSignal | undefined;
}

export interface ScanCallOptions extends CallOptions {
  /** Says that the text is code of this language. Without it, code is looked for in the text. */
  readonly language?: string | undefined;
}

export interface Guard {
  /** Middleware that judges a request before the handler runs, and the handler's reply before it leaves. */
  readonly express: (options?: ExpressOptions) => GuardMiddleware;
  /** Judges a prompt, or a reply when the last message is the assistant's. See `assessMessages`. */
  readonly assess: (messages: readonly ChatMessage[], options?: CallOptions) => Promise<GuardAssessment>;
  /** Scans the code in a model's answer, or code itself. Never rejects. */
  readonly scan: (text: string, options?: ScanCallOptions) => Promise<ScannedSource>;
  /** Resolves once the guard has proven itself. Rejects with GuardError('guard_not_ready') if its first test failed. */
  readonly ready: () => Promise<void>;
  /** Counts in the Prometheus text format. */
  readonly metrics: () => Promise<string>;
  /** Frees the model. What is being judged becomes `unavailable`. */
  readonly close: () => Promise<void>;
}

/**
 * Starts a guard. Resolves once it answered its self-test rightly, so that an app without a guard fails
 * at its start and not at its first request.
 * @throws GuardError('config_invalid') on wrong options, configuration or policy;
 *   GuardError('guard_not_ready') when the guard does not load or fails its test
 */
export async function createGuard(options: GuardOptions = {}): Promise<Guard> {
  const config = configOf(options);
  const portcullis = await compose(config, { log: logOf(options, config), processMetrics: false });
  const guard = guardOf(portcullis);
  if (options.waitUntilReady === false) return guard;
  try {
    await guard.ready();
  } catch (error) {
    await guard.close();
    throw error;
  }
  return guard;
}

const OPTION_NAMES = ['policy', 'guard', 'config', 'threads', 'log', 'waitUntilReady'];
const MAX_THREADS = 1024;

function configOf(options: GuardOptions): Config {
  const unknown = Object.keys(options).find((name) => !OPTION_NAMES.includes(name));
  if (unknown !== undefined)
    throw new GuardError(
      'config_invalid',
      `createGuard() has no option "${unknown}"; it has ${OPTION_NAMES.join(', ')}.`,
    );
  const { policy, guard, config: file, threads } = options;
  const config = loadConfig({ file, flags: { policy, guard } });
  if (threads === undefined) return config;
  if (!Number.isInteger(threads) || threads < 1 || threads > MAX_THREADS)
    throw new GuardError(
      'config_invalid',
      `createGuard(): threads must be a whole number from 1 to ${MAX_THREADS}.`,
    );
  return { ...config, guard: { ...config.guard, threads } };
}

function logOf({ log }: GuardOptions, config: Config): Log {
  if (typeof log === 'object') return log;
  if (log !== undefined && !LOG_LEVELS.includes(log))
    throw new GuardError('config_invalid', `createGuard(): log must be one of ${LOG_LEVELS.join(', ')}.`);
  const { settings } = config.origin;
  // An app's own log is not to be filled with a line for each request unless somebody asked for it.
  const isSet = settings.some(({ key, source }) => key === 'log.level' && source !== 'default');
  const level = log ?? (isSet ? config.log.level : 'warn');
  return createLog({ level, prompts: config.log.prompts });
}

function guardOf(portcullis: Portcullis): Guard {
  const { readiness, metrics, config } = portcullis;
  const context = ({ signal }: CallOptions) => ({ requestId: `lib-${randomUUID()}`, signal });
  return {
    express: (options) =>
      createExpressMiddleware(portcullis, { bodyLimitBytes: config.server.bodyLimitBytes }, options),
    assess: (messages, options = {}) => assessMessages(portcullis, messages, context(options)),
    scan: (text, { language, ...options } = {}) =>
      scanSource(portcullis, language === undefined ? { text } : { code: text, language }, context(options)),
    async ready() {
      await readiness.firstTest;
      if (!readiness.proven) throw new GuardError('guard_not_ready', readiness.message);
    },
    metrics: () => metrics.text(),
    close: () => portcullis.close(),
  };
}
