/**
 * Runs a reply through the real gate, engine, policy and codecs, and notes at each frame that leaves
 * whether everything in it had its verdict. The judge and the scanner are scripted: they write down what
 * they were shown, and when they had answered.
 */
import { stringify } from 'yaml';
import { createCodeFinder } from '../../src/classifiers/code/extract/code-finder.js';
import { locate } from '../../src/classifiers/code/extract/fences.js';
import { createCodeStream } from '../../src/classifiers/code/stream/code-stream.js';
import type { CodeAssessment, Finding, Verdict } from '../../src/core/assessment.js';
import type { CodeFinder, CodeScanner, CodeScanOutcome } from '../../src/core/code-scanner.js';
import { restatingStream } from '../../src/core/restating-stream.js';
import type { Judge } from '../../src/core/judge.js';
import type { ReplyFrame } from '../../src/core/wire-format.js';
import { gateReply, type GateOptions, type GateResult } from '../../src/enforcement/gate.js';
import { createEngine } from '../../src/engine/engine.js';
import { createVerdictCache } from '../../src/engine/verdict-cache.js';
import { parsePolicy, type Policy } from '../../src/policy/policy.js';
import { loadTaxonomies } from '../../src/taxonomy/taxonomy.js';

/** What the scripted judge finds unsafe. */
export const UNSAFE = 'VENOM';
/** What the scripted scanner finds in code: an error, and a warning. */
export const DANGEROUS = 'detonate';
export const WEAK = 'flimsy';

const taxonomies = loadTaxonomies();

export const policyOf = (settings: object = {}): Policy =>
  parsePolicy(stringify(settings), taxonomies, 'test.yaml');

/** 0 settles without leaving the microtasks, 1 after a turn of the event loop, more after that many ms. */
export async function pause(delay: number): Promise<void> {
  if (delay === 0) return;
  if (delay === 1) return new Promise((resolve) => setImmediate(resolve));
  return new Promise((resolve) => setTimeout(resolve, delay));
}

/** `delays[index % length]`, 0 for an empty list. */
export const cycle = (delays: readonly number[], index: number): number =>
  delays[index % Math.max(1, delays.length)] ?? 0;

export interface Scripted {
  readonly judge: Judge;
  readonly scanner: CodeScanner;
  /** Last messages that the judge has found safe. */
  readonly safe: string[];
  /** Every request to the judge, in order. */
  readonly asked: string[];
  /** Code, and tool arguments, whose scan has answered. */
  readonly scanned: string[];
  readonly toolNames: string[];
}

export interface Script {
  readonly judgeDelays?: readonly number[];
  /** What happens from one request of the judge on (the first is 0), up to but not with another. */
  readonly failure?: {
    readonly from: number;
    readonly to?: number;
    readonly kind: 'unavailable' | 'rejects';
  };
}

export function scripted({ judgeDelays = [], failure }: Script = {}): Scripted {
  const safe: string[] = [];
  const asked: string[] = [];
  const scanned: string[] = [];
  const toolNames: string[] = [];

  const judge: Judge = {
    id: 'scripted',
    taxonomy: 'mlcommons-v0.5',
    fingerprint: 'scripted-1',
    queueDepth: 0,
    async assess({ messages }, { signal }): Promise<Verdict> {
      const { role, text } = messages.at(-1) ?? { role: 'User', text: '' };
      const number = asked.push(text) - 1;
      await pause(cycle(judgeDelays, number));
      const base = { judge: 'scripted', role, cost: { ms: 1, tokensEvaluated: 0, tokensCached: 0 } } as const;
      const failed = failure !== undefined && number >= failure.from && number < (failure.to ?? Infinity);
      if (failed && failure.kind === 'rejects') throw new Error('the judge broke its contract');
      if (failed || signal?.aborted === true) {
        const reason = failed ? 'overloaded' : 'aborted';
        return { ...base, verdict: 'unavailable', reason, detail: 'scripted' };
      }
      if (text.includes(UNSAFE))
        return { ...base, verdict: 'unsafe', score: 0.99, categories: [{ id: 'S2', score: 0.98 }] };
      safe.push(text);
      return { ...base, verdict: 'safe', score: 0.01, categories: [] };
    },
    openStream: (request) => restatingStream(judge, request),
    close: () => Promise.resolve(),
  };

  const findingsIn = (code: string): Finding[] => {
    const place = { startLine: 1, endLine: 1, startColumn: 1, endColumn: 2, language: 'python' };
    const findings: Finding[] = [];
    if (code.includes(DANGEROUS))
      findings.push({ rule: 'no-bang', cwe: 'CWE-78', severity: 'error', message: 'bang', ...place });
    if (code.includes(WEAK))
      findings.push({ rule: 'no-weak', cwe: 'CWE-327', severity: 'warning', message: 'weak', ...place });
    return findings;
  };
  const assess = async (code: string): Promise<CodeAssessment> => {
    await pause(cycle(judgeDelays, scanned.length));
    scanned.push(code);
    const block = { start: 0, end: code.length, language: 'python', findings: findingsIn(code) };
    return { status: 'scanned', blocks: [block], ms: 1 };
  };
  const scanCode = async (code: string): Promise<CodeScanOutcome> => {
    await assess(code);
    return { status: 'scanned', language: 'python', findings: findingsIn(code), ms: 1 };
  };
  const scanner: CodeScanner = {
    ready: () => Promise.resolve(),
    locate,
    openText: fencesOrAll,
    openCode: () =>
      createCodeStream({
        scanWhole: scanCode,
        scanGrowing: async (code) => ({
          ...(await scanCode(code)),
          settledLines: Math.max(0, code.split('\n').length - 5),
        }),
      }),
    scanCode,
    // Takes a text without any fence for code.
    scanText: (text) =>
      locate(text).blocks.length === 0
        ? assess(text)
        : Promise.resolve({ status: 'scanned', blocks: [], ms: 1 }),
    scanToolArguments(name, json) {
      toolNames.push(name);
      return assess(json);
    },
    close: () => Promise.resolve(),
  };
  return { judge, scanner, safe, asked, scanned, toolNames };
}

