/**
 * A codec decodes frames that the gate may never release. To end a stream rightly it has to know what
 * the client has seen: without word of it, it assumes nothing, so every choice gets a role and an end.
 */
import type { ReplyFrame, StreamCodec } from '../core/wire-format.js';

export interface ReleaseAwareCodec extends StreamCodec {
  /** To be called for each frame that was sent to the client. */
  released(frame: ReplyFrame): void;
}
