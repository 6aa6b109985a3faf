/** The context of a loaded model, cut into lanes. */
import { getModuleVersion, type Llama, type LlamaContext, type LlamaModel, type Token } from 'node-llama-cpp';
import type { GuardRole } from '../../../core/conversation.js';
import { fileMark } from '../native/file-mark.js';
import type { LlamaGuardSpec } from '../native/protocol.js';
import { createLanePool } from './lane-pool.js';
import { createLane, type Lane } from './lane.js';
import { createPrefixKeeper, policyPrefix, type PolicyPrefix } from './policy-prefix.js';
import type { PromptBuilder } from './prompt-builder.js';
import { openStateFiles, StateLoadError } from './state-files.js';

/**
 * Tokens between two looks at the caller's signal. Each chunk reads all weights from memory once, so large
 * ones are cheaper for a token (docs/performance.md), and late to stop: about a second on a 1B model and two
 * threads, more on larger ones. GPUs take large bites at no cost in lateness.
 */
const CHUNK = { smallOnCpu: 256, largeOnCpu: 128, gpu: 512 };
/** Bytes of weights from which a model is large: about 3B parameters at four bits. */
const LARGE = 2 * 1024 ** 3;

export interface GuardLanes {
  /** How many calls may use a lane at one time. */
  readonly parallel: number;
  /**
   * Runs `work` with the lane that is best for the prompt; it holds the policy of the role.
   * `prepared` is how many tokens were evaluated for that beforehand.
   * Rejects with the signal's reason after an abort, and as `work` does; what a fault leaves behind is thrown away.
   */
  use<R>(
    role: GuardRole,
    tokens: readonly Token[],
    signal: AbortSignal,
    work: (lane: Lane, prepared: number) => Promise<R>,
  ): Promise<R>;
  /** What could not be kept, and why, since the last time; for the log. */
  takeNotes(): string[];
  /** The native parts go with the model; this removes the files. */
  dispose(): Promise<void>;
}

export interface GuardLanesOptions {
  readonly llama: Llama;
  readonly model: LlamaModel;
  readonly builder: PromptBuilder<Token>;
  readonly spec: LlamaGuardSpec;
  readonly contextTokens: number;
}

/** Rejects where the context cannot be opened. */
export async function openGuardLanes(options: GuardLanesOptions): Promise<GuardLanes> {
  const { llama, model, builder, spec, contextTokens } = options;
  // What was found, not what was asked for: `auto` may be the CPU.
  const onCpu = llama.gpu === false;
  const chunkOnCpu = model.size < LARGE ? CHUNK.smallOnCpu : CHUNK.largeOnCpu;
  const chunkTokens = onCpu ? chunkOnCpu : CHUNK.gpu;
  const prompt = (messages: Parameters<typeof builder.tokens>[0]): Token[] => builder.tokens(messages);
  const prefixes: Record<GuardRole, PolicyPrefix> = {
    User: policyPrefix(prompt, 'User'),
    Agent: policyPrefix(prompt, 'Agent'),
  };
  const files = await openStateFiles(spec.stateFolder);
  const notes: string[] = [];
  if (files.refusal !== undefined)
    notes.push(
      spec.stateFolder === undefined
        ? `The policy is evaluated for each lane, because there is no temporary folder to keep it in: ${files.refusal}.`
        : `The evaluated policy is not kept over restarts, because ${spec.stateFolder} cannot be used: ${files.refusal}.`,
    );
  const { llamaCppRelease } = llama;
  let told = false;
  const prefixKeeper = createPrefixKeeper(
    files,
    [
      spec.modelFingerprint,
      // The fingerprint is of the file that the proxy saw; this process may have loaded one that took its place.
      fileMark(spec.modelPath) ?? '',
      await getModuleVersion(),
      `${llamaCppRelease.repo} ${llamaCppRelease.release}`,
      `${process.platform} ${process.arch}`,
      llama.gpu,
      contextTokens,
      chunkTokens,
    ],
    (why) => {
      if (!told) notes.push(`The evaluated policy could not be kept: ${why}`);
      told = true;
    },
  );

  let context: LlamaContext | undefined;
  const pool = createLanePool<Lane, Token>({
    async open() {
      await context?.dispose();
      context = await model.createContext({
        contextSize: contextTokens,
        sequences: spec.lanes,
        batchSize: chunkTokens,
        threads: spec.threads,
        // Models with a sliding window could not go back to a shorter prompt otherwise.
        swaFullCache: true,
      });
      const lanes: Lane[] = [];
      for (let index = 0; index < spec.lanes; index++)
        lanes.push(
          createLane(
            context.getSequence({
              contextShift: {
                strategy() {
                  // Prompts are measured beforehand. Were one to slip through, llama.cpp must not make room by dropping the policy.
                  throw new Error('The prompt outgrew the context.');
                },
              },
            }),
            { chunkTokens, capacity: contextTokens, fillTile: onCpu },
          ),
        );
      return lanes;
    },
    fixedEnding: (role) => prefixes[role].ending,
    isSound: (error, signal) => signal.aborted && error === signal.reason,
  });
  await pool.open();

  function usePrepared<R>(
    role: GuardRole,
    tokens: readonly Token[],
    signal: AbortSignal,
    work: (lane: Lane, prepared: number) => Promise<R>,
  ): Promise<R> {
    const prefix = prefixes[role];
    return pool.use({ role, tokens, prefix: prefix.tokens.length }, signal, async (lane) => {
      const prepared = await prefixKeeper.prepare(lane, prefix, signal);
      return work(lane, prepared);
    });
  }

  return {
    // On a CPU, merged evaluations take as long as one after another, and everybody waits for all of them.
    parallel: onCpu ? 1 : spec.lanes,
    async use(role, tokens, signal, work) {
      try {
        return await usePrepared(role, tokens, signal, work);
      } catch (error) {
        if (!(error instanceof StateLoadError)) throw error;
        notes.push('A kept policy could not be loaded and was removed; it is evaluated again.');
        return usePrepared(role, tokens, signal, work);
      }
    },
    takeNotes: () => notes.splice(0),
    dispose: () => files.dispose(),
  };
}
