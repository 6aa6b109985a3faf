import type { WireFormat } from '../core/wire-format.js';
import { anthropicMessages, llamaCompletion, ollamaChat, openAiChat } from '../protocols/index.js';
import { LLAMA_ROUTES } from './routes.js';

const LLAMA_PATHS: ReadonlySet<string> = new Set(LLAMA_ROUTES);

/** Errors on a path are told in the words of the API that the path belongs to: Ollama's, Anthropic's, llama.cpp's, else OpenAI's. */
export function errorFormat(path: string): Pick<WireFormat, 'error'> {
  if (path === '/v1/messages' || path.startsWith('/v1/messages/')) return anthropicMessages;
  if (LLAMA_PATHS.has(path)) return llamaCompletion;
  return path.startsWith('/api/') ? ollamaChat : openAiChat;
}
