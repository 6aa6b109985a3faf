/** A Llama Guard in a model process: loads the GGUF, builds prompts by its own template, has them judged. */
import { createHash } from 'node:crypto';
import { InsufficientMemoryError, type LlamaModel, type Token } from 'node-llama-cpp';
import { openLlama } from '../native/llama.js';
import {
  MAX_TOKEN_CHARACTERS,
  type CallOutcome,
  type LlamaGuardAnswer,
  type LlamaGuardSpec,
  type Sessions,
} from '../native/protocol.js';
import { SessionLoadError, type Session } from '../native/session.js';
import { openGuardLanes } from './guard-lanes.js';
import { promptBuilderFor } from './model-prompts.js';
import { MAX_PIECES, overflowPieces } from './overflow-pieces.js';
import { PromptChoiceError, type PromptBuilder } from './prompt-builder.js';
import { ANSWER_TOKENS, createPromptJudge, type JudgedPrompt, type TokenCount } from './prompt-judge.js';
import { worstOf } from './worst-piece.js';

/** Judged pieces of long messages that are remembered: a message that grows is cut at the same places. */
const REMEMBERED_PIECES = 256;

type Request = Sessions['llama-guard']['request'];
type Outcome = CallOutcome<LlamaGuardAnswer>;

export async function openLlamaGuardSession(spec: LlamaGuardSpec): Promise<Session<'llama-guard'>> {
  const llama = await openLlama(spec.gpu, spec.threads);
  const model = await llama.loadModel({ modelPath: spec.modelPath, useMmap: spec.mmap }).catch(explainLoad);
  const builder = openPromptBuilder(spec, model);
  const { family } = builder;
  const contextTokens = Math.min(spec.contextTokens, model.trainContextSize);
  const limit = contextTokens - ANSWER_TOKENS;
  const overhead = Math.max(
    ...(['User', 'Agent'] as const).map((role) => builder.tokens([{ role, text: '' }]).length),
  );
  if (overhead >= limit)
    throw new SessionLoadError(
      `The guard's context of ${contextTokens} tokens is too small: its prompt alone needs ${overhead + ANSWER_TOKENS}. Raise the guard's context.`,
      true,
    );
  const lanes = await openGuardLanes({ llama, model, builder, spec, contextTokens }).catch(explainLoad);
  const promptJudge = createPromptJudge(model, builder, spec.massFloor);
  const remembered = new Map<string, JudgedPrompt>();

  /** The prompts that the conversation is judged by: one, or pieces of it. */
  async function promptsFor(
    { messages, overflow }: Request,
    signal: AbortSignal,
  ): Promise<readonly (readonly Token[])[] | Outcome> {
    const characters = messages.reduce((sum, { text }) => sum + text.length, 0);
    const hopeless = characters > contextTokens * MAX_TOKEN_CHARACTERS;
    const whole = hopeless ? undefined : builder.tokens(messages);
    if (whole !== undefined && whole.length <= limit) return [whole];
    if (overflow === 'refuse')
      return unavailable(
        'context_overflow',
        whole === undefined
          ? `The conversation has ${characters} characters; they cannot fit the guard's ${contextTokens} tokens.`
          : `The conversation needs ${whole.length} tokens with the guard's prompt; ${limit} fit.`,
      );
    const pieces = await overflowPieces(messages, {
      tokens: (part) => builder.tokens(part),
      limit,
      maxTokenCharacters: MAX_TOKEN_CHARACTERS,
      signal,
    });
    return (
      pieces ??
      unavailable(
        'context_overflow',
        `The last message has ${messages.at(-1)?.text.length ?? 0} characters; it would have to be judged in more than ${MAX_PIECES} pieces.`,
      )
    );
  }

  async function answer(request: Request, signal: AbortSignal): Promise<Outcome> {
    const last = request.messages.at(-1);
    if (last === undefined) return unavailable('internal', 'There is no message to judge.');
    const prompts = await promptsFor(request, signal);
    if ('status' in prompts) return prompts;
    const keys = prompts.map((prompt) =>
      // The last piece still grows; so does a conversation that is judged whole.
      prompt === prompts.at(-1) ? undefined : pieceKey(prompt, request.categoriesFrom),
    );
    const done = keys.map((key) => (key === undefined ? undefined : remembered.get(key)));
    const [next] = prompts.filter((_, index) => done[index] === undefined);
    const spent: TokenCount = { evaluated: 0, cached: 0 };
    const judgeAll = async (
      judge: (prompt: readonly Token[]) => ReturnType<typeof promptJudge.judge>,
    ): Promise<Outcome> => {
      const judged: JudgedPrompt[] = [];
      for (const [index, prompt] of prompts.entries()) {
        const key = keys[index];
        let piece = done[index];
        if (piece === undefined) {
          const outcome = await judge(prompt);
          if (outcome.status === 'off_format') return unavailable('off_format', outcome.detail);
          piece = outcome.judged;
          if (key !== undefined) remember(key, piece);
        }
        // An unsafe piece does not end this: the next may hold a category that the policy minds more.
        judged.push(piece);
      }
      const { notes, ...worst } = worstOf(judged);
      return {
        status: 'done',
        value: {
          ...worst,
          notes: [...lanes.takeNotes(), ...notes],
          tokensEvaluated: spent.evaluated,
          tokensCached: Math.max(0, spent.cached),
        },
      };
    };
    return lanes.use(last.role, next ?? [], signal, (lane, prepared) => {
      spent.evaluated += prepared;
      // What was evaluated for this call was not found.
      spent.cached -= prepared;
      return judgeAll((prompt) => promptJudge.judge(lane, prompt, request.categoriesFrom, spent, signal));
    });
  }

  function remember(key: string, piece: JudgedPrompt): void {
    for (const oldest of remembered.keys()) {
      if (remembered.size < REMEMBERED_PIECES) break;
      remembered.delete(oldest);
    }
    remembered.set(key, piece);
  }

  return {
    facts: {
      family: family.id,
      taxonomy: family.taxonomy,
      categoryIds: family.categoryIds,
      contextTokens,
      parallel: lanes.parallel,
    },
    call: answer,
    async dispose() {
      await lanes.dispose();
      await llama.dispose();
    },
  };
}

