/** A Llama Guard in a model process: loads the GGUF, builds prompts by its own template, reads verdicts. */
import { InsufficientMemoryError, type LlamaContext, type LlamaModel, type Token } from 'node-llama-cpp';
import type { GuardMessage, GuardRole } from '../../../core/conversation.js';
import { openLlama } from '../native/llama.js';
import type { CallOutcome, LlamaGuardAnswer, LlamaGuardSpec } from '../native/protocol.js';
import { SessionLoadError, type Session } from '../native/session.js';
import { parseCategoryLine } from './category-line.js';
import { createLane, type Lane, type LaneReading } from './lane.js';
import { promptBuilderFor } from './model-prompts.js';
import { PromptChoiceError, type PromptBuilder } from './prompt-builder.js';
import { readVerdict, shareOf, type Reading } from './reading.js';

/** Room behind a prompt: line breaks before the verdict, the verdict, and the list of categories. */
const ANSWER_TOKENS = 64;
const MAX_NEWLINES = 2;
/** No token of a Llama vocabulary stands for more; what is longer need not be tokenized to know that it does not fit. */
const MAX_TOKEN_CHARACTERS = 256;
/** Tokens between two looks at the caller's signal. GPUs take large bites at no cost in lateness. */
const CHUNK = { cpu: 64, gpu: 512 };

type Read = (prompt: readonly Token[], watched: readonly Token[]) => Promise<LaneReading>;

interface Judged {
  readonly reading: Reading | undefined;
  /** The prompt, with the line breaks that were passed over. */
  readonly prompt: readonly Token[];
}

export async function openLlamaGuardSession(spec: LlamaGuardSpec): Promise<Session<'llama-guard'>> {
  const llama = await openLlama(spec.gpu, spec.threads);
  const model = await llama.loadModel({ modelPath: spec.modelPath }).catch(explainLoad);
  const builder = openPromptBuilder(spec, model);
  const { family } = builder;
  const safe = singleToken(spec, model, family.words.safe);
  const unsafe = singleToken(spec, model, family.words.unsafe);
  const newlines = ['\n', '\n\n'].flatMap((text) => {
    const tokens = model.tokenize(text, false);
    return tokens.length === 1 ? tokens : [];
  });
  const watched = [safe, unsafe, ...newlines];

  const contextTokens = Math.min(spec.contextTokens, model.trainContextSize);
  const overhead = builder.tokens([{ role: 'User', text: '' }]).length + ANSWER_TOKENS;
  if (overhead >= contextTokens)
    throw new SessionLoadError(
      `The guard's context of ${contextTokens} tokens is too small: its prompt alone needs ${overhead}. Raise the guard's context.`,
      true,
    );
  const chunkTokens = spec.gpu === false ? CHUNK.cpu : CHUNK.gpu;
  let context: LlamaContext;
  /** The prompt's beginning names the role it judges, so each role keeps its own cached prefix. */
  let lanes: Record<GuardRole, Lane>;
  await openLanes();

  async function openLanes(): Promise<void> {
    context = await model
      .createContext({
        contextSize: contextTokens,
        sequences: 2,
        batchSize: chunkTokens,
        threads: spec.threads,
      })
      .catch(explainLoad);
    const lane = (): Lane =>
      createLane(
        context.getSequence({
          contextShift: {
            strategy() {
              // Prompts are measured beforehand. Were one to slip through, llama.cpp must not make room by dropping the policy.
              throw new Error('The prompt outgrew the context.');
            },
          },
        }),
        chunkTokens,
      );
    lanes = { User: lane(), Agent: lane() };
  }

  /** Reads the verdict, passing over the line breaks that a model may write first. */
  async function judge(read: Read, tokens: readonly Token[]): Promise<Judged> {
    let prompt = tokens;
    for (let newlineCount = 0; ; newlineCount++) {
      const { logits, best } = await read(prompt, watched);
      const reading = readVerdict(logits, safe, unsafe);
      const held = reading !== undefined && reading.mass >= spec.massFloor;
      const newline = newlines.includes(best) && shareOf(logits, newlines) >= spec.massFloor;
      if (held || !newline || newlineCount === MAX_NEWLINES) return { reading, prompt };
      prompt = [...prompt, best];
    }
  }

  /** What the model goes on to write after `unsafe`. */
  async function writeCategories(read: Read, prompt: readonly Token[]): Promise<string> {
    const written: Token[] = [];
    const room = ANSWER_TOKENS - MAX_NEWLINES - 1;
    while (written.length < room) {
      const { best } = await read([...prompt, unsafe, ...written], []);
      if (model.isEogToken(best)) break;
      written.push(best);
    }
    return model.detokenize(written);
  }

  async function answer(
    messages: readonly GuardMessage[],
    categoriesFrom: number,
    signal: AbortSignal,
  ): Promise<CallOutcome<LlamaGuardAnswer>> {
    const last = messages.at(-1);
    if (last === undefined) return unavailable('internal', 'There is no message to judge.');
    const characters = messages.reduce((sum, { text }) => sum + text.length, 0);
    if (characters > contextTokens * MAX_TOKEN_CHARACTERS)
      return unavailable(
        'context_overflow',
        `The conversation has ${characters} characters; they cannot fit the guard's ${contextTokens} tokens.`,
      );
    const tokens = builder.tokens(messages);
    if (tokens.length + ANSWER_TOKENS > contextTokens)
      return unavailable(
        'context_overflow',
        `The conversation needs ${tokens.length} tokens with the guard's prompt; ${contextTokens - ANSWER_TOKENS} fit.`,
      );
    let tokensEvaluated = 0;
    let tokensCached: number | undefined;
    const read: Read = async (prompt, wanted) => {
      const result = await lanes[last.role].read(prompt, wanted, signal);
      tokensEvaluated += result.evaluated;
      // Later reads of this call find this call's own tokens: only the first finds what others left.
      tokensCached ??= result.cached;
      return result;
    };
    const { reading, prompt } = await judge(read, tokens);
    if (reading === undefined)
      return unavailable('off_format', 'The guard gave no finite numbers for "safe" and "unsafe".');
    if (reading.mass < spec.massFloor)
      return unavailable(
        'off_format',
        `The guard put only ${(reading.mass * 100).toFixed(1)}% on "safe" or "unsafe", below ${spec.massFloor * 100}%.`,
      );
    const line =
      reading.score >= categoriesFrom
        ? parseCategoryLine(await writeCategories(read, prompt), known)
        : { ids: [], notes: [] };
    return {
      status: 'done',
      value: {
        ...reading,
        categories: line.ids.map((id) => ({ id, score: reading.score })),
        notes: line.notes,
        tokensEvaluated,
        tokensCached: tokensCached ?? 0,
      },
    };
  }

  const known = family.categoryIds;
  return {
    facts: { family: family.id, taxonomy: family.taxonomy, categoryIds: known, contextTokens, parallel: 1 },
    async call({ messages, categoriesFrom }, signal) {
      try {
        return await answer(messages, categoriesFrom, signal);
      } catch (error) {
        // After an abort between chunks the lanes are sound; after anything else nobody knows what the cache holds.
        if (!signal.aborted) {
          await context.dispose();
          await openLanes();
        }
        throw error;
      }
    },
    dispose: () => llama.dispose(),
  };
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

function singleToken(spec: LlamaGuardSpec, model: LlamaModel, word: string): Token {
  const [token, ...more] = model.tokenize(word, false);
  if (token === undefined || more.length > 0)
    throw notAGuard(spec, `its vocabulary has no single token "${word}"`);
  return token;
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