/** Takes a text without any fence for code, once it is complete. */
function fencesOrAll(): CodeFinder {
  const finder = createCodeFinder();
  let code = '';
  return {
    push(added, complete) {
      code += added;
      const { snippets, holdFrom } = finder.push(added, complete);
      const fenced = snippets.filter((snippet) => snippet.fenced);
      if (!complete || code === '' || locate(code).blocks.length > 0) return { snippets: fenced, holdFrom };
      const [start, end] = [0, code.length];
      const place = { start, end, codeStart: start, codeEnd: end, lines: 0, linesEnd: 0 };
      return { snippets: [{ ...place, code, tag: undefined, fenced: false, closed: true }], holdFrom };
    },
  };
}

export interface RunOptions {
  readonly script?: Script;
  readonly policy?: object;
  readonly editable?: boolean;
  readonly streamed?: boolean;
  /** Before each frame that the client takes. */
  readonly clientDelays?: readonly number[];
  readonly signal?: AbortSignal;
}

export interface Run {
  readonly released: ReplyFrame[];
  readonly result: GateResult;
  readonly scripted: Scripted;
  /** The counts after each report. */
  readonly progress: { received: number; judged: number; released: number }[];
}

/** Small windows, so that a short reply has several; a short idle time, so that pauses matter. */
export const SMALL_WINDOWS = { first_window: 8, max_window: 40, growth: 1.5, idle_ms: 3 };

const question = {
  turns: [{ role: 'User', wireRole: 'user', segments: [{ channel: 'text', text: 'Hello?', path: '' }] }],
  unjudged: [],
} as const;

/** The gate with everything behind it, not yet started. */
export function openGate(
  frames: AsyncIterable<ReplyFrame>,
  options: RunOptions,
  parts: Scripted,
  extra: Partial<GateOptions> = {},
): AsyncGenerator<ReplyFrame, GateResult> {
  const policy = policyOf({ stream: SMALL_WINDOWS, ...options.policy });
  const cache = createVerdictCache({ maxBytes: 0, ttlMs: 1 });
  const engine = createEngine({ ...parts, cache, taxonomies, emit: () => undefined });
  return gateReply(frames, {
    review: engine.openReply(question, { requestId: 'test', policy, signal: options.signal }),
    policy,
    editable: options.editable ?? true,
    streamed: options.streamed ?? true,
    onProgress: () => undefined,
    ...extra,
  });
}

/** Runs a reply to its end. `onFrame` sees each frame before the next one is asked for. */
export async function runGate(
  frames: AsyncIterable<ReplyFrame>,
  options: RunOptions = {},
  onFrame: (frame: ReplyFrame, parts: Scripted) => void = () => undefined,
): Promise<Run> {
  const parts = scripted(options.script);
  const progress: Run['progress'] = [];
  const released: ReplyFrame[] = [];
  const gate = openGate(frames, options, parts, {
    onProgress: ({ received, judged, released: out }) => {
      const last = progress.at(-1) ?? { received: 0, judged: 0, released: 0 };
      progress.push({
        received: last.received + received,
        judged: last.judged + judged,
        released: last.released + out,
      });
    },
  });
  for (;;) {
    const step = await gate.next();
    if (step.done === true) return { released, result: step.value, scripted: parts, progress };
    released.push(step.value);
    onFrame(step.value, parts);
    await pause(cycle(options.clientDelays ?? [], released.length));
  }
}
