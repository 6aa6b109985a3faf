/** From a `--guard SPEC` to a judge. The only place that knows which classes of judges there are. */
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { GuardError } from '../../core/errors.js';
import type { Judge } from '../../core/judge.js';
import { createEmbeddedJudge } from './embedded/embedded-judge.js';
import { openEmbeddedFiles } from './embedded-judge-files.js';
import { createHostedEncoder } from './hosted-encoder.js';
import { silentLog, type GuardLog } from './guard-log.js';
import { createFailedJudge } from './failed-judge.js';
import type { HostedJudge } from './hosted-judge.js';
import { inspectGuardFile } from './guard-file.js';
import { createLlamaGuardJudge } from './llama-guard/llama-guard-judge.js';
import { GgufError } from './native/gguf-header.js';
import { createNativeHost, type HostState } from './native/native-host.js';
import type { GpuChoice, PromptChoice } from './native/protocol.js';
import { formatJudgeSpec, type JudgeSpec } from './spec.js';

export interface CreateJudgeOptions {
  /** Where the embedded guard's files are. */
  readonly modelsDir: string;
  /** CPU threads for the model, at least 1. */
  readonly threads: number;
  /** Tokens a Llama Guard prompt and its answer may have; more costs memory. Default 4096. */
  readonly contextTokens?: number | undefined;
  /** Conversations whose evaluated tokens are kept; default 4. */
  readonly lanes?: number | undefined;
  /** Default false. */
  readonly mmap?: boolean | undefined;
  /** Default: evaluated prompts are not kept over restarts. */
  readonly stateFolder?: string | undefined;
  /** Default: the model's own prompt. */
  readonly prompt?: PromptChoice | undefined;
  /** Default false: CPU. */
  readonly gpu?: GpuChoice | undefined;
  /** Checks that may wait or run at once; more are `unavailable(overloaded)`. Default 64. */
  readonly maxQueue?: number | undefined;
  /** Below this share of probability on `safe` and `unsafe`, a Llama Guard has no verdict. Default 0.5. */
  readonly massFloor?: number | undefined;
  /** Default 10 minutes. */
  readonly loadTimeoutMs?: number | undefined;
  readonly log?: GuardLog | undefined;
}

/**
 * Returns as soon as the file has been looked at; the model loads in the background. A file that
 * cannot be used gives a judge that is `unavailable(load_failed)` and says why in its state.
 * Rejects with GuardError('config_invalid') only for specs this version cannot serve at all.
 */
export async function createJudge(spec: JudgeSpec, options: CreateJudgeOptions): Promise<HostedJudge> {
  switch (spec.kind) {
    case 'gguf':
      return createGgufJudge(resolve(spec.path), options);
    case 'embedded':
      return createHostedEmbeddedJudge(options);
    case 'hf':
    case 'openai':
    case 'ollama':
      throw new GuardError(
        'config_invalid',
        `The guard "${formatJudgeSpec(spec)}" is not in this version yet; use gguf:PATH with a downloaded file, or embedded.`,
      );
  }
}

async function createHostedEmbeddedJudge(options: CreateJudgeOptions): Promise<HostedJudge> {
  const { log = silentLog, modelsDir, threads } = options;
  let files;
  try {
    files = await openEmbeddedFiles(modelsDir);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const message = `The embedded guard cannot be loaded: ${why}`;
    log('error', message);
    return createFailedJudge({ id: 'embedded', taxonomy: 'mlcommons-v0.5' }, message);
  }
  const host = createNativeHost<'encoder'>(
    { kind: 'encoder', modelPath: files.encoderPath, threads: encoderThreads(threads), gpu: false },
    options,
  );
  const encoder = createHostedEncoder(host, files.encoderFingerprint);
  return withHost(createEmbeddedJudge({ encoder, head: files.head }), host);
}

/**
 * llama.cpp's threads wait for each other by spinning. A small model waits more than it computes as soon
 * as another process wants a core (here: the proxy), so one core is left alone.
 */
function encoderThreads(threads: number): number {
  return Math.max(1, Math.min(threads, availableParallelism() - 1));
}

async function createGgufJudge(modelPath: string, options: CreateJudgeOptions): Promise<HostedJudge> {
  const { log = silentLog, contextTokens = 4096, massFloor = 0.5, gpu = false, threads } = options;
  let file;
  try {
    file = await inspectGuardFile(modelPath);
  } catch (error) {
    if (!(error instanceof GgufError)) throw error;
    log('error', error.message);
    return createFailedJudge({ id: 'llama-guard', taxonomy: 'mlcommons-v0.5' }, error.message);
  }
  const host = createNativeHost<'llama-guard'>(
    {
      kind: 'llama-guard',
      modelPath,
      threads,
      gpu,
      contextTokens,
      massFloor,
      lanes: options.lanes ?? 4,
      mmap: options.mmap ?? false,
      stateFolder: options.stateFolder,
      modelFingerprint: file.fingerprint,
      prompt: options.prompt ?? { family: undefined, categories: [], taxonomy: undefined },
    },
    options,
  );
  const judge = createLlamaGuardJudge({
    host,
    expected: file.family ?? { id: 'llama-guard-2', taxonomy: 'mlcommons-v0.5' },
    fingerprint: `${file.fingerprint}-c${contextTokens}-m${massFloor}`,
    log,
  });
  return withHost(judge, host);
}

/** Adds the host's state to a judge. Getters are kept: a judge's id may change once its model is loaded. */
function withHost(
  judge: Judge,
  host: { readonly state: HostState; readonly pid: number | undefined; ready(): Promise<void> },
): HostedJudge {
  return {
    get id() {
      return judge.id;
    },
    get taxonomy() {
      return judge.taxonomy;
    },
    fingerprint: judge.fingerprint,
    get queueDepth() {
      return judge.queueDepth;
    },
    assess: (request, assessOptions) => judge.assess(request, assessOptions),
    openStream: (request) => judge.openStream(request),
    close: () => judge.close(),
    ready: () => host.ready(),
    get state() {
      return host.state;
    },
    get pid() {
      return host.pid;
    },
  };
}
