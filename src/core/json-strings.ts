/**
 * JSON hides what it says from a guard model: a sentence in quotes, behind a key, with `\u` escapes, is
 * not what guards were trained on. So text that is JSON is judged as written and in plain words.
 */

/** A string literal, closed or (in a stream) not yet. Matches in time linear in the text. */
const LITERAL = /"((?:[^"\\]|\\.)*)"?/gs;

/** More than a bare word, which reads the same in quotes. */
const SPEAKS = /[\s\u0080-\uffff]/;

/** Whether a guard reads `text` in plain words too. Once there is more than white space, more text changes nothing. */
export function beginsAsJson(text: string): boolean {
  return /^\s*[[{]/.test(text);
}

/**
 * The text, and where it begins as JSON does, all its strings (keys too) unescaped on lines of their own.
 * Works on JSON that is still arriving; a last escape that is cut off is left out.
 */
export function withPlainStrings(text: string): string {
  if (!beginsAsJson(text)) return text;
  const strings = Array.from(text.matchAll(LITERAL), ([, body = '']) => unescape(body)).filter((each) =>
    SPEAKS.test(each),
  );
  return strings.length === 0 ? text : `${text}\n\n${strings.join('\n\n')}`;
}

const ESCAPED: Record<string, string> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' };

function unescape(body: string): string {
  return body.replace(/\\(?:u([0-9a-fA-F]{4})|(.)|$)/gs, (_, hex?: string, char?: string) => {
    if (hex !== undefined) return String.fromCharCode(parseInt(hex, 16));
    return char === undefined ? '' : (ESCAPED[char] ?? char);
  });
}
