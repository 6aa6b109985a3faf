/** From a specification to the session that serves it. */
import type { SessionKind, SessionSpec } from './protocol.js';
import type { Session } from './session.js';

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
