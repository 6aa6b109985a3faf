/** Ollama's `POST /api/chat`. */
import type { WireFormat } from '../../core/wire-format.js';
import type { FormatOptions } from '../clock.js';
import { createOllamaFormat } from '../ollama/format.js';
import { decodeFrame, toolCallsOf } from './reply.js';
import { decodeRequest } from './request.js';

export function createOllamaChat(options: FormatOptions = {}): WireFormat {
  return createOllamaFormat(
    'ollama-chat',
    decodeRequest,
    {
      decode: decodeFrame,
      textFields: (text) => ({ message: { role: 'assistant', content: text } }),
      countToolCalls: (message) => toolCallsOf(message).length,
    },
    options,
  );
}
