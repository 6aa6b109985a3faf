/** Events as the engine would send them, with the fields a test does not care about filled in. */
import type {
  Finding,
  ScannedBlock,
  ScoredVerdict,
  UnavailableReason,
  Verdict,
} from '../../src/core/assessment.js';
import type { CategoryHit, Decision } from '../../src/core/decision.js';
import type { GuardEvent } from '../../src/core/events.js';

type Of<Type extends GuardEvent['type']> = Extract<GuardEvent, { type: Type }>;

export const cost = { ms: 12, tokensEvaluated: 30, tokensCached: 10 };

export const safe: ScoredVerdict = {
  judge: 'embedded',
  role: 'User',
  cost,
  verdict: 'safe',
  score: 0.02,
  categories: [],
};
export const unsafe: ScoredVerdict = {
  ...safe,
  verdict: 'unsafe',
  score: 0.97,
  categories: [{ id: 'S2', score: 0.9 }],
};
export function unavailable(reason: UnavailableReason, detail = 'it took too long'): Verdict {
  return { judge: 'embedded', role: 'User', cost, verdict: 'unavailable', reason, detail };
}

export function verdictEvent(verdict: Verdict, more: Partial<Of<'verdict'>> = {}): GuardEvent {
  return {
    type: 'verdict',
    requestId: 'r1',
    direction: 'prompt',
    cached: false,
    shared: false,
    ...more,
    verdict,
  };
}

export function hit(id: string, action: CategoryHit['action'] = 'block', score = 0.9): CategoryHit {
  return { id, action, score };
}

export function decisionEvent(decision: Partial<Decision>, requestId = 'r1'): GuardEvent {
  const action = decision.action ?? 'allow';
  return {
    type: 'decision',
    requestId,
    decision: {
      direction: 'prompt',
      action,
      intended: action,
      reason: 'safe',
      categories: [],
      findings: [],
      policy: 'default@1',
      ...decision,
    },
  };
}

export function finding(more: Partial<Finding> = {}): Finding {
  return {
    rule: 'python/os-system',
    cwe: 'CWE-78',
    severity: 'error',
    message: 'A shell runs a string built from input.',
    startLine: 2,
    endLine: 2,
    startColumn: 1,
    endColumn: 20,
    language: 'python',
    ...more,
  };
}

export function scannedEvent(blocks: readonly Partial<ScannedBlock>[], requestId = 'r1'): GuardEvent {
  return {
    type: 'code-scanned',
    requestId,
    code: {
      status: 'scanned',
      ms: 3,
      blocks: blocks.map((block) => ({ start: 0, end: 40, language: 'python', findings: [], ...block })),
    },
  };
}

export function requestEvent(more: Partial<Of<'request'>> = {}): GuardEvent {
  return {
    type: 'request',
    requestId: 'r1',
    route: '/v1/chat/completions',
    model: 'llama3',
    outcome: 'allow',
    status: 200,
    ms: 200,
    overheadMs: 20,
    ...more,
  };
}
