/**
 * One request of an app, from the guard's side: read it, judge it, let the handler run, and give the
 * client what the gate releases of the handler's reply.
 */
import type { ServerResponse } from 'node:http';
import { heavier, type Decision } from '../../core/decision.js';
import { toGuardError, type GuardError } from '../../core/errors.js';
import type { EventSink } from '../../core/events.js';
import { gateReply, GateViolation, type GateResult } from '../../enforcement/gate.js';
import type { Engine } from '../../engine/engine.js';
import type { ReplyReview } from '../../engine/reply-review.js';
import { policyOn, type Policy } from '../../policy/policy.js';
import type { ReplyFrame } from '../../core/wire-format.js';
import type { Log } from '../../telemetry/index.js';
import { Exchange, vanishedError } from '../exchange.js';
import { decisionHeaders } from '../facts.js';
import { replacementRounds } from '../replacement-rounds.js';
import { retryHeaders } from '../send-error.js';
import { blockError, refusalText } from '../proxy/blocked.js';
import { clearBodyHeaders, renewEtag } from './body-headers.js';
import { bodyKind, parseMediaType } from './media-type.js';
import { errorFormatOf, readRequest, type FormatName, type ReadRequest } from './read-request.js';
import { createReplyReader, MessageStream, type ReplyReader } from './reply/index.js';
import type { AppRequest } from './request-body.js';
import { ResponseHold } from './response-hold.js';
import { decideUnjudgedReply, unjudgeableReply } from './unjudged-reply.js';

export interface MiddlewareParts {
  readonly engine: Engine;
  readonly policy: Policy;
  readonly emit: EventSink;
  readonly log: Pick<Log, 'error' | 'debug'>;
}

export interface ExchangeOptions {
  readonly format: FormatName;
  readonly bodyLimitBytes: number;
}

/** Statuses whose responses have no body, whatever the handler writes. */
const EMPTY_STATUSES = [204, 205, 304];

export class GuardedExchange {
  readonly #parts: MiddlewareParts;
  readonly #options: ExchangeOptions;
  readonly #request: AppRequest;
  readonly #response: ServerResponse;
  readonly #hold: ResponseHold;
  readonly #exchange: Exchange;
  #read: ReadRequest | undefined;
  #reader: ReplyReader | undefined;
  #decision: Decision | undefined;
  #review: ReplyReview | undefined;
  #handlerRan = false;

  constructor(
    parts: MiddlewareParts,
    options: ExchangeOptions,
    request: AppRequest,
    response: ServerResponse,
  ) {
    this.#parts = { ...parts, policy: policyOn(parts.policy, 'middleware') };
    this.#options = options;
    this.#request = request;
    this.#response = response;
    this.#hold = new ResponseHold(response);
    this.#exchange = new Exchange(request, this.#hold.outer, 'middleware', parts.emit);
  }

  /** Calls `next` when the prompt may go on. Never rejects. */
  async run(next: () => void): Promise<void> {
    const exchange = this.#exchange;
    let failure: GuardError | undefined;
    try {
      const decision = await this.#judgePrompt();
      if (exchange.vanished) throw vanishedError();
      if (decision.action === 'block') await this.#refusePrompt(decision);
      else {
        this.#hold.install();
        this.#handlerRan = true;
        next();
        await this.#relay();
      }
    } catch (thrown) {
      failure = exchange.vanished ? vanishedError() : toGuardError(thrown);
      this.#logFailure(failure);
      await this.#fail(failure);
    } finally {
      this.#hold.discard();
      exchange.abort();
      // The gate does not when the client left in the middle of the reply.
      this.#review?.close();
      exchange.finish(failure);
    }
  }

  async #judgePrompt(): Promise<Decision> {
    const exchange = this.#exchange;
    const since = performance.now();
    this.#read = await readRequest(this.#request, this.#options.format, this.#options.bodyLimitBytes);
    exchange.waited(performance.now() - since);
    exchange.model = this.#read.request.model;
    const { engine, policy } = this.#parts;
    const { requestId, route, signal } = exchange;
    const context = { requestId, policy, route, signal };
    let conversation = engine.prepare(this.#read.request.conversation, context);
    const mayReplace = replacementRounds(policy.judgeTotalTimeoutMs);
    for (;;) {
      const decision = await engine.assessPrompt(conversation, context);
      const without =
        decision.action === 'block' && mayReplace()
          ? engine.withoutRefused(conversation, decision, context)
          : undefined;
      if (without !== undefined) {
        conversation = without;
        continue;
      }
      // What was replaced in the conversation is replaced in the body that the handler reads, too.
      this.#read = { ...this.#read, request: { ...this.#read.request, conversation } };
      this.#decided(decision);
      return decision;
    }
  }

