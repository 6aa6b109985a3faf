/** The letters that byte-level vocabularies write for bytes: printable ones as they are, the others from U+0100 on. */

const letters: readonly string[] = makeLetters();

function makeLetters(): string[] {
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => {
    const printable =
      (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || (byte >= 174 && byte <= 255);
    return String.fromCharCode(printable ? byte : next++);
  });
}

/** All 256, by byte. */
export function byteLetters(): readonly string[] {
  return letters;
}

/** How the vocabulary spells a text: `Ġ` for a space, `Ċ` for a line break. */
export function spelled(text: string): string {
  return [...Buffer.from(text, 'utf8')].map((byte) => letters[byte] ?? '').join('');
}
