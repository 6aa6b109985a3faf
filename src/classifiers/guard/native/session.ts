/** What runs inside a model process. The set of sessions is closed: `Sessions` in protocol.ts lists them. */
import type { CallOutcome, SessionKind, Sessions } from './protocol.js';

export interface Session<K extends SessionKind> {
  readonly facts: Sessions[K]['facts'];
  /**
   * The host has at most `facts.parallel` calls at one time. Rejections become `unavailable(internal)`, or `unavailable(aborted)`
   * when the signal is aborted; a session must be usable again after either.
   */
  call(request: Sessions[K]['request'], signal: AbortSignal): Promise<CallOutcome<Sessions[K]['answer']>>;
  dispose(): Promise<void>;
}

/** A load that failed with a message for the operator. */
export class SessionLoadError extends Error {
  /** True when trying again with the same file and settings cannot help. */
  readonly permanent: boolean;

  constructor(message: string, permanent: boolean, cause?: unknown) {
    super(message, { cause });
    this.name = 'SessionLoadError';
    this.permanent = permanent;
  }
}
