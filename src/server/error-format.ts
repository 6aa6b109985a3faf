import type { WireFormat } from '../core/wire-format.js';
import { ollamaChat, openAiChat } from '../protocols/index.js';

/** Errors on a path are told in the words of the API that the path belongs to: Ollama's, else OpenAI's. */
export function errorFormat(path: string): Pick<WireFormat, 'error'> {
  return path.startsWith('/api/') ? ollamaChat : openAiChat;
}
