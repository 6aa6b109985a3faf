/** OpenAI's legacy `POST /v1/completions`, which vLLM, llama.cpp and Ollama speak too. */
import type { WireFormat } from '../../core/wire-format.js';
import { systemClock, type FormatOptions } from '../clock.js';
import { factsObject } from '../facts.js';
import { requireObjectReply } from '../frame-builder.js';
import { errorBody } from '../openai-chat/write.js';
import { decodeFrame } from './reply.js';
import { decodeRequest, MAX_CHOICES } from './request.js';
import { OpenAiCompletionsStream } from './stream.js';
import { refusal } from './write.js';

export function createOpenAiCompletions(options: FormatOptions = {}): WireFormat {
  const clock = options.clock ?? systemClock;
  return {
    id: 'openai-completions',
    framing: 'sse',
    terminator: '[DONE]',
    ping: ': ping\n\n',
    decodeRequest,
    decodeReply: (body, request) => {
      const model = request?.model ?? '';
      return decodeFrame(requireObjectReply(body), { choices: MAX_CHOICES, whole: true, model });
    },
    openStream: (request) => new OpenAiCompletionsStream(request, clock),
    refusal: (request, text, facts) => refusal(request, text, facts, clock),
    annotate: (reply, facts) => {
      reply.portcullis = factsObject(facts);
    },
    error: errorBody,
  };
}
