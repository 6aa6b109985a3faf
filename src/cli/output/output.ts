/** Standard output: results only, written at the reader's pace. */

/** The reader went away (`… | head -1`). Nothing is wrong, and nobody is left to be told. */
export class OutputClosed extends Error {
  constructor() {
    super('standard output was closed');
    this.name = 'OutputClosed';
  }
}

const ignore = (): void => undefined;

/** Call at the start: a closed output shows itself as an event too, which would end the process with a stack. */
export function watchOutput(): void {
  for (const stream of [process.stdout, process.stderr])
    if (!stream.listeners('error').includes(ignore)) stream.on('error', ignore);
}

/** Resolves when the text is handed over; rejects with OutputClosed when nobody reads any more. */
export function print(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => {
      if (error === null || error === undefined) resolve();
      else if (isClosed(error)) reject(new OutputClosed());
      else reject(error);
    });
  });
}

function isClosed(error: NodeJS.ErrnoException): boolean {
  return ['EPIPE', 'ERR_STREAM_DESTROYED', 'ECONNRESET', 'EOF'].includes(error.code ?? '');
}

/** A remark for the person at the terminal. */
export function remark(text: string): void {
  process.stderr.write(text);
}