  async #refusePrompt(decision: Decision): Promise<void> {
    const { request, format } = this.#known();
    const error = blockError(decision, this.#parts.policy, request);
    if (error !== undefined) throw error;
    const exchange = this.#exchange;
    const text = refusalText(decision);
    const facts = { requestId: exchange.requestId, decision };
    const { outer } = this.#hold;
    outer.setHeader('cache-control', 'no-store');
    if (!request.stream) return exchange.sendJson(200, format.refusal(request, text, facts), decision);
    const reader = new MessageStream(format.framing, { request, format, strict: true });
    const type = format.framing === 'sse' ? 'text/event-stream; charset=utf-8' : 'application/x-ndjson';
    exchange.start(200, type, decision);
    await exchange.write(reader.refusal(text, facts));
    outer.end();
  }

  /** Waits for the handler's reply and passes it on as its kind demands. */
  async #relay(): Promise<void> {
    const since = performance.now();
    const begun = await this.#hold.begun;
    this.#exchange.waited(performance.now() - since);
    if (!begun) throw vanishedError();
    const { outer, status } = this.#hold;
    if (this.#request.method === 'HEAD' || EMPTY_STATUSES.includes(status)) return this.#relayRaw(false);

    const { policy, emit } = this.#parts;
    if (!policy.reply.enabled && !policy.code.enabled) return this.#relayRaw(true);
    const media = parseMediaType(outer.getHeader('content-type'));
    const encoding = String(outer.getHeader('content-encoding') ?? 'identity').toLowerCase();
    const kind = bodyKind(media);
    if (kind !== 'opaque' && encoding === 'identity') {
      this.#reader = createReplyReader(kind, this.#known(), outer.hasHeader('content-length'));
      return this.#relayJudged(this.#reader);
    }
    const decision = decideUnjudgedReply(policy);
    emit({ type: 'decision', requestId: this.#exchange.requestId, decision });
    this.#decided(decision);
    if (decision.action === 'block') throw unjudgeableReply(media, encoding);
    return this.#relayRaw(true);
  }

  async #relayJudged(reader: ReplyReader): Promise<void> {
    const exchange = this.#exchange;
    const gate = this.#gate(reader);
    const whole: string[] = [];
    let step = await gate.next();
    for (; step.done !== true; step = await gate.next()) {
      const text = reader.encode(step.value);
      if (reader.streamed) await this.#writeStreamed(text);
      else whole.push(text);
    }
    const result = step.value;
    this.#decided(result.decision);
    if (exchange.vanished) throw vanishedError();
    if (result.status === 'failed') throw result.error;
    if (result.status === 'blocked') return this.#refuseReply(reader, result.decision);
    if (!reader.streamed) return this.#sendWhole(whole.join(''));
    await this.#writeStreamed(reader.end());
    this.#hold.releaseTrailers();
    this.#hold.outer.end();
  }

  #gate(reader: ReplyReader): AsyncGenerator<ReplyFrame, GateResult> {
    const exchange = this.#exchange;
    const { requestId, route, signal, emit } = exchange;
    const { engine, policy } = this.#parts;
    const { request } = this.#known();
    const review = engine.openReply(request.conversation, { requestId, policy, route, signal });
    this.#review = review;
    return gateReply(reader.frames(this.#hold.body()), {
      review,
      policy,
      editable: !request.structured,
      streamed: reader.streamed,
      onRelease: (frame) => reader.released(frame),
      onLast: (frame, decision) => reader.annotate(frame, { requestId, decision }),
      onWaited: (ms) => exchange.waited(ms),
      onViolation: (violation) => emit({ type: 'gate-violated', requestId, ...violation }),
      onProgress: (progress) => emit({ type: 'stream-chars', requestId, ...progress }),
    });
  }

