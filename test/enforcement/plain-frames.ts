/** The gate with frames made by hand and a review that does what the test says. */
import type { Channel, UnjudgedPart } from '../../src/core/conversation.js';
import type { Decision } from '../../src/core/decision.js';
import type { JsonObject } from '../../src/core/json.js';
import type { FrameText, ReplyFrame } from '../../src/core/wire-format.js';
import { gateReply, type GateOptions, type GateResult, type Violation } from '../../src/enforcement/gate.js';
import type { BlockNote, ReplyReview, ReplyText, ReviewOutcome } from '../../src/engine/reply-review.js';
import { pause, policyOf, SMALL_WINDOWS, cycle } from './guarded-reply.js';

export interface TextPart {
  readonly id?: string;
  readonly text: string;
  readonly restates?: boolean;
}

export interface FrameShape {
  readonly parts?: readonly (TextPart | string)[];
  readonly finished?: readonly number[];
  readonly unjudged?: readonly UnjudgedPart[];
}

const CHANNELS: Readonly<Record<string, Channel>> = {
  arguments: 'tool_arguments',
  reasoning: 'reasoning',
};

/** One message: its `texts` are what the client reads. */
export function frame({ parts = [], finished = [], unjudged }: FrameShape): ReplyFrame {
  const texts: JsonObject[] = [];
  const json: JsonObject = { texts };
  return {
    json,
    finished,
    isError: false,
    unjudged,
    texts: parts.map((given): FrameText => {
      const { id = '0/text', text, restates } = typeof given === 'string' ? { text: given } : given;
      const entry: JsonObject = { id, text };
      texts.push(entry);
      const channel = CHANNELS[id.slice(id.lastIndexOf('/') + 1)] ?? 'text';
      const set = (replacement: string): void => void (entry.text = replacement);
      return { choice: Number(id[0]), channel, id, text, set, ...(restates === true ? { restates } : {}) };
    }),
  };
}

export async function* stream(
  frames: readonly ReplyFrame[],
  delays: readonly number[] = [],
): AsyncGenerator<ReplyFrame> {
  for (const [index, each] of frames.entries()) {
    await pause(cycle(delays, index));
    yield each;
  }
}

export const allow: Decision = {
  direction: 'reply',
  action: 'allow',
  intended: 'allow',
  reason: 'safe',
  categories: [],
  findings: [],
  policy: 'test@1',
};

export const block: Decision = { ...allow, action: 'block', intended: 'block', reason: 'category' };

/** On code with one finding that the policy blocks. */
export const removes = (rule = 'no-bang'): Decision => ({
  ...allow,
  action: 'redact',
  intended: 'redact',
  reason: 'code',
  findings: [
    {
      treatment: 'block',
      finding: {
        ...{ rule, cwe: 'CWE-78', severity: 'error', message: 'bang', language: 'python' },
        ...{ startLine: 1, endLine: 1, startColumn: 1, endColumn: 2 },
      },
    },
  ],
});

export const NOTICE =
  '> **Portcullis: insecure code was taken out here.**\n> - line 1: bang (CWE-78, `no-bang`)\n\n';

export interface ScriptedReview extends ReplyReview {
  /** What each window showed, by text id. */
  readonly windows: Record<string, string>[];
  readonly parts: (readonly UnjudgedPart[])[];
  /** Texts that were found safe. */
  readonly safe: string[];
}

export interface ReviewScript {
  readonly delays?: readonly number[];
  readonly judge?: (texts: readonly ReplyText[], unjudged: readonly UnjudgedPart[]) => Partial<ReviewOutcome>;
  readonly holdFrom?: (text: ReplyText) => number;
}

export function reviewOf({ delays = [], judge, holdFrom }: ReviewScript = {}): ScriptedReview {
  const windows: Record<string, string>[] = [];
  const parts: (readonly UnjudgedPart[])[] = [];
  const safe: string[] = [];
  let busy = false;
  return {
    windows,
    parts,
    safe,
    async judge(texts, unjudged = []) {
      if (busy) throw new Error('the review was asked while it was asked');
      busy = true;
      windows.push(Object.fromEntries(texts.map(({ id, text }) => [id, text])));
      parts.push(unjudged);
      await pause(cycle(delays, windows.length - 1));
      busy = false;
      const outcome: ReviewOutcome = { decision: allow, notes: [], ...judge?.(texts, unjudged) };
      if (outcome.decision.action !== 'block') safe.push(...texts.map(({ text }) => text));
      return outcome;
    },
    holdFrom: (text) => holdFrom?.(text) ?? text.text.length,
    close: () => undefined,
  };
}

/** A review that gives each note once, when the text has come as far as `when` (default: the note's end). */
export function noting(notes: readonly (BlockNote & { readonly when?: number })[]): ReviewScript {
  const given = new Set<BlockNote>();
  return {
    judge(texts) {
      const length = new Map(texts.map(({ id, text }) => [id, text.length]));
      const due = notes.filter(
        (note) => !given.has(note) && (length.get(note.textId) ?? 0) >= (note.when ?? note.end),
      );
      for (const note of due) given.add(note);
      return { notes: due };
    },
    // What a note is about is held until the note is there.
    holdFrom: ({ id, text }) =>
      Math.min(
        text.length,
        ...notes.filter((note) => note.textId === id && !given.has(note)).map(({ start }) => start),
      ),
  };
}

export interface PlainRun {
  readonly result: GateResult;
  readonly released: readonly ReplyFrame[];
  /** As JSON went out, by id; texts that are said again are kept apart: `0/text again`. */
  readonly read: Readonly<Record<string, string>>;
  readonly review: ScriptedReview;
  readonly violations: readonly Violation[];
  readonly progress: { received: number; judged: number; released: number; unheld: number };
}

export interface PlainOptions {
  readonly script?: ReviewScript;
  readonly stream?: object;
  readonly policy?: object;
  readonly gate?: Partial<GateOptions>;
  readonly clientDelays?: readonly number[];
  readonly onFrame?: (read: Readonly<Record<string, string>>, review: ScriptedReview) => void;
}

export async function runPlain(
  frames: AsyncIterable<ReplyFrame>,
  options: PlainOptions = {},
): Promise<PlainRun> {
  const review = reviewOf(options.script);
  const released: ReplyFrame[] = [];
  const violations: Violation[] = [];
  const read: Record<string, string> = {};
  const progress = { received: 0, judged: 0, released: 0, unheld: 0 };
  const gate = gateReply(frames, {
    review,
    policy: policyOf({ stream: { ...SMALL_WINDOWS, ...options.stream }, ...options.policy }),
    editable: true,
    streamed: true,
    onProgress: (more) => {
      for (const key of ['received', 'judged', 'released', 'unheld'] as const) progress[key] += more[key];
    },
    onViolation: (violation) => violations.push(violation),
    ...options.gate,
  });
  for (;;) {
    const step = await gate.next();
    if (step.done === true) return { result: step.value, released, read, review, violations, progress };
    released.push(step.value);
    const wire = JSON.parse(JSON.stringify(step.value.json)) as { texts: { id: string; text: string }[] };
    for (const [index, { id, text }] of wire.texts.entries()) {
      const key = step.value.texts[index]?.restates === true ? `${id} again` : id;
      read[key] = key === id ? (read[id] ?? '') + text : text;
    }
    options.onFrame?.(read, review);
    await pause(cycle(options.clientDelays ?? [], released.length));
  }
}
