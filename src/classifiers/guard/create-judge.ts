/** From a `--guard SPEC` to a judge. The only place that knows which classes of judges there are. */
import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { GuardError } from '../../core/errors.js';
import type { Judge } from '../../core/judge.js';
import { createRemoteJudge } from './backends/remote-judge.js';
import { createEmbeddedJudge } from './embedded/embedded-judge.js';
import { openEmbeddedFiles } from './embedded-judge-files.js';
import { createHostedEncoder } from './hosted-encoder.js';
import { silentLog, type GuardLog } from './guard-log.js';
import { createFailedJudge } from './failed-judge.js';
import type { HostedJudge } from './hosted-judge.js';
import { inspectGuardFile } from './guard-file.js';
import { createLlamaGuardJudge } from './llama-guard/llama-guard-judge.js';
import { resolveModelFile, type ResolveModelOptions } from './model-files/index.js';
import { GgufError } from './native/gguf-header.js';
import { createHostPool } from './native/host-pool.js';
import { createNativeHost, type NativeHost } from './native/native-host.js';
import type { GpuChoice, PromptChoice, SessionKind } from './native/protocol.js';
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
  /** Model processes of a local Llama Guard; they share `threads`. Default 1. */
  readonly processes?: number | undefined;
  /** Where `hf:` models are, and whether they may be downloaded; needed for these only. */
  readonly models?: Pick<ResolveModelOptions, 'folder' | 'hub' | 'token' | 'download'> | undefined;
  /** Ends a download. */
  readonly signal?: AbortSignal | undefined;
  /** Sent to a remote guard; names in lower case. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** A remote check slower than this share of the recent ones is sent a second time; 0: never. Default 0.95. */
  readonly hedgePercentile?: number | undefined;
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
 * Rejects with GuardError('config_invalid') for a model that was not downloaded, and for settings that this
 * kind of guard cannot follow.
 */
export async function createJudge(spec: JudgeSpec, options: CreateJudgeOptions): Promise<HostedJudge> {
  if (spec.kind !== 'gguf' && spec.kind !== 'hf') refusePromptChoice(spec, options.prompt);
  switch (spec.kind) {
    case 'gguf':
      return createGgufJudge(resolve(spec.path), options);
    case 'hf':
      return createPulledJudge(spec, options);
    case 'embedded':
      return createHostedEmbeddedJudge(options);
    case 'openai':
    case 'ollama':
      return createRemoteJudge(spec, { ...options, family: options.prompt?.family });
  }
}

/** What the operator asked for must not be passed over in silence: only a local model's prompt is ours to change. */
function refusePromptChoice(spec: JudgeSpec, choice: PromptChoice | undefined): void {
  if (choice === undefined || (choice.categories.length === 0 && choice.taxonomy === undefined)) return;
  throw new GuardError(
    'config_invalid',
    `guard.categories and guard.taxonomy change the prompt of a local guard model (gguf: or hf:); ${
      spec.kind === 'embedded'
        ? 'the embedded guard has no prompt'
        : `on ${formatJudgeSpec(spec)} the server makes the prompt`
    }. Leave them out, and set the categories' thresholds and actions in the policy.`,
  );
}

async function createPulledJudge(
  spec: Extract<JudgeSpec, { kind: 'hf' }>,
  options: CreateJudgeOptions,
): Promise<HostedJudge> {
  const { models, log = silentLog, signal = new AbortController().signal } = options;
  if (models === undefined)
    throw new GuardError('config_invalid', `There is no folder of models for ${formatJudgeSpec(spec)}.`);
  try {
    return await createGgufJudge(await resolveModelFile(spec, { ...models, log, signal }), options);
  } catch (error) {
    // The hub may be back later: the server stays up and says what is missing.
    if (!(error instanceof GuardError) || error.code !== 'guard_unavailable') throw error;
    log('error', error.message);
    return createFailedJudge({ id: 'llama-guard', taxonomy: 'mlcommons-v0.5' }, error.message);
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

/** So many sentences are embedded side by side, each on one thread: more than there are cores gain nothing. */
function encoderThreads(threads: number): number {
  return Math.max(1, Math.min(threads, availableParallelism()));
}

async function createGgufJudge(modelPath: string, options: CreateJudgeOptions): Promise<HostedJudge> {
  const { log = silentLog, contextTokens = 4096, massFloor = 0.5, gpu = false } = options;
  const { threads, processes = 1, prompt = OWN_PROMPT } = options;
  let file;
  try {
    file = await inspectGuardFile(modelPath);
  } catch (error) {
    if (!(error instanceof GgufError)) throw error;
    log('error', error.message);
    return createFailedJudge({ id: 'llama-guard', taxonomy: 'mlcommons-v0.5' }, error.message);
  }
  const host = createHostPool<'llama-guard'>(
    {
      kind: 'llama-guard',
      modelPath,
      // The processes share the cores.
      threads: Math.max(1, Math.floor(threads / processes)),
      gpu,
      contextTokens,
      massFloor,
      lanes: options.lanes ?? 4,
      mmap: options.mmap ?? false,
      stateFolder: options.stateFolder,
      modelFingerprint: file.fingerprint,
      prompt,
    },
    { ...options, processes },
  );
  const judge = createLlamaGuardJudge({
    host,
    expected: file.family ?? { id: 'llama-guard-2', taxonomy: 'mlcommons-v0.5' },
    fingerprint: `${file.fingerprint}-c${contextTokens}-m${massFloor}${promptMark(prompt)}`,
    log,
  });
  return withHost(judge, host);
}

const OWN_PROMPT: PromptChoice = { family: undefined, categories: [], taxonomy: undefined };

/** Asked about other things, the same model gives other answers. */
function promptMark(prompt: PromptChoice): string {
  const text = JSON.stringify(prompt);
  if (text === JSON.stringify(OWN_PROMPT)) return '';
  return `-p${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
}

/** Adds the host's state to a judge. Getters are kept: a judge's id may change once its model is loaded. */
function withHost(
  judge: Judge,
  host: Pick<NativeHost<SessionKind>, 'state' | 'pid' | 'pids' | 'stats' | 'ready'>,
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
    get pids() {
      return host.pids;
    },
    get stats() {
      return host.stats;
    },
  };
}
