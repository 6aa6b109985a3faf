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
  /** Model processes; each holds the whole model. */
  readonly processes: number;
  /** Conversations whose evaluated tokens are kept, in each process; each takes memory for `contextTokens`. */
  readonly lanes: number;
  /** True: the file is mapped instead of read. Starts faster; may hold the weights twice in memory. */
  readonly mmap: boolean;
  /** Absolute path of the folder that keeps evaluated prompts over restarts; undefined: they are not kept. */
  readonly stateFolder: string | undefined;
  /** Family of the model; `auto` reads it off the file. */
  readonly family: string;
  /** Categories that the model is asked about; empty: all that its own prompt lists. */
  readonly categories: readonly string[];
  /** Absolute path of a taxonomy whose categories replace the model's own; undefined: none does. */
  readonly taxonomyFile: string | undefined;
  /** Absolute path of a calibration of the embedded guard against this one; undefined: this guard judges everything. */
  readonly cascadeFile: string | undefined;
  /** Sent with every request to a remote guard. Names are lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** A check by a remote guard that takes longer than this share of the recent ones is sent a second time; 0: never. */
  readonly hedgePercentile: number;
}

export interface ModelsConfig {
  /** Absolute path of the folder for downloaded model files. */
  readonly folder: string;
  /** Base URL of the model hub, without a slash at its end. */
  readonly hub: string;
  /** Sent to the hub as a bearer token; a secret. */
  readonly token: string | undefined;
  /** True: `serve` may download the file of an `hf:` guard. */
  readonly download: boolean;
}

export interface CacheConfig {
  /** Memory for remembered verdicts; 0 turns the cache off. */
  readonly maxBytes: number;
  /** Milliseconds that a verdict is believed. */
  readonly ttlMs: number;
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
  readonly models: ModelsConfig;
  /** Absolute path of the policy file. */
  readonly policy: string;
  readonly cache: CacheConfig;
  readonly log: LogConfig;
  /** Where the values come from, for `config print` and the log. */
  readonly origin: ConfigOrigin;
}
