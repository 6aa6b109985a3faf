/** What can go wrong with the hub, told so that the reader knows what to do. The token is in none of it. */
import { GuardError } from '../../../core/errors.js';

/** The connection, or the server, may well do better at the next attempt. */
export class HubInterruption extends Error {
  /** Seconds that the server asked to wait. */
  readonly retryAfter: number | undefined;
  /** HTTP status, if there was an answer at all. */
  readonly status: number | undefined;

  constructor(
    message: string,
    options: {
      readonly cause?: unknown;
      readonly retryAfter?: number | undefined;
      readonly status?: number;
    } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'HubInterruption';
    this.retryAfter = options.retryAfter;
    this.status = options.status;
  }
}

/** Instructions for a machine without a way to the hub. */
export function offlineHelp(hub: string): string {
  return `If this machine has no way to the hub:
  1. Download the .gguf file on another machine (portcullis models pull, or with a browser from ${hub}).
  2. Copy it to this machine.
  3. Look at it: portcullis models inspect PATH
  4. Use it: portcullis serve --guard gguf:PATH
If there is a mirror, set HF_ENDPOINT to its address; if there is a proxy, set HTTPS_PROXY.`;
}

export function unreachable(hub: string, error: HubInterruption): GuardError {
  if (error.status !== undefined)
    return new GuardError(
      'guard_unavailable',
      `The model hub ${hub} does not work just now: ${error.message}. Run the same command again later.`,
      { cause: error },
    );
  return new GuardError(
    'guard_unavailable',
    `The model hub ${hub} cannot be reached: ${error.message}.\n${offlineHelp(hub)}`,
    { cause: error },
  );
}

export interface Refusal {
  readonly hub: string;
  readonly repository: string;
  readonly status: number;
  /** The hub's `x-error-code`. */
  readonly code: string | undefined;
  /** Whether a token was sent. */
  readonly withToken: boolean;
  /** The token was held back, for the hub's address is not encrypted. */
  readonly tokenWithheld: boolean;
}

/** For 401, 403 and 404 of the hub itself. */
export function refused(refusal: Refusal): GuardError {
  return new GuardError('config_invalid', refusalText(refusal));
}

function refusalText({ hub, repository, status, code, withToken, tokenWithheld }: Refusal): string {
  const page = `${hub}/${repository}`;
  const withheld = tokenWithheld
    ? `\nA token is set, but was not sent: ${hub} is not encrypted. Use an https:// address.`
    : '';
  const makeToken = `${hub}/settings/tokens`;
  const setToken = 'Set it in the environment (HF_TOKEN=…) and run the same command again.';
  if (code === 'GatedRepo' || (status === 403 && code !== 'RepoNotFound'))
    return withToken
      ? `The hub knows your token, but it may not read ${repository}.
  1. Open ${page} while signed in, and ask for access or accept the terms. Some owners take a day to answer.
  2. A fine-grained token also needs the permission to read gated repositories: ${makeToken}
Then run the same command again.`
      : `${repository} is gated: its owner wants the terms to be accepted first.
  1. Sign in (an account is free) and ask for access, or accept the terms: ${page}
  2. Make a token that may read: ${makeToken}
  3. ${setToken}${withheld}`;
  if (status === 401 && withToken && code !== 'RepoNotFound')
    return `The hub does not accept your token. It may be mistyped, expired or deleted: ${makeToken}\n${setToken}`;
  if (code === 'EntryNotFound' || code === 'RevisionNotFound')
    return `${repository} does not have that file any more. Run the same command again; if that does not help, look at ${page}`;
  return `There is no repository ${repository} on ${hub}, or it is private. Check the spelling: USER/REPO, as on its page.${
    withToken
      ? ' A private one needs a token of an account that may read it.'
      : `\nFor a private one, make a token that may read: ${makeToken}\n${setToken}`
  }${withheld}`;
}
