/** What the framing layer hands on: whole messages, never bytes. */
import type { JsonObject } from '../../core/json.js';

/** One message of a stream. */
export type FramedMessage =
  | {
      readonly kind: 'json';
      readonly json: JsonObject;
      /** The SSE `event:` field, if the server sent one. */
      readonly event?: string;
    }
  /** Data that is no JSON object; only from decoders made with `plainText`. */
  | { readonly kind: 'text'; readonly text: string; readonly event?: string }
  /** The `[DONE]` of OpenAI's streams. Whatever follows it is dropped. */
  | { readonly kind: 'terminator' };

/**
 * Cuts a byte stream into messages. One decoder a stream; after it threw it must not be used again.
 * The messages are the same however the bytes are split over `push` calls.
 */
export interface FrameDecoder {
  /** Throws GuardError('upstream_malformed') on bytes that are not of this framing. */
  push(bytes: Uint8Array): FramedMessage[];
  /** The upstream closed the stream. Throws GuardError('upstream_interrupted') when a message is cut off. */
  end(): FramedMessage[];
}

export interface FrameDecoderOptions {
  /** Largest message in UTF-16 units. Default 8 Mi; a longer one is `upstream_malformed`. */
  readonly maxMessageLength?: number;
  /** SSE only: data that is no JSON object comes out as `text` instead of being an error. Default false. */
  readonly plainText?: boolean;
}

export const DEFAULT_MAX_MESSAGE_LENGTH = 8 * 1024 * 1024;
