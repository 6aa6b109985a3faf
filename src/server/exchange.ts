/**
 * One request from its arrival to its end: its id, the signal that ends it, its timing, and the event
 * that tells of it, sent exactly once and last.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { heavier, type Decision } from '../core/decision.js';
import { GuardError } from '../core/errors.js';
import type { EventSink } from '../core/events.js';
import { decisionHeaders } from './facts.js';

/** A client that takes nothing for this long is given up, in milliseconds. */
const STALL_MS = 120_000;
/** UTF-16 units that wait for more to leave with them, at most. */
const MAX_UNSENT = 64 * 1024;
const CLIENT_ID = /^[\w.-]{1,128}$/;

export class Exchange {
  readonly requestId: string;
  model = '';
  #controller: AbortController | undefined;
  #aborted = false;
  readonly #onAbort = new Set<() => void>();
  readonly #startedAt: number;
  #waitedMs = 0;
  #outcome: Decision['action'] = 'allow';
  #firstByte = false;
  #lastSent: number;
  #unsent = '';
  #vanished = false;

  constructor(
    request: IncomingMessage,
    readonly response: ServerResponse,
    readonly route: string,
    readonly emit: EventSink,
  ) {
    this.#startedAt = performance.now();
    this.#lastSent = this.#startedAt;
    const given = request.headers['x-request-id'];
    this.requestId = typeof given === 'string' && CLIENT_ID.test(given) ? given : `req-${randomUUID()}`;
    response.setHeader('x-portcullis-request-id', this.requestId);
    response.once('close', () => {
      if (response.writableFinished) return;
      this.#vanished = true;
      this.abort();
    });
  }

  /** Ends whatever still runs for this request: the upstream's work, checks that wait. */
  abort(): void {
    if (this.#aborted) return;
    this.#aborted = true;
    for (const end of this.#onAbort) end();
    this.#onAbort.clear();
    this.#controller?.abort();
  }

  /** Aborted when the client goes away, or when `abort` is called because of a block. Made when first asked for. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#aborted) this.#controller.abort();
    }
    return this.#controller.signal;
  }

  /**
   * Calls `end` when the signal is aborted, at once if it was; a request without judges then needs no signal.
   * @returns forgets it
   */
  onAbort(end: () => void): () => void {
    if (this.#aborted) end();
    else this.#onAbort.add(end);
    return () => this.#onAbort.delete(end);
  }

  get vanished(): boolean {
    return this.#vanished;
  }

  /** Time in which only others (the upstream, the client) were waited for: not overhead of ours. */
  waited(ms: number): void {
    this.#waitedMs += ms;
  }

  /** Takes note of a decision, for the headers and the outcome. */
  decided(decision: Decision): void {
    this.#outcome = heavier(this.#outcome, decision.action);
  }

  /** Sets status and headers. They go out with the first byte; nothing was sent before. */
  start(
    status: number,
    contentType: string,
    decision: Decision | undefined,
    extra: Record<string, string> = {},
  ): void {
    const { response } = this;
    response.statusCode = status;
    response.setHeader('content-type', contentType);
    this.#setHeaders(decision === undefined ? {} : decisionHeaders(decision, this.requestId));
    this.#setHeaders(extra);
  }

  #setHeaders(headers: Record<string, string>): void {
    for (const name of Object.keys(headers)) this.response.setHeader(name, headers[name] ?? '');
  }

  /** Writes, and waits while the client takes nothing. Rejects with GuardError('client_closed'). */
  async write(text: string | Uint8Array): Promise<void> {
    const { response } = this;
    if (this.#vanished || response.destroyed) throw vanishedError();
    this.#flush();
    this.#send(text);
    if (response.writableNeedDrain) await this.#settled('drain');
  }

  /**
   * The same for what goes on at once: texts that are sent one right after the other leave together, because
   * a frame is much smaller than what it costs to send one. The last of them is for `end`.
   */
  async send(text: string): Promise<void> {
    const { response } = this;
    if (this.#vanished || response.destroyed) throw vanishedError();
    if (this.#unsent === '') process.nextTick(this.#flush);
    this.#unsent += text;
    if (this.#unsent.length >= MAX_UNSENT) this.#flush();
    if (response.writableNeedDrain) await this.#settled('drain');
  }

  /** Ends the response, with this as its last words. Rejects as `write` does. */
  async end(text = ''): Promise<void> {
    const { response } = this;
    if (this.#vanished || response.destroyed) throw vanishedError();
    const last = this.#unsent + text;
    this.#unsent = '';
    if (last !== '') this.#told();
    response.end(last);
    if (response.writableNeedDrain) await this.#settled('finish');
  }

  /** Something was written: it is too late for another status or other headers. */
  get begun(): boolean {
    return this.#unsent !== '' || this.response.headersSent;
  }

  readonly #flush = (): void => {
    const text = this.#unsent;
    if (text === '') return;
    this.#unsent = '';
    if (!this.#vanished && !this.response.destroyed) this.#send(text);
  };

  #send(text: string | Uint8Array): void {
    this.#told();
    this.#lastSent = performance.now();
    this.response.write(text);
  }

  /** When text was last sent, of `performance.now()`; at first the request's arrival. */
  get lastSent(): number {
    return this.#lastSent;
  }

  #told(): void {
    if (this.#firstByte) return;
    this.#firstByte = true;
    const { requestId, route } = this;
    this.emit({ type: 'first-byte', requestId, route, ms: performance.now() - this.#startedAt });
  }

  /** Waits for the client to take what was written. */
  async #settled(event: 'drain' | 'finish'): Promise<void> {
    const { response } = this;
    const since = performance.now();
    await new Promise<void>((resolve, reject) => {
      const stalled = setTimeout(() => response.destroy(), STALL_MS);
      const settle = (): void => {
        clearTimeout(stalled);
        response.off(event, settle);
        response.off('close', settle);
        if (this.#vanished || (response.destroyed && !response.writableFinished)) reject(vanishedError());
        else resolve();
      };
      response.on(event, settle);
      response.on('close', settle);
    });
    this.waited(performance.now() - since);
  }

  /** Sends a complete JSON body and ends the response. */
  async sendJson(
    status: number,
    body: unknown,
    decision?: Decision,
    extra?: Record<string, string>,
  ): Promise<void> {
    const text = JSON.stringify(body);
    this.start(status, 'application/json; charset=utf-8', decision, extra);
    this.response.setHeader('content-length', Buffer.byteLength(text));
    await this.end(text);
  }

  /** Reports the end of the request. Call once, after the last byte was written. */
  finish(error?: GuardError): void {
    const { requestId, route, model, response } = this;
    const ms = performance.now() - this.#startedAt;
    this.emit({
      type: 'request',
      requestId,
      route,
      model,
      // A request that a policy blocked is told as blocked, also where that is rendered as an error.
      outcome: error === undefined || error.code === 'content_policy_violation' ? this.#outcome : 'error',
      ...(error === undefined ? {} : { error: error.code }),
      status: this.#vanished ? 499 : response.statusCode,
      ms,
      overheadMs: Math.max(0, ms - this.#waitedMs),
    });
  }
}

export function vanishedError(): GuardError {
  return new GuardError('client_closed', 'The client closed the connection.');
}
