/** Splits bytes into lines without ever holding more than one line. */

export interface InputLine {
  /** 1-based. */
  readonly number: number;
  /** Without the line's end; undefined when the line is longer than `maxBytes` and was skipped. */
  readonly bytes: Buffer | undefined;
  /** Bytes of the whole input up to the end of this line. */
  readonly offset: number;
}

/** A longer line is no item but a mistake: a missing newline, or another kind of file. */
export const MAX_LINE_BYTES = 16 * 1024 * 1024;

const NEWLINE = 0x0a;

export async function* readLines(
  chunks: AsyncIterable<Buffer>,
  maxBytes: number = MAX_LINE_BYTES,
): AsyncGenerator<InputLine> {
  let number = 1;
  let offset = 0;
  let held: Buffer[] = [];
  let size = 0;
  const add = (piece: Buffer): void => {
    size += piece.length;
    if (size > maxBytes) held = [];
    else if (piece.length > 0) held.push(piece);
  };
  const take = (): InputLine => {
    const line = { number, bytes: size > maxBytes ? undefined : Buffer.concat(held), offset };
    held = [];
    size = 0;
    number += 1;
    return line;
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      add(chunk.subarray(from, end));
      offset += end + 1 - from;
      from = end + 1;
      yield take();
    }
    add(chunk.subarray(from));
    offset += chunk.length - from;
  }
  if (size > 0) yield take();
}
