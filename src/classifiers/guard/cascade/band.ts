/** Where a quick judge's score is believed. */
import type { GuardRole } from '../../../core/conversation.js';
import { GuardError } from '../../../core/errors.js';

/**
 * Scores of the quick judge, in [0, 1]: at most `low` is safe, at least `high` is unsafe, and the thorough
 * judge decides between them. Undefined: no score is.
 */
export interface Band {
  readonly low: number | undefined;
  readonly high: number | undefined;
}

/** One for prompts and one for replies. */
export type Bands = Readonly<Record<GuardRole, Band>>;

/** What a score means by itself; undefined: the thorough judge has to decide. Also for a score that is no probability. */
export function readScore({ low, high }: Band, score: number): 'safe' | 'unsafe' | undefined {
  if (!(score >= 0 && score <= 1)) return undefined;
  if (low !== undefined && score <= low) return 'safe';
  if (high !== undefined && score >= high) return 'unsafe';
  return undefined;
}

/** @throws GuardError('config_invalid') when the ends are not in [0, 1] or not in order */
export function checkBands(bands: Bands): void {
  for (const [role, { low, high }] of Object.entries(bands)) {
    for (const end of [low, high])
      if (end !== undefined && !(end >= 0 && end <= 1))
        throw new GuardError(
          'config_invalid',
          `The cascade's band for ${role} ends at ${end}; scores are 0 to 1.`,
        );
    if (low !== undefined && high !== undefined && low >= high)
      throw new GuardError(
        'config_invalid',
        `The cascade's band for ${role} goes from ${low} to ${high}; its low end has to be below its high end.`,
      );
  }
}
