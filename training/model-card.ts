/** The model card: fixed words around measured figures. */
import type { Calibration } from './calibration.js';
import type { Row } from './dataset.js';
import { quality, qualityWithIntervals, type Interval, type Scored } from './metrics.js';
import { CATEGORIES } from './model.js';
import { FOLDS, isHateCorpus } from './row-policy.js';

export interface Judged {
  readonly row: Row;
  readonly score: number;
  /** Logits. */
  readonly categories: Float32Array;
}

export interface CardFacts {
  /** Every training row, judged by a model that never saw its source. */
  readonly heldOut: readonly Judged[];
  readonly dev: readonly Judged[];
  readonly trainRows: number;
  readonly calibration: Calibration;
}

const SEED = 7;

export function writeModelCard(facts: CardFacts): string {
  return `# Embedded guard: model card

Written by \`training/train-head.ts\`; do not edit by hand. How it works: docs/embedded-guard.md.

## What it is

A starter guard, so that Portcullis judges from the first minute without a download: the sentence
encoder all-MiniLM-L6-v2 (22 million parameters, Q8_0, Apache-2.0) and a head of about 60,000 weights
trained here. It reads single messages, in English, one piece of text at a time, and answers with a
score and the MLCommons v0.5 categories S1 to S11. It catches plainly worded hazards. It is no match
for a Llama Guard of a billion parameters or more: where a miss or a false alarm is costly, use one.

## How it was trained

${facts.trainRows} rows: public data sets with permissive licences and texts written for this project
(training/own-examples.ts). Doubtful rows count less (training/row-policy.ts says which and why):
specialised-advice prompts 0.2 and replies 0.5, DiaSafety 0.4, Hatemoji, ToxiGen, AART, interpreter-abuse
and keyword-labelled red-team prompts 0.5, unsafe rows without a category 0.7, and the large sources of
easy questions 0.5 to 0.7. No row was dropped. The network has one hidden layer and sees who spoke; a
linear model over hashed tokens and token pairs is added to its logit.

Of an unsafe text the windows are learnt, of a safe one up to six windows and sentences. The hate
collections (Hatemoji, ToxiGen, Davidson 2017) are learnt for both roles, at 0.3 for the Agent.

The score is calibrated on held-out sources: 0.5 lies where 3% of their safe texts are above it, for each
role. The hate collections are left out of this count: their safe rows are mostly rude posts about the same
groups, no measure of how often everyday text is stopped. A text's score is that of its worst piece.

## Measured: sources never seen in training

The figure to trust. Each of ${FOLDS.length} models was trained without one group of sources and judged only those;
the table pools the answers. The operating point was set on these same predictions, so FPR is what was
asked for; recall at it is the measurement. Intervals: 95%, bootstrap over rows.

${qualityTable(facts.heldOut)}

Without the hate collections:

${qualityTable(facts.heldOut.filter(({ row }) => !isHateCorpus(row.source)))}

The unsafe texts held out here are harder and more doubtful than the hazards users name first: sarcastic
or mild hate, bad household advice, borderline health and law questions, security exercises.

${categoryTable(facts.heldOut)}

${sourceTable(facts.heldOut)}

## Measured: dev.jsonl

New rows from the same sources as the training data. It flatters: use it to notice regressions only.

${qualityTable(facts.dev)}

${categoryTable(facts.dev)}

## Limits

- English only. Other languages, ciphers, code words and deliberate misspelling are mostly not understood.
- Unsafe replies are the weak side: for S3, S4, S7, S8, S10 and S11 there are no collected ones, only
  templates written here; bad advice (S5) from new sources is hardly noticed.
- It sees one message, not the conversation; harm that only the context shows is missed.
- A short hazard inside a long harmless piece is diluted; pieces of text limit that, they do not undo it.
- Benign security questions, quotations of hateful speech and dark fiction are the usual false alarms.
- Each piece of a long text is one more chance for a false alarm.
`;
}

function qualityTable(items: readonly Judged[]): string {
  const rows = [
    ['User', items.filter(({ row }) => row.role === 'User')],
    ['Agent', items.filter(({ row }) => row.role === 'Agent')],
    ['both', items],
  ] as const;
  return table(
    ['role', 'safe', 'unsafe', 'F1', 'precision', 'recall', 'AUPRC', 'FPR'],
    rows.map(([name, group]) => {
      const scored = group.map(toScored);
      const unsafe = scored.filter((item) => item.unsafe).length;
      const q = qualityWithIntervals(scored, SEED);
      return [
        name,
        String(scored.length - unsafe),
        String(unsafe),
        ...[q.f1, q.precision, q.recall, q.auprc, q.fpr].map(withInterval),
      ];
    }),
  );
}

/** Recall for the unsafe rows of each category, and how often the first category named is a right one. */
function categoryTable(items: readonly Judged[]): string {
  return table(
    ['category', 'User rows', 'User recall', 'Agent rows', 'Agent recall', 'first category right', 'AUPRC'],
    CATEGORIES.map((id, index) => {
      const own = items.filter(({ row }) => row.categories.includes(id));
      const recall = (role: Row['role']): string[] => {
        const scored = own.filter(({ row }) => row.role === role).map(toScored);
        if (scored.length === 0) return ['0', ''];
        return [String(scored.length), withInterval(qualityWithIntervals(scored, SEED).recall)];
      };
      const right = own.filter((item) => item.row.categories.includes(firstCategory(item))).length;
      const ranked = items
        .filter(({ row }) => row.label === 'safe' || row.categories.length > 0)
        .map((item) => ({ unsafe: item.row.categories.includes(id), score: categoryScore(item, index) }));
      return [
        id,
        ...recall('User'),
        ...recall('Agent'),
        own.length === 0 ? '' : percent(right / own.length),
        own.length === 0 ? '' : percent(quality(ranked).auprc),
      ];
    }),
  );
}

function sourceTable(items: readonly Judged[]): string {
  const sources = [...new Set(items.map(({ row }) => row.source))].sort();
  return table(
    ['held-out source', 'safe', 'FPR', 'unsafe', 'recall'],
    sources.map((source) => {
      const scored = items.filter(({ row }) => row.source === source).map(toScored);
      const q = quality(scored);
      const unsafe = scored.filter((item) => item.unsafe).length;
      const safe = scored.length - unsafe;
      return [
        source,
        String(safe),
        safe === 0 ? '' : percent(q.fpr),
        String(unsafe),
        unsafe === 0 ? '' : percent(q.recall),
      ];
    }),
  );
}

function toScored({ row, score }: Judged): Scored {
  return { unsafe: row.label === 'unsafe', score };
}

function firstCategory({ categories }: Judged): string {
  return CATEGORIES[categories.indexOf(Math.max(...categories))] ?? '';
}

/** As the head scores it: relative to the likeliest category, which carries the whole score. */
function categoryScore({ score, categories }: Judged, index: number): number {
  return score * Math.exp((categories[index] ?? -Infinity) - Math.max(...categories));
}

function percent(value: number): string {
  return Number.isNaN(value) ? '' : `${(value * 100).toFixed(1)}%`;
}

function withInterval({ value, low, high }: Interval): string {
  return `${percent(value)} (${(low * 100).toFixed(1)}–${(high * 100).toFixed(1)})`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
