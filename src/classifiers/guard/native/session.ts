/** What runs inside a model process. The set of sessions is closed: `Sessions` in protocol.ts lists them. */
import type { CallOutcome, SessionKind, SessionSpec, Sessions } from './protocol.js';

export interface Session<K extends SessionKind> {
  readonly facts: Sessions[K]['facts'];
  /**
   * The host calls one at a time. Rejections become `unavailable(internal)`, or `unavailable(aborted)`
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

/** Modules are imported on demand, so that a process holds only the code of its own session. */
export async function openSession(spec: SessionSpec): Promise<Session<SessionKind>> {
  switch (spec.kind) {
    case 'encoder': {
      const { openEncoderSession } = await import('./encoder-host-session.js');
      return openEncoderSession(spec);
    }
    case 'llama-guard': {
      const { openLlamaGuardSession } = await import('../llama-guard/session.js');
      return openLlamaGuardSession(spec);
    }
  }
}
