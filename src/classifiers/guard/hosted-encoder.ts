/** The sentence encoder of the embedded judge, run in a supervised process of its own. */
import type { UnavailableReason } from '../../core/assessment.js';
import type { NativeHost } from './native/native-host.js';
import type { PieceEncoder } from './embedded/piece-encoder.js';

/** Why there is no embedding. */
export class EncoderUnavailableError extends Error {
  readonly reason: UnavailableReason;
  /** Seconds after which a retry makes sense, where that can be told. */
  readonly retryAfter: number | undefined;

  constructor(reason: UnavailableReason, detail: string, retryAfter?: number) {
    super(detail);
    this.name = 'EncoderUnavailableError';
    this.reason = reason;
    this.retryAfter = retryAfter;
  }
}

/** @param fingerprint see PieceEncoder */
export function createHostedEncoder(host: NativeHost<'encoder'>, fingerprint: string): PieceEncoder {
  return {
    fingerprint,
    get queueDepth() {
      return host.queueDepth;
    },
    async embedPieces(text, options) {
      const outcome = await host.call({ text }, options);
      if (outcome.status === 'unavailable')
        throw new EncoderUnavailableError(outcome.reason, outcome.detail, outcome.retryAfter);
      return outcome.value;
    },
    close: () => host.close(),
  };
}
