/** The wire formats, and the reading and writing of their messages. */
import { createAnthropicCountTokens, createAnthropicMessages } from './anthropic-messages/index.js';
import { createGeneric } from './generic/index.js';
import { createOllamaChat } from './ollama-chat/index.js';
import { createOllamaGenerate } from './ollama-generate/index.js';
import { createOpenAiChat } from './openai-chat/index.js';

export { createAnthropicCountTokens, createAnthropicMessages } from './anthropic-messages/index.js';
export { createGeneric, type GenericFormat } from './generic/index.js';
export { createOllamaChat } from './ollama-chat/index.js';
export { createOllamaGenerate } from './ollama-generate/index.js';
export { createOpenAiChat } from './openai-chat/index.js';
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
export const ollamaChat = createOllamaChat();
export const ollamaGenerate = createOllamaGenerate();
export const anthropicMessages = createAnthropicMessages();
export const anthropicCountTokens = createAnthropicCountTokens();
export const generic = createGeneric();
