/** Exit codes of the command line; scripts rely on them. */
export const EXIT = {
  /** Fine, all safe. */
  fine: 0,
  /** Something unsafe or insecure was found. */
  found: 1,
  /** Wrong usage, configuration or input. */
  usage: 2,
  /** The guard, or the scanner, gave no answer. */
  unavailable: 3,
  /** A fault of Portcullis itself; `EX_SOFTWARE` of sysexits.h. */
  bug: 70,
  /** Stopped by Ctrl-C before it was done: 128 + SIGINT. */
  interrupted: 130,
  /** Whoever read the output stopped reading: 128 + SIGPIPE, as other programs end then. */
  outputClosed: 141,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Sets the exit code that the command ends with. */
export type SetExit = (code: ExitCode) => void;

/** Ends a command with a message on standard error, without a stack. */
export class CliError extends Error {
  constructor(
    readonly exitCode: ExitCode,
    message: string,
    options: { readonly cause?: unknown } = {},
  ) {
    super(message, options);
    this.name = 'CliError';
  }
}

/**
 * One code for many answers: wrong input outweighs a missing answer, because the work is not done, and
 * that outweighs a finding, because there may be more of them.
 */
export class Tally {
  readonly #seen = new Set<ExitCode>();

  add(code: ExitCode): void {
    this.#seen.add(code);
  }

  get code(): ExitCode {
    const order = [EXIT.usage, EXIT.unavailable, EXIT.found];
    return order.find((code) => this.#seen.has(code)) ?? EXIT.fine;
  }
}
