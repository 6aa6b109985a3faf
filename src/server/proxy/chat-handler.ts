/**
 * The way of a chat request: decode, judge the prompt while the upstream already works, let the gate
 * release the reply piece by piece, encode. The upstream is aborted as soon as nothing of it is wanted.
 */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Decision } from '../../core/decision.js';
import { GuardError, toGuardError } from '../../core/errors.js';
import type { JsonObject } from '../../core/json.js';
import type { DecodedRequest, ReplyFrame, StreamCodec, WireFormat } from '../../core/wire-format.js';
import { nothingToJudge } from '../../engine/nothing-to-judge.js';
import type { ReplyReview } from '../../engine/reply-review.js';
import type { RequestContext } from '../../engine/request-context.js';
import { weightier } from '../../engine/weightier.js';
import { gateReply, GateViolation, type GateOptions, type GateResult } from '../../enforcement/gate.js';
import { policyOn, type Policy } from '../../policy/policy.js';
import { encodeMessage, encodeTerminator, streamContentType } from '../../protocols/index.js';
import type { Portcullis } from '../compose.js';
import { Exchange } from '../exchange.js';
import { replacementRounds } from '../replacement-rounds.js';
import { readJsonBody } from '../request-body.js';
import { sendError } from '../send-error.js';
import { blockError, refusalText } from './blocked.js';
import { startHeartbeat, type Heartbeat } from './heartbeat.js';
import { frameBatches, streamedFrames, wholeFrame } from './reply-frames.js';
import type { Upstream, UpstreamResponse } from './upstream.js';
import { callUpstream, type UpstreamCall } from './upstream-call.js';

const STREAM_HEADERS = { 'cache-control': 'no-cache', 'x-accel-buffering': 'no' };

export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** @param route path of the endpoint, the same here and at the upstream */
export function createChatHandler(
  portcullis: Portcullis,
  upstream: Upstream,
  route: string,
  format: WireFormat,
): Handler {
  return async (request, response) => {
    const exchange = new Exchange(request, response, route, portcullis.emit);
    const chat = new ChatExchange(portcullis, upstream, format, exchange);
    let failure: GuardError | undefined;
    try {
      await chat.run(request);
    } catch (thrown) {
      failure = exchange.vanished
        ? new GuardError('client_closed', 'The client closed the connection.', { cause: thrown })
        : toGuardError(thrown);
      if (failure.code === 'internal')
        portcullis.log.error({ err: failure.cause, requestId: exchange.requestId }, 'request failed');
      else if (failure.cause !== undefined)
        portcullis.log.debug({ err: failure.cause, requestId: exchange.requestId }, failure.message);
      exchange.abort();
      await chat.fail(failure);
    } finally {
      chat.close(failure ?? chat.failure);
      exchange.finish(failure ?? chat.failure);
    }
  };
}

class ChatExchange {
  readonly #portcullis: Portcullis;
  readonly #upstream: Upstream;
  readonly #format: WireFormat;
  readonly #exchange: Exchange;
  readonly #policy: Policy;
  #call: UpstreamCall | undefined;
  #codec: StreamCodec | undefined;
  #decision: Decision | undefined;
  #review: ReplyReview | undefined;
  /** UTF-16 units of the reply that the client has got. */
  #releasedChars = 0;
  #request: DecodedRequest | undefined;
  #heartbeat: Heartbeat | undefined;
  #streamStarted = false;
  /** An error that was already rendered in the stream. */
  failure: GuardError | undefined;

  constructor(portcullis: Portcullis, upstream: Upstream, format: WireFormat, exchange: Exchange) {
    this.#portcullis = portcullis;
    this.#upstream = upstream;
    this.#format = format;
    this.#exchange = exchange;
    this.#policy = policyOn(portcullis.policy, exchange.route);
  }

