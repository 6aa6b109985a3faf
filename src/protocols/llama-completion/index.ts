/** llama.cpp's own `POST /completion` (and `/completions`) and `POST /infill`. */
import type { JsonObject } from '../../core/json.js';
import type { DecodedRequest, WireFormat } from '../../core/wire-format.js';
import { replyBody } from '../array-reply.js';
import { factsObject } from '../facts.js';
import { errorBody } from '../llama-server/write.js';
import { field } from '../shape.js';
import { decodeWhole, lastCompletion } from './reply.js';
import { decodeCompletion, decodeInfill, MAX_CHOICES } from './request.js';
import { LlamaCompletionStream } from './stream.js';
import { refusal } from './write.js';

function createFormat(id: string, decodeRequest: (body: JsonObject) => DecodedRequest): WireFormat {
  return {
    id,
    framing: 'sse',
    terminator: undefined,
    ping: ': ping\n\n',
    decodeRequest,
    decodeReply: (body, request) =>
      decodeWhole(body, {
        choices: MAX_CHOICES,
        prompt: request === undefined ? undefined : field(request.body, 'prompt'),
        model: request?.model ?? '',
      }),
    replyBody,
    openStream: (request) => new LlamaCompletionStream(request),
    refusal,
    annotate: (reply, facts) => {
      const place = lastCompletion(reply);
      if (place !== undefined) place.portcullis = factsObject(facts);
    },
    error: errorBody,
  };
}

export function createLlamaCompletion(): WireFormat {
  return createFormat('llama-completion', decodeCompletion);
}

export function createLlamaInfill(): WireFormat {
  return createFormat('llama-infill', decodeInfill);
}
