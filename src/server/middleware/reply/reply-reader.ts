/** The seam between the ways in which a handler's reply is read and written again. */
import type { GuardError } from '../../../core/errors.js';
import type { ReplyFacts, ReplyFrame } from '../../../core/wire-format.js';

/** State of one reply. */
export interface ReplyReader {
  /** False: the reply is one frame, and nothing is sent before it was judged whole. */
  readonly streamed: boolean;
  /** Throws GuardError('upstream_malformed' | 'upstream_interrupted' | 'unjudgeable_content'). */
  frames(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<ReplyFrame>;
  /** A released frame as it goes out. */
  encode(frame: ReplyFrame): string;
  /** A frame is about to be sent. */
  released(frame: ReplyFrame): void;
  /** Writes the facts into the reply's last frame, where its format has room. */
  annotate(frame: ReplyFrame, facts: ReplyFacts): void;
  /** What ends a complete reply. */
  end(): string;
  /** The policy's words in place of the rest, and the reply's end. */
  refusal(text: string, facts: ReplyFacts): string;
  /** An error in place of the rest; for replies that stream. */
  failure(error: GuardError, requestId: string): string;
  /** The content type of `refusal` when it is all that is sent; undefined: the handler's own. */
  readonly refusalType: string | undefined;
}