  async run(incoming: IncomingMessage): Promise<void> {
    const exchange = this.#exchange;
    const { config, engine } = this.#portcullis;
    const body = await readJsonBody(incoming, {
      limitBytes: config.server.bodyLimitBytes,
      anyContentType: this.#format.framing === 'ndjson',
    });
    const decoded = this.#format.decodeRequest(body);
    this.#request = decoded;
    exchange.model = decoded.model;
    if (decoded.stream) this.#keepAlive();

    const context = this.#context();
    let conversation = engine.prepare(decoded.conversation, context);
    let decision: Decision;
    const mayReplace = replacementRounds(this.#policy.judgeTotalTimeoutMs);
    if (!this.#policy.checkFirst) this.#callUpstream(decoded.body, incoming.headers);
    for (;;) {
      decision = await engine.assessPrompt(conversation, context);
      if (decision.action !== 'block') break;
      this.#abandon('prompt_blocked');
      // What is sent changes now. It is not sent again before its verdict: this prompt was wrong once.
      this.#call = undefined;
      const without = mayReplace() ? engine.withoutRefused(conversation, decision, context) : undefined;
      if (without === undefined) {
        exchange.decided(decision);
        exchange.abort();
        return this.#block(decoded, decision);
      }
      conversation = without;
    }
    exchange.decided(decision);
    this.#decision = decision;
    const since = performance.now();
    const call = this.#call ?? this.#callUpstream(decoded.body, incoming.headers);
    const response = await call.response.finally(() => exchange.waited(performance.now() - since));
    await this.#relay({ ...decoded, conversation }, response);
  }

  #context(): RequestContext {
    const exchange = this.#exchange;
    const { requestId, route } = exchange;
    return {
      requestId,
      policy: this.#policy,
      route,
      // Asked for by judges only: where there are none, no signal is made.
      get signal() {
        return exchange.signal;
      },
    };
  }

  /** The first sign of life commits the response to a stream: what happens later is told inside it. */
  #keepAlive(): void {
    const { ping } = this.#format;
    if (ping === undefined) return;
    const exchange = this.#exchange;
    const { pingMs } = this.#policy.stream;
    this.#heartbeat = startHeartbeat(
      pingMs,
      () => exchange.lastSent,
      () => {
        // A client that does not read needs no ping, and would only be sent more of what it does not read.
        if (exchange.response.writableNeedDrain || exchange.response.writableEnded) return;
        this.#startStream();
        void exchange.send(ping).catch(() => undefined);
      },
    );
  }

  /** Begins at once. A failure is kept until somebody awaits it: the prompt's verdict comes first. */
  #callUpstream(body: JsonObject, headers: IncomingHttpHeaders): UpstreamCall {
    this.#call = callUpstream(this.#upstream, this.#exchange, body, headers);
    return this.#call;
  }

  async #relay(request: DecodedRequest, response: UpstreamResponse): Promise<void> {
    const { contentType, status } = response;
    const streams =
      contentType === (this.#format.framing === 'sse' ? 'text/event-stream' : 'application/x-ndjson');
    // Ollama answers some streamed requests (loading a model) with one line of plain JSON.
    const oneLine = this.#format.framing === 'ndjson' && contentType === 'application/json';
    if (status < 300 && request.stream && (streams || oneLine)) return this.#relayStream(request, response);
    if (contentType === 'application/json' && (status >= 400 || (status < 300 && !request.stream)))
      return this.#relayWhole(request, response);
    response.discard();
    throw new GuardError(
      'upstream_malformed',
      `The model server at ${this.#upstream.origin} answered HTTP ${status} with ${contentType === '' ? 'no content type' : contentType}, which is not what ${this.#exchange.route} answers${request.stream ? ' to a streamed request' : ''}. Is upstream.url right?`,
    );
  }

  async #relayStream(request: DecodedRequest, response: UpstreamResponse): Promise<void> {
    const exchange = this.#exchange;
    const codec = this.#openStream(request);
    const { reply, code } = this.#policy;
    if (!reply.enabled && !code.enabled) return this.#passStream(response, codec);
    const gate = this.#gate(request, streamedFrames(response, this.#format, codec), {
      streamed: true,
      insert: (choice, text) => codec.notice(choice, text),
      onRelease: (frame) => this.#released(frame, codec),
    });
    let step = await gate.next();
    for (; step.done !== true; step = await gate.next()) {
      this.#startStream();
      await exchange.send(this.#encode(step.value.json));
    }
    const result = step.value;
    exchange.decided(result.decision);
    if (result.status === 'blocked') {
      this.#abandon('reply_blocked');
      exchange.abort();
      return this.#block(request, result.decision);
    }
    this.#decision = this.#overall(result.decision);
    if (result.status === 'failed') throw result.error;
    await this.#endStream();
  }

  /** The policy judges neither replies nor code: its word stands for a verdict, and nothing is held back. */
  async #passStream(response: UpstreamResponse, codec: StreamCodec): Promise<void> {
    const exchange = this.#exchange;
    let since = performance.now();
    for await (const frames of frameBatches(response, this.#format, codec)) {
      exchange.waited(performance.now() - since);
      let text = '';
      let chars = 0;
      for (const frame of frames) {
        this.#released(frame, codec);
        chars += unjudgedChars(frame);
        text += this.#encode(frame.json);
      }
      this.#startStream();
      this.#passed(chars);
      await exchange.send(text);
      since = performance.now();
    }
    await this.#endStream();
  }

  #released(frame: ReplyFrame, codec: StreamCodec): void {
    codec.released(frame);
    if (frame.isError)
      this.failure = new GuardError(
        'upstream_interrupted',
        'The model server told of an error in its stream.',
      );
  }

  #passed(chars: number): void {
    if (chars === 0) return;
    this.#releasedChars += chars;
    const { requestId, emit } = this.#exchange;
    emit({ type: 'stream-chars', requestId, received: chars, judged: chars, released: chars, unheld: 0 });
  }

  async #endStream(): Promise<void> {
    this.#startStream();
    await this.#exchange.end(encodeTerminator(this.#format.framing, this.#format.terminator));
  }

  async #relayWhole(request: DecodedRequest, response: UpstreamResponse): Promise<void> {
    const exchange = this.#exchange;
    const frame = await this.#judgeWhole(request, await wholeFrame(response, this.#format, request));
    if (frame === undefined) return;
    if (exchange.begun) {
      // An error, to a client that was kept waiting by pings: its stream has begun.
      await exchange.send(this.#encode(frame.json));
      return this.#endStream();
    }
    const retry: Record<string, string> =
      response.retryAfter === undefined ? {} : { 'retry-after': response.retryAfter };
    const body = this.#format.replyBody?.(frame) ?? frame.json;
    await exchange.sendJson(response.status, body, this.#decision, retry);
  }

  /** The frame as it may leave; undefined where it was blocked, which the client has been told. */
  async #judgeWhole(request: DecodedRequest, frame: ReplyFrame): Promise<ReplyFrame | undefined> {
    const { reply, code } = this.#policy;
    if (!reply.enabled && !code.enabled) {
      this.#decision = this.#overall(nothingToJudge(this.#policy, 'reply'));
      this.#annotate(frame, this.#decision);
      this.#passed(unjudgedChars(frame));
      return frame;
    }
    const gate = this.#gate(request, single(frame), { streamed: false });
    let step = await gate.next();
    const released: ReplyFrame[] = [];
    for (; step.done !== true; step = await gate.next()) released.push(step.value);
    const { decision, status } = step.value;
    this.#exchange.decided(decision);
    if (status === 'blocked') {
      await this.#block(request, decision);
      return undefined;
    }
    this.#decision = this.#overall(decision);
    if (step.value.status === 'failed') throw step.value.error;
    const [whole] = released;
    if (whole === undefined) throw new Error('the gate released nothing of a judged reply');
    return whole;
  }

  #annotate(frame: ReplyFrame, decision: Decision): void {
    if (!frame.isError) this.#format.annotate(frame.json, { requestId: this.#exchange.requestId, decision });
  }

  #gate(
    request: DecodedRequest,
    frames: AsyncIterable<ReplyFrame>,
    options: Pick<GateOptions, 'streamed' | 'onRelease' | 'insert'>,
  ): AsyncGenerator<ReplyFrame, GateResult> {
    const exchange = this.#exchange;
    const { requestId, emit } = exchange;
    const { engine } = this.#portcullis;
    const policy = this.#policy;
    const review = engine.openReply(request.conversation, this.#context());
    this.#review = review;
    return gateReply(frames, {
      ...options,
      policy,
      review,
      editable: !request.structured,
      onLast: (frame, decision) => this.#annotate(frame, this.#overall(decision)),
      onWaited: (ms) => exchange.waited(ms),
      onViolation: (violation) => emit({ type: 'gate-violated', requestId, ...violation }),
      onProgress: (progress) => {
        this.#releasedChars += progress.released + progress.unheld;
        emit({ type: 'stream-chars', requestId, ...progress });
      },
    });
  }

  /** Gives back what the guard keeps for the reply; the gate cannot when the client left in the middle of it. */
  close(failure: GuardError | undefined): void {
    this.#heartbeat?.stop();
    this.#abandon(failure === undefined ? 'reply_blocked' : 'fault');
    this.#review?.close();
  }

  /** A check that ends because the client left blocks too: that is not why the answer is given up. */
  #abandon(reason: Parameters<UpstreamCall['abandon']>[0]): void {
    this.#call?.abandon(this.#exchange.vanished ? 'client_closed' : reason);
  }

  #encode(message: JsonObject): string {
    const { framing, eventName } = this.#format;
    return encodeMessage(framing, message, eventName?.(message));
  }

  /** What was done about prompt and reply together. */
  #overall(reply: Decision): Decision {
    return this.#decision === undefined ? reply : weightier(this.#decision, reply);
  }

  #startStream(): void {
    if (this.#streamStarted) return;
    this.#streamStarted = true;
    this.#exchange.start(200, streamContentType(this.#format.framing), this.#decision, STREAM_HEADERS);
  }

  async #block(request: DecodedRequest, decision: Decision): Promise<void> {
    const exchange = this.#exchange;
    this.#decision = decision;
    const error = blockError(decision, this.#policy, request);
    if (error !== undefined) throw error;
    const facts = { requestId: exchange.requestId, decision };
    const text = refusalText(decision);
    if (!request.stream) return exchange.sendJson(200, this.#format.refusal(request, text, facts), decision);

    const codec = this.#openStream(request);
    this.#startStream();
    const notice = this.#releasedChars > 0 ? `\n\n${text}` : text;
    for (let choice = 0; choice < request.choices; choice += 1)
      for (const message of codec.notice(choice, notice)) await exchange.send(this.#encode(message));
    for (const message of codec.finish(facts)) await exchange.send(this.#encode(message));
    await this.#endStream();
  }

  /** The codec of this reply; made when the first of it comes, or has to be said. */
  #openStream(request: DecodedRequest): StreamCodec {
    this.#codec ??= this.#format.openStream(request);
    return this.#codec;
  }

  /** Renders an error in the client's format: as HTTP while nothing was sent, else inside the stream. */
  async fail(error: GuardError): Promise<void> {
    const exchange = this.#exchange;
    const { response, requestId } = exchange;
    if (exchange.vanished || response.writableEnded) return;
    this.failure = error;
    this.#heartbeat?.stop();
    if (!exchange.begun) {
      sendError(response, error, this.#format.error(error, requestId), this.#decision, requestId);
      return;
    }
    // Of a stream whose books do not balance nothing more is sent: no end of ours may make it look whole.
    if (error.cause instanceof GateViolation) {
      response.destroy();
      return;
    }
    try {
      if (this.#request?.stream === true) {
        const message = this.#openStream(this.#request).error(error, requestId);
        await exchange.send(this.#encode(message));
        await this.#endStream();
      } else response.destroy();
    } catch {
      // The client is gone while it was being told: there is nobody left to tell.
      response.destroy();
    }
  }
}

/** UTF-16 units that a frame brings anew. */
function unjudgedChars(frame: ReplyFrame): number {
  let chars = 0;
  for (const { text, restates } of frame.texts) if (restates !== true) chars += text.length;
  return chars;
}

async function* single(frame: ReplyFrame): AsyncGenerator<ReplyFrame> {
  yield await Promise.resolve(frame);
}
