/** Scans code, or the code in a text, and gives each finding the treatment that the policy gives it. */
import type {
  CodeAssessment,
  Finding,
  ScannedBlock,
  Treatment,
  UnavailableReason,
} from '../../core/assessment.js';
import type { TreatedFinding } from '../../core/decision.js';
import { decide, type Policy } from '../../policy/policy.js';
import type { ItemContext, ScanParts } from './parts.js';
import { createLineIndex } from './line-index.js';
import { sinceMs } from './since.js';

export type ScanSource =
  /** Code; without a language it is detected. */
  | { readonly code: string; readonly language?: string | undefined }
  /** A model's answer: the code in it is found and scanned. */
  | { readonly text: string };

export interface ScannedSource {
  /** Of the first piece of code: `python`, …; `unknown` when not recognised, `none` when there is no code. */
  readonly language: string;
  /** The heaviest of the findings' treatments; without an answer `block` or `warn`, never `ignore`. */
  readonly treatment: Treatment;
  /** In order; lines and columns are those of the whole code or text that was given. */
  readonly findings: readonly TreatedFinding[];
  /** Why there is no answer; what was found up to then is not told. */
  readonly unavailable?: { readonly reason: UnavailableReason; readonly detail: string };
  readonly ms: number;
}

const WEIGHT: Record<Treatment, number> = { ignore: 0, warn: 1, block: 2 };

/** Never rejects. Scans also when the policy has code scans turned off: it was asked for here. */
export async function scanSource(
  parts: ScanParts,
  source: ScanSource,
  { requestId, signal }: ItemContext,
): Promise<ScannedSource> {
  const startedAt = performance.now();
  const policy = codeOnly(parts.policy);
  const code = await assess(parts, source, { signal, timeoutMs: policy.code.timeoutMs });
  parts.emit({ type: 'code-scanned', requestId, code });
  const taxonomy = parts.taxonomies.get(policy.taxonomy);
  const decision = decide({ direction: 'reply', verdicts: [], code: [code] }, policy, taxonomy);
  parts.emit({ type: 'decision', requestId, decision });

  if (code.status === 'unavailable')
    return {
      language: 'unknown',
      treatment: policy.code.unavailable === 'block' ? 'block' : 'warn',
      findings: [],
      unavailable: { reason: code.reason, detail: code.detail },
      ms: sinceMs(startedAt),
    };
  return {
    language: code.blocks[0]?.language ?? 'none',
    treatment: decision.findings
      .map(({ treatment }) => treatment)
      .reduce((a, b) => (WEIGHT[a] >= WEIGHT[b] ? a : b), 'ignore'),
    findings: decision.findings,
    ms: sinceMs(startedAt),
  };
}

/** The policy with the guard's verdicts left out and the code looked at. */
function codeOnly(policy: Policy): Policy {
  return {
    ...policy,
    // Nothing is carried out: the decision is told to the listeners as one of `mode: monitor`.
    mode: 'monitor',
    reply: { ...policy.reply, enabled: false },
    code: { ...policy.code, enabled: true },
  };
}

async function assess(
  { scanner }: ScanParts,
  source: ScanSource,
  options: { readonly signal: AbortSignal | undefined; readonly timeoutMs: number },
): Promise<CodeAssessment> {
  if ('text' in source) {
    const scanned = await scanner.scanText(source.text, options);
    if (scanned.status === 'unavailable') return scanned;
    const codeStarts = new Map(
      scanner.locate(source.text).blocks.map(({ start, codeStart }) => [start, codeStart]),
    );
    const lines = createLineIndex(source.text);
    return {
      ...scanned,
      blocks: scanned.blocks.map((block) =>
        inText(block, lines.placeOf(codeStarts.get(block.start) ?? block.start)),
      ),
    };
  }
  const outcome = await scanner.scanCode(source.code, source.language, options);
  if (outcome.status === 'unavailable') return outcome;
  const { language, findings, ms } = outcome;
  return { status: 'scanned', blocks: [{ start: 0, end: source.code.length, language, findings }], ms };
}

/** @param from where the block's code begins in the text, 1-based */
function inText(block: ScannedBlock, from: { readonly line: number; readonly column: number }): ScannedBlock {
  const line = (own: number): number => own + from.line - 1;
  const column = (own: number, ownLine: number): number => (ownLine === 1 ? own + from.column - 1 : own);
  return {
    ...block,
    findings: block.findings.map((finding): Finding => ({
      ...finding,
      startLine: line(finding.startLine),
      endLine: line(finding.endLine),
      startColumn: column(finding.startColumn, finding.startLine),
      endColumn: column(finding.endColumn, finding.endLine),
    })),
  };
}
