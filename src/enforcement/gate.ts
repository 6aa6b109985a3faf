/**
 * The gate between a reply and its reader. In every stream mode but `monitor` it holds frames until each
 * piece of them has been judged, and releases them whole and in order; see docs/gate.md.
 */
import type { ReplyFrame } from '../core/wire-format.js';
import { createFrameSource } from './frame-source.js';
import type { GateOptions, GateResult } from './gate-options.js';
import { HoldingGate } from './holding-gate.js';
import { WatchingGate } from './watching-gate.js';

export type { GateOptions, GateResult } from './gate-options.js';
export { GateViolation, type Progress, type Violation } from './ledger.js';
export { MAX_AHEAD, MAX_FRAMES_AHEAD, MAX_FRAMES_HELD, MAX_HELD } from './limits.js';

/**
 * Yields the frames that may go to the client. The caller writes each before it asks for the next, so
 * a slow client slows the upstream down. Ending the generator early ends the source and the review.
 * Throws GateViolation where text would have left before its verdict.
 */
export async function* gateReply(
  frames: AsyncIterable<ReplyFrame>,
  options: GateOptions,
): AsyncGenerator<ReplyFrame, GateResult> {
  const { policy, streamed } = options;
  const source = createFrameSource(frames);
  const watches = streamed && policy.stream.mode === 'monitor';
  const gate = watches ? new WatchingGate(source, options) : new HoldingGate(source, options);
  try {
    return yield* gate.run();
  } finally {
    gate.report();
    options.review.close();
    await source.close();
  }
}
