/** Sessions of the toy guard in this process, and a judge on top of one. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLlamaGuardJudge } from '../../../../src/classifiers/guard/llama-guard/llama-guard-judge.js';
import { openLlamaGuardSession } from '../../../../src/classifiers/guard/llama-guard/session.js';
import type {
  CallOutcome,
  LlamaGuardAnswer,
  LlamaGuardSpec,
} from '../../../../src/classifiers/guard/native/protocol.js';
import type { Session } from '../../../../src/classifiers/guard/native/session.js';
import type { GuardMessage } from '../../../../src/core/conversation.js';
import type { Judge, Overflow } from '../../../../src/core/judge.js';
import { writeToyGuard } from '../../../support/gguf/toy-guard.js';

export type GuardSession = Session<'llama-guard'>;

export const user = (text: string): GuardMessage => ({ role: 'User', text });
export const agent = (text: string): GuardMessage => ({ role: 'Agent', text });

export interface ToyBench {
  readonly folder: string;
  open(changes?: Partial<LlamaGuardSpec>): Promise<GuardSession>;
  /** Disposes of the sessions opened so far. */
  closeSessions(): Promise<void>;
  /** Removes the folder. */
  remove(): void;
}

/** A toy model in a folder of its own, and sessions that are disposed of together. */
export function toyBench(): ToyBench {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-session-'));
  const modelPath = join(folder, 'toy.gguf');
  writeToyGuard(modelPath);
  const sessions: GuardSession[] = [];
  return {
    folder,
    async open(changes = {}) {
      const session = await openLlamaGuardSession({
        kind: 'llama-guard',
        modelPath,
        threads: 1,
        gpu: false,
        contextTokens: 2048,
        massFloor: 0.5,
        lanes: 4,
        mmap: false,
        stateFolder: undefined,
        modelFingerprint: 'toy',
        prompt: { family: undefined, categories: [], taxonomy: undefined },
        ...changes,
      });
      sessions.push(session);
      return session;
    },
    async closeSessions() {
      await Promise.all(sessions.splice(0).map((session) => session.dispose()));
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}

export function ask(
  session: GuardSession,
  messages: readonly GuardMessage[],
  {
    categoriesFrom = 2,
    overflow = 'refuse',
    signal = new AbortController().signal,
  }: { categoriesFrom?: number; overflow?: Overflow; signal?: AbortSignal } = {},
): Promise<CallOutcome<LlamaGuardAnswer>> {
  return session.call({ messages, categoriesFrom, overflow }, signal);
}

export function done(outcome: CallOutcome<LlamaGuardAnswer>): LlamaGuardAnswer {
  if (outcome.status !== 'done') throw new Error(`No answer: ${outcome.reason}, ${outcome.detail}`);
  return outcome.value;
}

/** The judge of the proxy, with the session in this process instead of in its own. */
export function judgeOn(session: GuardSession): Judge {
  return createLlamaGuardJudge({
    host: {
      facts: session.facts,
      queueDepth: 0,
      call: (request, { signal }) => session.call(request, signal ?? new AbortController().signal),
      close: () => session.dispose(),
    },
    expected: { id: 'llama-guard-2', taxonomy: 'mlcommons-v0.5' },
    fingerprint: 'toy',
    log: () => undefined,
  });
}
