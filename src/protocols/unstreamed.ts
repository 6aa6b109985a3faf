/** Formats of endpoints that never stream and whose replies only programs read: numbers, tokens, templates. */
import { GuardError } from '../core/errors.js';
import type { JsonObject } from '../core/json.js';
import type { Framing, StreamCodec, WireFormat } from '../core/wire-format.js';
import { replyBody, unwrapArray } from './array-reply.js';
import { ConversationBuilder } from './conversation-builder.js';
import { factsObject } from './facts.js';
import { malformed } from './frame-builder.js';
import { expected, field, isAbsent, readModel } from './shape.js';

export interface UnstreamedParts {
  readonly id: string;
  /** `ndjson` also says that bodies of any content type are read, as Ollama does; nothing is framed. */
  readonly framing: Framing;
  /** Takes the request's text. Throws GuardError('invalid_request'). */
  readonly read: (builder: ConversationBuilder, body: JsonObject) => void;
  readonly decodeReply: WireFormat['decodeReply'];
  readonly error: WireFormat['error'];
  readonly replyLimitBytes?: number;
}

export function createUnstreamedFormat(parts: UnstreamedParts): WireFormat {
  const { id, framing, read, decodeReply, error, replyLimitBytes } = parts;
  return {
    id,
    framing,
    terminator: undefined,
    decodeRequest(body) {
      const builder = new ConversationBuilder(body);
      refuseStream(body);
      read(builder, body);
      const model = readModel(body);
      builder.coverage.metadata(body, ['model']);
      return {
        conversation: builder.build(),
        model,
        stream: false,
        choices: 1,
        // A refusal has no place in numbers: a block is an error.
        structured: true,
        body,
      };
    },
    decodeReply,
    replyLimitBytes,
    replyBody,
    openStream: () => noStream(error),
    refusal: (_request, text, facts) =>
      error(new GuardError('content_policy_violation', text), facts.requestId),
    annotate: (reply, facts) => {
      if (unwrapArray(reply) === undefined) reply.portcullis = factsObject(facts);
    },
    error,
  };
}

function refuseStream(body: JsonObject): void {
  const stream = field(body, 'stream');
  if (!isAbsent(stream) && stream !== false)
    throw expected('stream', 'false or absent, because this endpoint does not stream', stream);
}

function noStream(error: WireFormat['error']): StreamCodec {
  return {
    decode() {
      throw malformed('a stream where none was asked for');
    },
    released: () => undefined,
    notice: () => [],
    finish: () => [],
    error,
    complete: false,
  };
}
