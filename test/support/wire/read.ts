/** Reading conversations, frames and errors in tests. */
import type { Conversation } from '../../../src/core/conversation.js';
import { GuardError, type ErrorCode } from '../../../src/core/errors.js';
import type { JsonObject } from '../../../src/core/json.js';
import type { Framing, ReplyFrame, StreamCodec } from '../../../src/core/wire-format.js';
import { createFrameDecoder, type FramedMessage } from '../../../src/protocols/index.js';

/** `User/user text: hello` for each segment, in order. */
export function segmentLines(conversation: Conversation): string[] {
  return conversation.turns.flatMap((turn) =>
    turn.segments.map((segment) => `${turn.role}/${turn.wireRole} ${segment.channel}: ${segment.text}`),
  );
}

/** Everything a judge of the conversation reads. */
export function judgedText(conversation: Conversation): string {
  return conversation.turns.flatMap((turn) => turn.segments.map((segment) => segment.text)).join('\n');
}

/** Texts of frames by id, pieces joined. */
export function textsById(frames: readonly ReplyFrame[]): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const frame of frames) {
    for (const piece of frame.texts) texts[piece.id] = (texts[piece.id] ?? '') + piece.text;
  }
  return texts;
}

/** All messages of a whole recorded stream. */
export function messagesOf(framing: Framing, recorded: string): FramedMessage[] {
  const decoder = createFrameDecoder(framing);
  return [...decoder.push(Buffer.from(recorded)), ...decoder.end()];
}

/** All frames of a whole recorded stream. */
export function framesOf(codec: StreamCodec, framing: Framing, recorded: string): ReplyFrame[] {
  return messagesOf(framing, recorded).flatMap((message) =>
    message.kind === 'json' ? [codec.decode(message.json)] : [],
  );
}

/** The GuardError that `run` throws; anything else fails the test. */
export function guardErrorOf(run: () => unknown): GuardError {
  try {
    run();
  } catch (error) {
    if (error instanceof GuardError) return error;
    throw error;
  }
  throw new Error('Nothing was thrown.');
}

export function codeOf(run: () => unknown): ErrorCode {
  return guardErrorOf(run).code;
}

export function copy(json: JsonObject): JsonObject {
  return structuredClone(json);
}
