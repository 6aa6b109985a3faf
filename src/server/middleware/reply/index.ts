/** Chooses how a handler's reply is read. */
import type { BodyKind } from '../media-type.js';
import type { ReadRequest } from '../read-request.js';
import { JsonReply } from './json-reply.js';
import { MessageStream } from './message-stream.js';
import type { ReplyReader } from './reply-reader.js';
import { TextReply } from './text-reply.js';

export { MessageStream } from './message-stream.js';
export type { ReplyReader } from './reply-reader.js';

/** @param hasLength the handler knew the reply's length, so it had the whole of it */
export function createReplyReader(
  kind: Exclude<BodyKind, 'opaque'>,
  read: ReadRequest,
  hasLength: boolean,
): ReplyReader {
  switch (kind) {
    case 'sse':
    case 'ndjson':
      return new MessageStream(kind, read);
    case 'json':
      return new JsonReply(read);
    case 'text':
      return new TextReply(!hasLength);
  }
}
