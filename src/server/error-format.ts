import type { WireFormat } from '../core/wire-format.js';
import { anthropicMessages, ollamaChat, openAiChat } from '../protocols/index.js';

/** Errors on a path are told in the words of the API that the path belongs to: Ollama's, Anthropic's, else OpenAI's. */
export function errorFormat(path: string): Pick<WireFormat, 'error'> {
  if (path === '/v1/messages' || path.startsWith('/v1/messages/')) return anthropicMessages;
  return path.startsWith('/api/') ? ollamaChat : openAiChat;
}
