/** The wire format of each endpoint whose requests are judged. A new one also goes into policy/judged-routes.ts. */
import type { WireFormat } from '../core/wire-format.js';
import {
  anthropicCountTokens,
  anthropicMessages,
  ollamaChat,
  ollamaGenerate,
  openAiChat,
} from '../protocols/index.js';
import type { CHAT_ROUTES } from './routes.js';

export const FORMATS: Readonly<Record<(typeof CHAT_ROUTES)[number], WireFormat>> = {
  '/v1/chat/completions': openAiChat,
  '/api/chat': ollamaChat,
  '/api/generate': ollamaGenerate,
  '/v1/messages': anthropicMessages,
  '/v1/messages/count_tokens': anthropicCountTokens,
};
