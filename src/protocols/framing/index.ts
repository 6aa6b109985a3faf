/** Bytes to messages and back, for both framings. */
import type { Framing } from '../../core/wire-format.js';
import { createNdjsonDecoder } from './ndjson.js';
import { createSseDecoder } from './sse.js';
import type { FrameDecoder, FrameDecoderOptions } from './types.js';

export { createNdjsonDecoder } from './ndjson.js';
export { createSseDecoder } from './sse.js';
export { encodeMessage, encodeTerminator, encodeTextEvent, streamContentType } from './encode.js';
export { DEFAULT_MAX_MESSAGE_LENGTH } from './types.js';
export type { FrameDecoder, FrameDecoderOptions, FramedMessage } from './types.js';

/** A decoder for one stream. */
export function createFrameDecoder(framing: Framing, options: FrameDecoderOptions = {}): FrameDecoder {
  return framing === 'sse' ? createSseDecoder(options) : createNdjsonDecoder(options);
}
