/** The wire formats, and the reading and writing of their messages. */
import { createOpenAiChat } from './openai-chat/index.js';

export { createOpenAiChat } from './openai-chat/index.js';
export { systemClock, type Clock, type FormatOptions } from './clock.js';
export { parseJsonStrict, type ParseJsonOptions } from './json.js';
export type { ReleaseAwareCodec } from './stream-release.js';
export * as framing from './framing/index.js';
export {
  createFrameDecoder,
  encodeMessage,
  encodeTerminator,
  encodeTextEvent,
  streamContentType,
  type FrameDecoder,
  type FrameDecoderOptions,
  type FramedMessage,
} from './framing/index.js';

export const openAiChat = createOpenAiChat();
