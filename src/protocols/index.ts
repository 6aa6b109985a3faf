/** The wire formats, and the reading and writing of their messages. */
import { createAnthropicCountTokens, createAnthropicMessages } from './anthropic-messages/index.js';
import { createGeneric } from './generic/index.js';
import { createLlamaCompletion, createLlamaInfill } from './llama-completion/index.js';
import { createLlamaEmbedding } from './llama-embedding/index.js';
import {
  createLlamaApplyTemplate,
  createLlamaDetokenize,
  createLlamaTokenize,
} from './llama-tokens/index.js';
import { createOllamaChat } from './ollama-chat/index.js';
import { createOllamaEmbed, createOllamaEmbeddings } from './ollama-embed/index.js';
import { createOllamaGenerate } from './ollama-generate/index.js';
import { createOpenAiChat } from './openai-chat/index.js';
import { createOpenAiResponses } from './openai-responses/index.js';
import { createOpenAiCompletions } from './openai-completions/index.js';
import { createOpenAiEmbeddings } from './openai-embeddings/index.js';

export { createAnthropicCountTokens, createAnthropicMessages } from './anthropic-messages/index.js';
export { createGeneric, type GenericFormat } from './generic/index.js';
export { createLlamaCompletion, createLlamaInfill } from './llama-completion/index.js';
export { createLlamaEmbedding } from './llama-embedding/index.js';
export {
  createLlamaApplyTemplate,
  createLlamaDetokenize,
  createLlamaTokenize,
} from './llama-tokens/index.js';
export { createOllamaChat } from './ollama-chat/index.js';
export { createOllamaEmbed, createOllamaEmbeddings } from './ollama-embed/index.js';
export { createOllamaGenerate } from './ollama-generate/index.js';
export { createOpenAiChat } from './openai-chat/index.js';
export { createOpenAiResponses } from './openai-responses/index.js';
export { createOpenAiCompletions } from './openai-completions/index.js';
export { createOpenAiEmbeddings } from './openai-embeddings/index.js';
export { systemClock, type Clock, type FormatOptions } from './clock.js';
export { parseJsonStrict, type ParseJsonOptions } from './json.js';
export * as framing from './framing/index.js';
export {
  createFrameDecoder,
  encodeMessage,
  encodeTerminator,
  encodeTextEvent,
  streamContentType,
  type FrameDecoder,
  type FrameDecoderOptions,
  type FramedMessage,
} from './framing/index.js';

export const openAiChat = createOpenAiChat();
export const openAiResponses = createOpenAiResponses();
export const ollamaChat = createOllamaChat();
export const ollamaGenerate = createOllamaGenerate();
export const anthropicMessages = createAnthropicMessages();
export const anthropicCountTokens = createAnthropicCountTokens();
export const openAiCompletions = createOpenAiCompletions();
export const openAiEmbeddings = createOpenAiEmbeddings();
export const ollamaEmbed = createOllamaEmbed();
export const ollamaEmbeddings = createOllamaEmbeddings();
export const llamaCompletion = createLlamaCompletion();
export const llamaInfill = createLlamaInfill();
export const llamaEmbedding = createLlamaEmbedding();
export const llamaTokenize = createLlamaTokenize();
export const llamaDetokenize = createLlamaDetokenize();
export const llamaApplyTemplate = createLlamaApplyTemplate();
export const generic = createGeneric();