  async #refuseReply(reader: ReplyReader, decision: Decision): Promise<void> {
    const { request } = this.#known();
    const error = blockError(decision, this.#parts.policy, request);
    if (error !== undefined) throw error;
    const { outer } = this.#hold;
    const begun = outer.headersSent;
    const refusal = refusalText(decision);
    const facts = { requestId: this.#exchange.requestId, decision };
    const text = reader.refusal(begun ? `\n\n${refusal}` : refusal, facts);
    if (!begun) {
      clearBodyHeaders(outer);
      outer.setHeader('cache-control', 'no-store');
      if (reader.refusalType !== undefined) outer.setHeader('content-type', reader.refusalType);
      if (!reader.streamed) outer.setHeader('content-length', Buffer.byteLength(text));
      this.#startReply();
    }
    await this.#exchange.write(text);
    outer.end();
  }

  async #sendWhole(text: string): Promise<void> {
    const { outer } = this.#hold;
    outer.setHeader('content-length', Buffer.byteLength(text));
    renewEtag(this.#response, outer, text);
    this.#startReply();
    if (text !== '') await this.#exchange.write(text);
    this.#hold.releaseTrailers();
    outer.end();
  }

  async #writeStreamed(text: string): Promise<void> {
    const { outer } = this.#hold;
    if (!outer.headersSent) {
      // Notes, re-serialized messages: the length is no longer what the handler thought.
      outer.removeHeader('content-length');
      outer.removeHeader('etag');
      this.#startReply();
    }
    if (text === '') return;
    await this.#exchange.write(text);
    this.#hold.flush();
  }

  /** What needs no verdict, or can have none and is allowed. */
  async #relayRaw(withBody: boolean): Promise<void> {
    this.#startReply();
    for await (const bytes of this.#hold.body()) if (withBody) await this.#exchange.write(bytes);
    if (this.#exchange.vanished) throw vanishedError();
    this.#hold.releaseTrailers();
    this.#hold.outer.end();
  }

  #startReply(): void {
    this.#hold.releaseStatus();
    if (this.#decision === undefined) return;
    const headers = decisionHeaders(this.#decision, this.#exchange.requestId);
    for (const [name, value] of Object.entries(headers)) this.#hold.outer.setHeader(name, value);
  }

  /** Keeps the weightier decision of prompt and reply, the later one where they weigh the same. */
  #decided(decision: Decision): void {
    this.#exchange.decided(decision);
    const earlier = this.#decision?.intended ?? 'allow';
    if (heavier(decision.intended, earlier) === decision.intended) this.#decision = decision;
  }

  /** Tells the client in its own format: as HTTP while nothing was sent, else inside the stream. */
  async #fail(error: GuardError): Promise<void> {
    const exchange = this.#exchange;
    const { outer } = this.#hold;
    if (exchange.vanished || outer.writableEnded) return;
    const { requestId } = exchange;
    try {
      if (!outer.headersSent) {
        const format = this.#read?.format ?? errorFormatOf(this.#options.format);
        clearBodyHeaders(outer);
        outer.setHeader('cache-control', 'no-store');
        const body = format.error(error, requestId);
        await exchange.sendJson(this.#statusOf(error), body, this.#decision, retryHeaders(error));
      } else if (this.#reader !== undefined && !(error.cause instanceof GateViolation)) {
        await exchange.write(this.#reader.failure(error, requestId));
        outer.end();
      } else outer.destroy();
    } catch {
      // The client is gone while it was being told: there is nobody left to tell.
      outer.destroy();
    }
  }

  /** A reply that breaks its format or cannot be judged is the app's fault, not the client's. */
  #statusOf(error: GuardError): number {
    return this.#handlerRan && error.code === 'unjudgeable_content' && this.#decision?.direction === 'reply'
      ? 502
      : error.status;
  }

  #logFailure(error: GuardError): void {
    const { requestId } = this.#exchange;
    if (error.code === 'internal')
      this.#parts.log.error({ err: error.cause, requestId }, 'middleware failed');
    else if (error.cause !== undefined) this.#parts.log.debug({ err: error.cause, requestId }, error.message);
  }

  #known(): ReadRequest {
    if (this.#read === undefined) throw new Error('the request has not been read yet');
    return this.#read;
  }
}
