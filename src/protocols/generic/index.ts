/**
 * For the Express middleware in front of a handler with a format of its own: JSON in, JSON, SSE or plain
 * text out. The caller finds out which by the content type.
 */
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.js';
import type { DecodedRequest, ReplyFrame, WireFormat } from '../../core/wire-format.js';
import { systemClock, type FormatOptions } from '../clock.js';
import { factsObject } from '../facts.js';
import { encodeMessage, encodeTextEvent } from '../framing/encode.js';
import { errorBody, refusal as openAiRefusal } from '../openai-chat/write.js';
import { decodeObject, decodeText, decodeValue, unwrap } from './reply.js';
import { decodeRequest, looksLikeOpenAi } from './request.js';
import { GenericStream } from './stream.js';

export interface GenericFormat extends WireFormat {
  openStream(request: DecodedRequest): GenericStream;
  /** A plain-text body. The frame's JSON is `{text}`. */
  decodeText(text: string): ReplyFrame;
  /** A JSON body that is no object. The frame's JSON is `{value}`. */
  decodeValue(value: JsonValue): ReplyFrame;
  /** A frame's JSON as an SSE event: plain text where it came as plain text. */
  encodeEvent(json: JsonObject, event?: string): string;
  /** A frame's JSON as a body: plain text, or the JSON of what was decoded. */
  encodeBody(json: JsonObject): string;
}

export function createGeneric(options: FormatOptions = {}): GenericFormat {
  const clock = options.clock ?? systemClock;
  return {
    id: 'generic',
    framing: 'sse',
    terminator: undefined,
    decodeRequest,
    decodeReply: (body) => (isJsonObject(body) ? decodeObject(body) : decodeValue(body)),
    decodeText,
    decodeValue,
    openStream: (request) => new GenericStream(request, clock),
    refusal: (request, text, facts) =>
      looksLikeOpenAi(request)
        ? openAiRefusal(request, text, facts, clock)
        : { text, finish_reason: 'content_filter', portcullis: factsObject(facts) },
    annotate: (reply, facts) => {
      // `{text}` and `{value}` only stand for something that has no room for more.
      if (unwrap(reply).text === undefined) reply.portcullis = factsObject(facts);
    },
    error: errorBody,
    encodeEvent: (json, event) => {
      const { text } = unwrap(json);
      return text === undefined ? encodeMessage('sse', json, event) : encodeTextEvent(text, event);
    },
    encodeBody: (json) => {
      const content = unwrap(json);
      return content.text ?? JSON.stringify(content.value);
    },
  };
}
