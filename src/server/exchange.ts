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
const CLIENT_ID = /^[\w.-]{1,128}$/;

export class Exchange {
  readonly requestId: string;
  /** Aborted when the client goes away, or when `abort` is called because of a block. */
  readonly signal: AbortSignal;
  model = '';
  readonly #controller = new AbortController();
  readonly #startedAt = performance.now();
  #waitedMs = 0;
  #outcome: Decision['action'] = 'allow';
  #firstByte = false;
  #vanished = false;

  constructor(
    request: IncomingMessage,
    readonly response: ServerResponse,
    readonly route: string,
    readonly emit: EventSink,
  ) {
    const given = request.headers['x-request-id'];
    this.requestId = typeof given === 'string' && CLIENT_ID.test(given) ? given : `req-${randomUUID()}`;
    this.signal = this.#controller.signal;
    response.setHeader('x-portcullis-request-id', this.requestId);
    response.once('close', () => {
      if (response.writableFinished) return;
      this.#vanished = true;
      this.abort();
    });
  }

  /** Ends whatever still runs for this request: the upstream's work, checks that wait. */
  abort(): void {
    this.#controller.abort();
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

  /** Sends status and headers. Nothing was sent before. */
  start(
    status: number,
    contentType: string,
    decision: Decision | undefined,
    extra: Record<string, string> = {},
  ): void {
    const { response } = this;
    response.statusCode = status;
    const headers = {
      'content-type': contentType,
      ...(decision === undefined ? {} : decisionHeaders(decision, this.requestId)),
      ...extra,
    };
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  }

  /** Writes and waits until the client can take more. Rejects with GuardError('client_closed'). */
  async write(text: string | Uint8Array): Promise<void> {
    const { response } = this;
    if (this.#vanished || response.destroyed) throw vanishedError();
    if (!this.#firstByte) {
      this.#firstByte = true;
      const { requestId, route } = this;
      this.emit({ type: 'first-byte', requestId, route, ms: performance.now() - this.#startedAt });
    }
    if (response.write(text)) return;
    const since = performance.now();
    await new Promise<void>((resolve, reject) => {
      const stalled = setTimeout(() => response.destroy(), STALL_MS);
      const settle = (): void => {
        clearTimeout(stalled);
        response.off('drain', settle);
        response.off('close', settle);
        if (this.#vanished || response.destroyed) reject(vanishedError());
        else resolve();
      };
      response.on('drain', settle);
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
    this.start(status, 'application/json; charset=utf-8', decision, {
      'content-length': String(Buffer.byteLength(text)),
      ...extra,
    });
    await this.write(text);
    this.response.end();
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
