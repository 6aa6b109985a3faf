/** Puts one of Ollama's formats together from what is its own. */
import type { JsonObject } from '../../core/json.js';
import type { DecodedRequest, WireFormat } from '../../core/wire-format.js';
import { systemClock, type FormatOptions } from '../clock.js';
import { factsObject } from '../facts.js';
import { requireObjectReply } from '../frame-builder.js';
import { OllamaStream, type OllamaStreamShape } from './stream.js';
import { contentFilterEnd, errorBody } from './write.js';

export function createOllamaFormat(
  id: string,
  decodeRequest: (body: JsonObject) => DecodedRequest,
  shape: OllamaStreamShape,
  options: FormatOptions,
): WireFormat {
  const clock = options.clock ?? systemClock;
  return {
    id,
    framing: 'ndjson',
    terminator: undefined,
    decodeRequest,
    decodeReply: (body, request) =>
      shape.decode(requireObjectReply(body), { toolCallsBefore: 0, model: request?.model ?? '' }),
    openStream: (request) => new OllamaStream(request, shape, clock),
    refusal: (request, text, facts) => ({
      model: request.model,
      created_at: clock.now().toISOString(),
      ...shape.textFields(text),
      ...contentFilterEnd(facts),
    }),
    annotate: (reply, facts) => {
      reply.portcullis = factsObject(facts);
    },
    error: errorBody,
  };
}
