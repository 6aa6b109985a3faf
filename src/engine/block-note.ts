/** What the client is told about code, and where. */
import type { Decision } from '../core/decision.js';

/**
 * Code whose findings the client is told about, in the text: a note under it (`annotate`: `start` and `end`
 * are both the offset after the block), or a notice in its place (`redact`: what is from `start` to `end`
 * does not go out). Offsets are UTF-16 units of the text with this id, as received. A snippet that goes on
 * after it was blocked goes on in further notes of `continues: true`, each from the end of the one before,
 * which only remove.
 */
export interface BlockNote {
  readonly textId: string;
  readonly start: number;
  readonly end: number;
  readonly continues?: boolean | undefined;
  readonly decision: Decision;
}
