/** An upstream's body as frames of its wire format. */
import { GuardError, toGuardError } from '../../core/errors.js';
import type { DecodedRequest, ReplyFrame, StreamCodec, WireFormat } from '../../core/wire-format.js';
import { createFrameDecoder, parseJsonStrict, type FramedMessage } from '../../protocols/index.js';
import type { UpstreamResponse } from './upstream.js';

/** A whole reply is held in memory until it is judged; no chat reply comes near this, but numbers do. */
const MAX_REPLY_BYTES = 32 * 1024 * 1024;

/**
 * The frames of a stream, each time all that came at once. Throws GuardError('upstream_interrupted') when
 * the body ends before the format says so: a truncated reply must not look like a complete one.
 */
export async function* frameBatches(
  response: UpstreamResponse,
  format: WireFormat,
  codec: StreamCodec,
): AsyncGenerator<readonly ReplyFrame[], undefined> {
  const decoder = createFrameDecoder(format.framing);
  const { body } = response;
  let failed = false;
  let terminated = false;
  let ended = false;
  try {
    while (!terminated && !ended) {
      const next = await body.next();
      ended = next.done === true;
      const batch = decodeBatch(next.done === true ? decoder.end() : decoder.push(next.value), codec);
      terminated = batch.terminated;
      failed ||= batch.frames.some(({ isError }) => isError);
      if (batch.frames.length > 0) yield batch.frames;
      if (batch.fault !== undefined) throw batch.fault;
    }
  } finally {
    if (terminated) response.release();
    else response.discard();
  }
  if (!codec.complete && !failed)
    throw new GuardError('upstream_interrupted', 'The model server ended its answer before it was complete.');
  return undefined;
}

/** The same, one by one. */
export async function* streamedFrames(
  response: UpstreamResponse,
  format: WireFormat,
  codec: StreamCodec,
): AsyncGenerator<ReplyFrame> {
  for await (const frames of frameBatches(response, format, codec)) yield* frames;
}

interface Batch {
  readonly frames: readonly ReplyFrame[];
  readonly terminated: boolean;
  /** Why the message after the last frame is none; what came before it is the reply so far. */
  readonly fault: GuardError | undefined;
}

function decodeBatch(messages: readonly FramedMessage[], codec: StreamCodec): Batch {
  const frames: ReplyFrame[] = [];
  for (const message of messages) {
    if (message.kind === 'terminator') return { frames, terminated: true, fault: undefined };
    if (message.kind === 'text') continue; // only decoders made for plain text have them
    try {
      frames.push(codec.decode(message.json));
    } catch (thrown) {
      return { frames, terminated: false, fault: toGuardError(thrown) };
    }
  }
  return { frames, terminated: false, fault: undefined };
}

/** The one frame of a reply that does not stream. Throws GuardError('upstream_malformed'). */
export async function wholeFrame(
  response: UpstreamResponse,
  format: WireFormat,
  request: DecodedRequest,
): Promise<ReplyFrame> {
  const chunks: Uint8Array[] = [];
  const limit = format.replyLimitBytes ?? MAX_REPLY_BYTES;
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.length;
    if (size > limit)
      throw new GuardError('upstream_malformed', `The model server's answer has more than ${limit} bytes.`);
    chunks.push(chunk);
  }
  let json;
  try {
    const [first] = chunks;
    json = parseJsonStrict(chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks));
  } catch (error) {
    throw new GuardError('upstream_malformed', 'The model server answered with something that is no JSON.', {
      cause: error,
    });
  }
  return format.decodeReply(json, request);
}
