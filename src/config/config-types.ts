/** The settings of a running Portcullis: complete, checked, frozen. `loadConfig` makes it. */

/** The words of the log's levels, from most to least; pino's. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** `false` is the CPU; the others need node-llama-cpp's package for that backend. */
export type GpuChoice = false | 'auto' | 'cuda' | 'vulkan' | 'metal';

export interface ServerConfig {
  /** Address to listen on. */
  readonly host: string;
  /** TCP port, 0-65535; 0 takes any free one. */
  readonly port: number;
  /** Larger request bodies are refused (413). */
  readonly bodyLimitBytes: number;
  /** A client has this long to send the headers of a request. */
  readonly headersTimeoutMs: number;
  /** A client has this long to send a whole request. */
  readonly requestTimeoutMs: number;
  /** An idle client connection is closed after this. */
  readonly keepAliveTimeoutMs: number;
  /** On SIGTERM, running requests may take this long before they are cut. */
  readonly shutdownGraceMs: number;
}

/** An endpoint that is passed through unjudged. */
export interface AllowedRoute {
  /** `GET`, `POST`, … */
  readonly method: string;
  /** Begins with `/`; a segment that begins with `:` stands for any one segment. */
  readonly path: string;
}

export interface UpstreamConfig {
  /** Base URL without a slash at its end; the request's path is appended to it. */
  readonly url: string;
  readonly connectTimeoutMs: number;
  /** Until the response's headers: a reply that does not stream has to be finished by then. */
  readonly headersTimeoutMs: number;
  /** Between two pieces of a response's body. */
  readonly idleTimeoutMs: number;
  /** For the whole response. */
  readonly totalTimeoutMs: number;
  /** Connections at most. */
  readonly connections: number;
  /** Sent with every request, in place of the client's header of that name. Names are lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly allow: readonly AllowedRoute[];
}

export interface GuardConfig {
  /** `embedded`, `gguf:PATH` (absolute here), `hf:…`, `openai:URL#MODEL`, `ollama:URL#MODEL`. */
  readonly spec: string;
  /** CPU threads for the guard model. */
  readonly threads: number;
  /** Context window in tokens. */
  readonly contextTokens: number;
  readonly gpu: GpuChoice;
  /** Judgements waiting or running at most; beyond it the answer is `unavailable(overloaded)`. */
  readonly maxQueue: number;
  /** For loading the model and answering the probes. */
  readonly startTimeoutMs: number;
}

export interface CacheConfig {
  /** Verdicts remembered (one takes about 1 KB); 0 turns the cache off. */
  readonly maxEntries: number;
}

export interface LogConfig {
  readonly level: LogLevel;
  /** True: prompts and replies are written into the log. */
  readonly prompts: boolean;
}

export interface SettingOrigin {
  /** The setting as the file names it: `server.body_limit_bytes`. */
  readonly key: string;
  /** The value that was given, secrets hidden. */
  readonly shown: unknown;
  readonly source: 'default' | 'file' | 'environment' | 'flag';
  /** The variable's or flag's name, or the file and line. */
  readonly detail: string;
  /** What the setting is, in a few words. */
  readonly about: string;
}

export interface ConfigOrigin {
  /** Absolute path of the file that was read, if any. */
  readonly file: string | undefined;
  /** Every setting, in the order of the documentation. */
  readonly settings: readonly SettingOrigin[];
}

export interface Config {
  readonly server: ServerConfig;
  readonly upstream: UpstreamConfig;
  readonly guard: GuardConfig;
  /** Absolute path of the policy file. */
  readonly policy: string;
  readonly cache: CacheConfig;
  readonly log: LogConfig;
  /** Where the values come from, for `config print` and the log. */
  readonly origin: ConfigOrigin;
}
