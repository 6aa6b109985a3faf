/** An upstream's body as frames of its wire format. */
import { GuardError } from '../../core/errors.js';
import type { ReplyFrame, StreamCodec, WireFormat } from '../../core/wire-format.js';
import { createFrameDecoder, parseJsonStrict, type FramedMessage } from '../../protocols/index.js';
import type { UpstreamResponse } from './upstream.js';

/** A whole reply is held in memory until it is judged; no chat reply comes near this. */
const MAX_REPLY_BYTES = 32 * 1024 * 1024;
/** After the format's end the connection is worth keeping only if the server ends the body soon. */
const LINGER_MS = 1_000;

/**
 * Throws GuardError('upstream_interrupted') when the body ends before the format says so: a truncated
 * reply must not look like a complete one.
 */
export async function* streamedFrames(
  response: UpstreamResponse,
  format: WireFormat,
  codec: StreamCodec,
): AsyncGenerator<ReplyFrame> {
  const decoder = createFrameDecoder(format.framing);
  const bytes: AsyncIterator<Uint8Array, undefined> = response.body[Symbol.asyncIterator]();
  const seen = { error: false };
  function* decode(messages: readonly FramedMessage[]): Generator<ReplyFrame, boolean> {
    for (const message of messages) {
      if (message.kind === 'terminator') return true;
      if (message.kind === 'text') continue; // only decoders made for plain text have them
      const frame = codec.decode(message.json);
      seen.error ||= frame.isError;
      yield frame;
    }
    return false;
  }
  let terminated = false;
  let ended = false;
  try {
    while (!terminated && !ended) {
      const next = await bytes.next();
      ended = next.done === true;
      terminated = yield* decode(next.done === true ? decoder.end() : decoder.push(next.value));
    }
  } finally {
    if (terminated) lingerThenDiscard(bytes, response);
    else response.discard();
  }
  if (!codec.complete && !seen.error)
    throw new GuardError('upstream_interrupted', 'The model server ended its answer before it was complete.');
}

function lingerThenDiscard(bytes: AsyncIterator<Uint8Array, undefined>, response: UpstreamResponse): void {
  const timer = setTimeout(() => response.discard(), LINGER_MS);
  void bytes
    .next()
    .then(({ done }) => {
      if (done !== true) response.discard();
    })
    .catch(() => undefined)
    .finally(() => clearTimeout(timer));
}

/** The one frame of a reply that does not stream. Throws GuardError('upstream_malformed'). */
export async function wholeFrame(response: UpstreamResponse, format: WireFormat): Promise<ReplyFrame> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.length;
    if (size > MAX_REPLY_BYTES)
      throw new GuardError(
        'upstream_malformed',
        `The model server's answer has more than ${MAX_REPLY_BYTES} bytes.`,
      );
    chunks.push(chunk);
  }
  let json;
  try {
    json = parseJsonStrict(Buffer.concat(chunks));
  } catch (error) {
    throw new GuardError('upstream_malformed', 'The model server answered with something that is no JSON.', {
      cause: error,
    });
  }
  return format.decodeReply(json);
}
