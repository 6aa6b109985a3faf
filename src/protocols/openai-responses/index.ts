/** OpenAI's `POST /v1/responses`, which vLLM, llama.cpp and Ollama speak too. */
import { isJsonObject } from '../../core/json.js';
import type { WireFormat } from '../../core/wire-format.js';
import { systemClock, type FormatOptions } from '../clock.js';
import { factsObject } from '../facts.js';
import { requireObjectReply } from '../frame-builder.js';
import { errorBody } from '../openai-chat/write.js';
import { field } from '../shape.js';
import { decodeReply } from './reply.js';
import { decodeRequest } from './request.js';
import { OpenAiResponsesStream } from './stream.js';
import { refusal } from './write.js';

export function createOpenAiResponses(options: FormatOptions = {}): WireFormat {
  const clock = options.clock ?? systemClock;
  return {
    id: 'openai-responses',
    framing: 'sse',
    // Its streams end with `response.completed` or the like, and no `[DONE]`.
    terminator: undefined,
    eventName: (message) => {
      const type = field(message, 'type');
      return typeof type === 'string' ? type : undefined;
    },
    ping: ': ping\n\n',
    decodeRequest,
    decodeReply: (body, request) => decodeReply(requireObjectReply(body), request),
    openStream: (request) => new OpenAiResponsesStream(request, clock),
    refusal: (request, text, facts) => refusal(request, text, facts, clock),
    annotate: (reply, facts) => {
      // SDKs hand on the response of a stream's last event, not the event.
      const response = field(reply, 'response');
      (isJsonObject(response) ? response : reply).portcullis = factsObject(facts);
    },
    error: errorBody,
  };
}
