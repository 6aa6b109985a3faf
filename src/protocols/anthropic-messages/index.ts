/** Anthropic's `POST /v1/messages` and `/v1/messages/count_tokens`, which Ollama, llama.cpp and vLLM serve too. */
import type { JsonObject } from '../../core/json.js';
import type { WireFormat } from '../../core/wire-format.js';
import { systemClock, type FormatOptions } from '../clock.js';
import { factsObject } from '../facts.js';
import { requireObjectReply } from '../frame-builder.js';
import { field, isAbsent } from '../shape.js';
import { decodeCount, decodeCountRequest } from './count-tokens.js';
import { decodeMessage } from './reply.js';
import { decodeRequest } from './request.js';
import { AnthropicMessagesStream } from './stream.js';
import { errorBody, refusal } from './write.js';

export function createAnthropicMessages(options: FormatOptions = {}): WireFormat {
  const clock = options.clock ?? systemClock;
  return {
    id: 'anthropic-messages',
    framing: 'sse',
    terminator: undefined,
    eventName,
    ping: 'event: ping\ndata: {"type": "ping"}\n\n',
    decodeRequest,
    decodeReply: (body, request) => decodeMessage(requireObjectReply(body), request?.model ?? ''),
    openStream: (request) => new AnthropicMessagesStream(request, clock),
    refusal: (request, text, facts) => refusal(request, text, facts, clock),
    annotate: (reply, facts) => {
      reply.portcullis = factsObject(facts);
    },
    error: errorBody,
  };
}

/** Its replies do not stream, and a block is always an error. */
export function createAnthropicCountTokens(options: FormatOptions = {}): WireFormat {
  return {
    ...createAnthropicMessages(options),
    id: 'anthropic-count-tokens',
    decodeRequest: decodeCountRequest,
    decodeReply: (body) => decodeCount(requireObjectReply(body)),
  };
}

/** Anthropic's SDK goes by the event's name: an error that some server wrote without a type must have one. */
function eventName(message: JsonObject): string | undefined {
  const type = field(message, 'type');
  if (typeof type === 'string') return type;
  return isAbsent(field(message, 'error')) ? undefined : 'error';
}
