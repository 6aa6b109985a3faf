/** OpenAI's `POST /v1/chat/completions`, which vLLM, llama.cpp and Ollama speak too. */
import type { WireFormat } from '../../core/wire-format.js';
import { systemClock, type FormatOptions } from '../clock.js';
import { factsObject } from '../facts.js';
import { requireObjectReply } from '../frame-builder.js';
import { decodeFrame } from './reply.js';
import { decodeRequest } from './request.js';
import { OpenAiChatStream } from './stream.js';
import { errorBody, refusal } from './write.js';

/** Whole replies are decoded without their request; this is the largest `n` that requests may have. */
const MAX_CHOICES = 16;

export function createOpenAiChat(options: FormatOptions = {}): WireFormat {
  const clock = options.clock ?? systemClock;
  return {
    id: 'openai-chat',
    framing: 'sse',
    terminator: '[DONE]',
    ping: ': ping\n\n',
    decodeRequest,
    decodeReply: (body, request) =>
      decodeFrame(requireObjectReply(body), {
        messageField: 'message',
        choices: MAX_CHOICES,
        model: request?.model ?? '',
      }),
    openStream: (request) => new OpenAiChatStream(request, clock),
    refusal: (request, text, facts) => refusal(request, text, facts, clock),
    annotate: (reply, facts) => {
      reply.portcullis = factsObject(facts);
    },
    error: errorBody,
  };
}
