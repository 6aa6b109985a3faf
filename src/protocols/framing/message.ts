/** The steps both framings share: strict UTF-8, and one message's text to JSON. */
import { GuardError } from '../../core/errors.js';
import { isJsonObject, type JsonObject } from '../../core/json.js';

export interface Utf8Stream {
  /** Throws GuardError('upstream_malformed') on bytes that are not UTF-8. */
  decode(bytes: Uint8Array): string;
  /** Throws GuardError('upstream_interrupted') when the stream ended inside a character. */
  end(): void;
}

/** Decodes UTF-8 that may be split inside a character; a leading byte order mark is dropped. */
export function createUtf8Stream(): Utf8Stream {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  return {
    decode(bytes) {
      try {
        return decoder.decode(bytes, { stream: true });
      } catch (cause) {
        throw new GuardError('upstream_malformed', 'The upstream sent a stream that is not UTF-8.', {
          cause,
        });
      }
    },
    end() {
      try {
        decoder.decode();
      } catch (cause) {
        throw interrupted(cause);
      }
    },
  };
}

/** The message as a JSON object, or undefined when it is anything else. */
export function parseMessage(text: string): JsonObject | undefined {
  let value: unknown;
  try {
    // Replies are released re-serialized, so of two equal keys the judged one is the one that is sent.
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return isJsonObject(value) ? value : undefined;
}

export function interrupted(cause?: unknown): GuardError {
  return new GuardError(
    'upstream_interrupted',
    'The upstream closed the stream in the middle of a message.',
    cause === undefined ? {} : { cause },
  );
}

export function notJson(): GuardError {
  return new GuardError('upstream_malformed', 'The upstream sent a message that is not a JSON object.');
}

export function tooLong(limit: number): GuardError {
  return new GuardError('upstream_malformed', `The upstream sent a message longer than ${limit} characters.`);
}
