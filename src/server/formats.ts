/** The wire format of each endpoint whose requests are judged. A new one also goes into policy/judged-routes.ts. */
import type { WireFormat } from '../core/wire-format.js';
import {
  anthropicCountTokens,
  anthropicMessages,
  ollamaChat,
  ollamaGenerate,
  openAiChat,
  openAiResponses,
  llamaApplyTemplate,
  llamaCompletion,
  llamaDetokenize,
  llamaEmbedding,
  llamaInfill,
  llamaTokenize,
  ollamaEmbed,
  ollamaEmbeddings,
  openAiCompletions,
  openAiEmbeddings,
} from '../protocols/index.js';
import type { CHAT_ROUTES } from './routes.js';

export const FORMATS: Readonly<Record<(typeof CHAT_ROUTES)[number], WireFormat>> = {
  '/v1/chat/completions': openAiChat,
  '/v1/responses': openAiResponses,
  '/api/chat': ollamaChat,
  '/api/generate': ollamaGenerate,
  '/v1/messages': anthropicMessages,
  '/v1/messages/count_tokens': anthropicCountTokens,
  '/v1/completions': openAiCompletions,
  '/v1/embeddings': openAiEmbeddings,
  '/api/embed': ollamaEmbed,
  '/api/embeddings': ollamaEmbeddings,
  '/completion': llamaCompletion,
  '/completions': llamaCompletion,
  '/infill': llamaInfill,
  '/embedding': llamaEmbedding,
  '/embeddings': llamaEmbedding,
  '/tokenize': llamaTokenize,
  '/detokenize': llamaDetokenize,
  '/apply-template': llamaApplyTemplate,
};
