/** One way of talking to a model server: which requests, and what their answers mean. */
import type { JsonObject } from '../../../core/json.js';
import type { ChatMessage } from './outgoing-messages.js';

/** One token of an answer, with what else could have stood there. */
export interface AnswerToken {
  readonly text: string;
  /** Natural logarithm of its probability. */
  readonly logprob: number;
  /** The likeliest tokens of this place. */
  readonly top: readonly { readonly text: string; readonly logprob: number }[];
}

export interface ChatAnswer {
  readonly text: string;
  /** Undefined where the server tells no probabilities. */
  readonly tokens: readonly AnswerToken[] | undefined;
  /** Of the whole prompt, as the server counts; 0 when it does not tell. */
  readonly promptTokens: number;
  /** Of these, not evaluated again. */
  readonly cachedTokens: number;
}

export interface ChatQuestion {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  /** Tokens that the answer may have. */
  readonly answerTokens: number;
  /** Likeliest tokens to tell of each place, 1 to 20; 0: none. */
  readonly topLogprobs: number;
  readonly contextTokens: number;
}

export interface Dialect {
  readonly chatPath: string;
  readonly listPath: string;
  /** The path of a base URL without what `chatPath` begins with, no slash at its end. */
  basePath(url: URL): string;
  chatBody(question: ChatQuestion): JsonObject;
  /** A request to `chatPath` that makes the server load the model; undefined: its models are always loaded. */
  loadBody(question: Pick<ChatQuestion, 'model' | 'contextTokens'>): JsonObject | undefined;
  /** Undefined when this is no chat answer of this kind. */
  readChat(body: JsonObject): ChatAnswer | undefined;
  /** Names of the models that the server has; undefined when this is no such list. */
  readModels(body: JsonObject): string[] | undefined;
  sameModel(listed: string, wanted: string): boolean;
  /** What to do about a model that the server does not have. */
  adviceForMissing(model: string): string;
}

/** A list of tokens as OpenAI writes it; Ollama's has the same fields. Undefined when anything is not as it should be. */
export function readTokens(list: unknown): AnswerToken[] | undefined {
  if (!Array.isArray(list) || list.length === 0) return undefined;
  const tokens: AnswerToken[] = [];
  for (const entry of list as unknown[]) {
    const token = readToken(entry);
    const top: unknown = (entry as { top_logprobs?: unknown } | null)?.top_logprobs ?? [];
    if (token === undefined || !Array.isArray(top)) return undefined;
    const others = (top as unknown[]).map(readToken);
    tokens.push({ ...token, top: others.filter((other) => other !== undefined) });
  }
  return tokens;
}

function readToken(entry: unknown): { text: string; logprob: number } | undefined {
  if (typeof entry !== 'object' || entry === null) return undefined;
  const { token, logprob } = entry as { token?: unknown; logprob?: unknown };
  if (typeof token !== 'string' || typeof logprob !== 'number' || !(logprob <= 1e-3)) return undefined;
  return { text: token, logprob };
}

/** A count of tokens; anything else is 0: it is only bookkeeping. */
export function readCount(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : 0;
}