function pieceKey(prompt: readonly Token[], categoriesFrom: number): string {
  return createHash('sha256').update(`${categoriesFrom} `).update(Uint32Array.from(prompt)).digest('base64');
}

function openPromptBuilder(spec: LlamaGuardSpec, model: LlamaModel): PromptBuilder<Token> {
  const template: unknown = model.fileInfo.metadata.tokenizer.chat_template;
  if (typeof template !== 'string' || template === '') throw notAGuard(spec, 'it has no chat template');
  try {
    return promptBuilderFor(model, template, spec.prompt);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    if (error instanceof PromptChoiceError)
      throw new SessionLoadError(`The guard ${spec.modelPath} cannot be asked that way: ${why}`, true, error);
    throw notAGuard(spec, why, error);
  }
}

function notAGuard(spec: LlamaGuardSpec, why: string, cause?: unknown): SessionLoadError {
  return new SessionLoadError(
    `${spec.modelPath} does not look like a Llama Guard: ${why}. Use a GGUF of Llama Guard 2 or 3 (docs/llama-guard.md), or --guard embedded.`,
    true,
    cause,
  );
}

/** Says what can be done where llama.cpp only says that it failed. */
function explainLoad(error: unknown): never {
  if (error instanceof InsufficientMemoryError)
    throw new SessionLoadError(
      `There is not enough memory for the guard model: ${error.message} Use a smaller quantization, a smaller context, or --guard embedded.`,
      false,
      error,
    );
  throw error;
}

function unavailable(
  reason: Extract<CallOutcome<never>, { status: 'unavailable' }>['reason'],
  detail: string,
): CallOutcome<never> {
  return { status: 'unavailable', reason, detail };
}
