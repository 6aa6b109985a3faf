/**
 * The seam between the gate and the wire formats. A format decodes requests into conversations,
 * replies into frames, and writes what Portcullis itself has to say in the client's own format.
 *
 * A frame is one JSON message of a reply: one SSE event's data, one NDJSON line, or the whole body of
 * a reply that does not stream. The gate holds frames until all their text is judged and then
 * releases them re-serialized, so fields that Portcullis does not know survive, and nothing (log
 * probabilities, say) overtakes the text it belongs to.
 */
import type { Channel, Conversation, UnjudgedPart } from './conversation.js';
import type { Decision } from './decision.js';
import type { GuardError } from './errors.js';
import type { JsonObject, JsonValue } from './json.js';

export type Framing = 'sse' | 'ndjson';

export interface DecodedRequest {
  readonly conversation: Conversation;
  readonly model: string;
  readonly stream: boolean;
  /** How many choices the reply will have (`n`), at least 1. */
  readonly choices: number;
  /**
   * The reply is JSON that a program reads (the client asked for it, or it is numbers): text may not be
   * edited, a block must be an error.
   */
  readonly structured: boolean;
  /** What is sent upstream: the parsed, judged body (never the raw bytes). Changed by `Segment.replace` only. */
  readonly body: JsonObject;
}

/** One piece of text within a frame. */
export interface FrameText {
  readonly choice: number;
  readonly channel: Channel;
  /**
   * Pieces with the same id, in order of arrival, are one text: `0/text`, `0/reasoning`,
   * `0/tool/1/arguments`. Ids begin with the choice's number.
   */
  readonly id: string;
  readonly text: string;
  /**
   * True where the frame says all of a text again that earlier frames brought in pieces (the last events of
   * OpenAI's responses, of Anthropic's blocks). `text` is then exactly those pieces together, or the codec
   * has to give it an id of its own. It counts as nothing new, leaves when all of the pieces may, and shows
   * what the client got of them.
   */
  readonly restates?: boolean;
  /** Replaces the text inside the frame's JSON. */
  set(text: string): void;
}

export interface ReplyFrame {
  /** Mutable through `FrameText.set` only. */
  readonly json: JsonObject;
  readonly texts: readonly FrameText[];
  /** Choices whose text is complete with this frame. */
  readonly finished: readonly number[];
  /**
   * Ids of texts that are complete with this frame, where the format says so before their choice ends: the
   * arguments of a call need not wait for the end of the reply then. If more of one comes all the same, it is
   * not complete any more, and waits until it is once again.
   */
  readonly finishedTexts?: readonly string[] | undefined;
  /** The upstream's error, if this frame is one: passed on as it is, its text judged like any other. */
  readonly isError: boolean;
  /** What no judge of text can read: generated images, audio. The policy's `unjudged` says what happens. */
  readonly unjudged?: readonly UnjudgedPart[] | undefined;
}

/** What Portcullis did, for places in the format that have room for it. */
export interface ReplyFacts {
  readonly requestId: string;
  readonly decision: Decision;
}

/** State of one reply stream. Made anew for each reply; remembers ids, model and open choices. */
export interface StreamCodec {
  /** Throws GuardError('upstream_malformed') when the message is not of this format. */
  decode(message: JsonObject): ReplyFrame;
  /**
   * To be called for each frame that was sent to the client. A codec decodes frames that the gate may
   * never release: without word of them it assumes that the client has seen nothing, so every choice
   * gets a role and an end.
   */
  released(frame: ReplyFrame): void;
  /** Messages that put `text` into a choice's visible text. */
  notice(choice: number, text: string): JsonObject[];
  /** Messages that end every choice still open with the format's content-filter reason. */
  finish(facts: ReplyFacts): JsonObject[];
  /** The message that tells the client's SDK of an error inside a running stream. */
  error(error: GuardError, requestId: string): JsonObject;
  /** True once the upstream's stream reached the format's own end (all choices finished, `done: true`, …). */
  readonly complete: boolean;
}

export interface WireFormat {
  /** `openai-chat`, `openai-responses`, `anthropic-messages`, `ollama-chat`, … */
  readonly id: string;
  readonly framing: Framing;
  /** Sent after the last message of a stream: `[DONE]` for OpenAI; undefined where the format has none. */
  readonly terminator: string | undefined;
  /** The SSE `event:` name of a message, for formats that name their events; absent for the others. */
  readonly eventName?: ((message: JsonObject) => string | undefined) | undefined;
  /**
   * Bytes that keep an idle connection open and that every client of the format skips, as they go out
   * (`: ping\n\n`); absent where the format has none.
   */
  readonly ping?: string | undefined;
  /** Throws GuardError('invalid_request' | 'unjudgeable_content') with the offending path in the message. */
  decodeRequest(body: JsonObject): DecodedRequest;
  /**
   * The whole body of a reply that does not stream. Throws GuardError('upstream_malformed'), for formats
   * whose replies are objects also on anything else.
   * @param request what was asked, as it went upstream. Without it nothing counts as an echo of the request,
   *   and nothing as asked for: such text is judged like any other.
   */
  decodeReply(body: JsonValue, request?: DecodedRequest): ReplyFrame;
  /** How many bytes a whole reply may have, where that is more than for replies of text. */
  readonly replyLimitBytes?: number | undefined;
  /** The body that a whole reply's frame stands for, where it is no object; absent: the frame's JSON itself. */
  replyBody?: ((frame: ReplyFrame) => JsonValue) | undefined;
  openStream(request: DecodedRequest): StreamCodec;
  /** A complete, not streamed reply that carries `text` as the model's message, ended by the content filter. */
  refusal(request: DecodedRequest, text: string, facts: ReplyFacts): JsonObject;
  /** Adds the facts to a complete reply's JSON where the format has room (an extra `portcullis` object). */
  annotate(reply: JsonObject, facts: ReplyFacts): void;
  /** The body of an HTTP error in this format. */
  error(error: GuardError, requestId: string): JsonObject;
}
