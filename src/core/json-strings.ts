/**
 * JSON hides what it says from a guard model: a sentence in quotes, behind a key, with `\u` escapes, is
 * not what guards were trained on. So text with JSON in it is judged as written and, beside it, with its
 * strings in plain words in the place of the JSON.
 *
 * JSON begins where a line does. It may be cut off, as in a stream, and need not be correct.
 */

export interface PlainStrings {
  /**
   * Reads on.
   *
   * @returns what is new behind what was returned before: prose as it is, strings unescaped. A short string
   *   that could still turn out to be a mere key, and a last escape that is cut off, come later.
   */
  add(more: string): string;
  /** Whether a string says more than a bare word, which reads the same in quotes. Once true, it stays so. */
  readonly speak: boolean;
}

/** Keys that are no sentence count from this length on, in UTF-16 units: they may be encoded text. */
const LONG_KEY = 16;
/** So many bare words in one array are a sentence too. */
const WORDS = 3;
/** Objects deeper than this are read as arrays. */
const MAX_DEPTH = 4096;

const SPEAKS = /[\s\u0080-\uffff]/;
const SPACE = /\s/;
const ESCAPED: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' };

type Mode = 'line start' | 'prose' | 'bracket' | 'json' | 'string' | 'escape' | 'unicode';

export function createPlainStrings(): PlainStrings {
  let mode: Mode = 'line start';
  let speak = false;
  let out = '';
  /** The end of all that was returned. */
  let last = '';
  /** An opening bracket that may begin JSON, and the white space behind it. */
  let held = '';
  /** One entry for each open bracket. */
  let open: ('{' | '[')[] = [];
  let deeper = 0;
  /** In an object: the next string is a key. */
  let key = false;
  /** The string that is being read, as far as it has not been returned. */
  let text = '';
  let told = false;
  let speaks = false;
  let unicode = '';
  /** Bare words in a row in one array. */
  let words = 0;
  let broken = false;

  function put(more: string): void {
    if (more === '') return;
    out += more;
    last = more.length > 1 ? more.slice(-2) : last.slice(-1) + more;
  }

  /** A blank line between what was put and what comes. */
  function part(): void {
    if (last !== '') put(last.endsWith('\n\n') ? '' : last.endsWith('\n') ? '\n' : '\n\n');
  }

  function tell(): void {
    if (!told) {
      if (words > 0) put(' ');
      else part();
      told = true;
    }
    put(text);
    text = '';
  }

  function character(more: string): void {
    text += more;
    if (!speaks && SPEAKS.test(more)) {
      speaks = true;
      speak = true;
    }
    if (told || !key || speaks || text.length >= LONG_KEY) {
      if (text.length > 0) tell();
    }
  }

  function begin(bracket: '{' | '['): void {
    if (open.length < MAX_DEPTH) open.push(bracket);
    else deeper += 1;
    key = bracket === '{' && deeper === 0;
    words = 0;
  }

  function end(): void {
    if (deeper > 0) deeper -= 1;
    else open.pop();
    key = false;
    words = 0;
    if (open.length > 0) return;
    open = [];
    mode = 'prose';
    broken = true;
  }

  function inJson(char: string): void {
    switch (char) {
      case '"':
        mode = 'string';
        text = '';
        told = false;
        speaks = false;
        break;
      case '{':
      case '[':
        begin(char);
        break;
      case '}':
      case ']':
        end();
        break;
      case ',':
        key = deeper === 0 && open.at(-1) === '{';
        if (key) words = 0;
        break;
      case ':':
        key = false;
        break;
    }
  }

  function endString(): void {
    mode = 'json';
    const bare = told && !speaks && !key && (deeper > 0 || open.at(-1) === '[');
    words = bare ? words + 1 : 0;
    if (words >= WORDS) speak = true;
    text = '';
  }

  function inProse(char: string): void {
    if (broken && char !== '\n') part();
    broken = false;
    put(char);
    mode = char === '\n' ? 'line start' : mode === 'line start' && SPACE.test(char) ? mode : 'prose';
  }

  function step(char: string): void {
    switch (mode) {
      case 'line start':
        if (char === '{' || char === '[') {
          held = char;
          mode = 'bracket';
        } else inProse(char);
        return;
      case 'bracket':
        if (SPACE.test(char)) {
          held += char;
          return;
        }
        if (held.startsWith('{') ? /["}]/.test(char) : /["{[\]\-0-9]/.test(char)) {
          mode = 'json';
          begin(held.startsWith('{') ? '{' : '[');
          held = '';
          inJson(char);
          return;
        }
        mode = 'prose';
        put(held);
        held = '';
        inProse(char);
        return;
      case 'prose':
        inProse(char);
        return;
      case 'json':
        inJson(char);
        return;
      case 'string':
        if (char === '"') endString();
        else if (char === '\\') mode = 'escape';
        else character(char);
        return;
      case 'escape':
        if (char === 'u') {
          mode = 'unicode';
          unicode = '';
          return;
        }
        mode = 'string';
        character(ESCAPED[char] ?? char);
        return;
      case 'unicode':
        if (!/[0-9A-Fa-f]/.test(char)) {
          mode = 'string';
          character('u' + unicode);
          step(char);
          return;
        }
        unicode += char;
        if (unicode.length < 4) return;
        mode = 'string';
        character(String.fromCharCode(parseInt(unicode, 16)));
    }
  }

  /** Up to the next character that means something: all of it at once. */
  function plainRun(text: string, from: number): number {
    if (mode === 'prose' && !broken) {
      const end = text.indexOf('\n', from);
      return end < 0 ? text.length : end;
    }
    if (mode !== 'string' || !told) return from;
    PLAIN.lastIndex = from;
    return PLAIN.test(text) ? PLAIN.lastIndex : from;
  }

  return {
    add(more) {
      out = '';
      for (let at = 0; at < more.length;) {
        const end = plainRun(more, at);
        if (end === at) {
          step(more.charAt(at));
          at += 1;
        } else if (mode === 'string') {
          character(more.slice(at, end));
          at = end;
        } else {
          put(more.slice(at, end));
          at = end;
        }
      }
      return out;
    },
    get speak() {
      return speak;
    },
  };
}

/** What a string literal says without any escape. */
const PLAIN = /[^"\\]+/y;

/** The text with the strings of its JSON in plain words; undefined where it has no JSON that says anything. */
export function withPlainStrings(text: string): string | undefined {
  const strings = createPlainStrings();
  const plain = strings.add(text);
  return strings.speak ? plain : undefined;
}
