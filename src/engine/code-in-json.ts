/**
 * The code in a text that is JSON (structured output) while it grows. Each string leaves as prose does;
 * one that may hold code waits for its end and is scanned as the value it is, without the escapes. A
 * program reads such text, so nothing is ever written into it: code that the policy blocks blocks the reply.
 */
import type { CodeAssessment } from '../core/assessment.js';
import type { CodeFinder, CodeScanner, ScanOptions } from '../core/code-scanner.js';

export interface CodeInJsonParts {
  readonly scanner: Pick<CodeScanner, 'openText' | 'scanToolArguments'>;
  readonly options: ScanOptions;
  readonly onScanned: (code: CodeAssessment) => void;
}

export interface CodeInJson {
  /**
   * @param added what came since the last call
   * @returns false once the text turns out to be no JSON; it has to be read as plain text then
   */
  look(added: string, text: string, complete: boolean): Promise<boolean>;
  readonly free: number;
  readonly scans: Iterable<CodeAssessment>;
}

/** A string that is being read. */
interface Open {
  readonly finder: CodeFinder;
  value: string;
  /** Units of the value that the finder has had. */
  found: number;
  /** Characters of an escape that is not complete: `\`, `\u00`. */
  escape: string;
}

const ESCAPED: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' };
/** What stands between strings. */
const OUTSIDE = /[\s{}[\],:0-9+\-.eEtrufalsn]/;

export function createCodeInJson({ scanner, options, onScanned }: CodeInJsonParts): CodeInJson {
  const scans: CodeAssessment[] = [];
  let read = 0;
  let free = 0;
  let open: Open | undefined;
  /** A string that ended, until it shows whether it is a key. */
  let ended: string | undefined;
  let key: string | undefined;
  let findings = 0;

  async function scan(value: string): Promise<void> {
    const json = JSON.stringify(key === undefined ? [value] : { [key]: value });
    const scanned = await scanner.scanToolArguments('', json, options);
    if (scanned.status === 'scanned' && scanned.blocks.length === 0) return;
    keep(scanned);
  }

  function keep(scanned: CodeAssessment): void {
    scans.push(scanned);
    onScanned(scanned);
    if (scanned.status === 'scanned') findings += countFindings(scanned);
  }

  /** @returns false for a character that JSON does not have there */
  async function outside(char: string): Promise<boolean> {
    if (ended !== undefined && !/\s/.test(char)) {
      const value = ended;
      ended = undefined;
      if (char === ':') key = value;
      else await scan(value);
    }
    if (char === '"') open = { finder: scanner.openText(), value: '', found: 0, escape: '' };
    return open !== undefined || OUTSIDE.test(char);
  }

  function inside(string: Open, char: string): void {
    const { escape } = string;
    if (escape !== '' || char === '\\') {
      string.escape += char;
      const whole = /^\\(?:u(....)|([^u]))$/s.exec(string.escape);
      if (whole === null) return;
      const [, hex, single = ''] = whole;
      string.value +=
        hex === undefined ? (ESCAPED[single] ?? single) : String.fromCharCode(parseInt(hex, 16));
      string.escape = '';
    } else if (char === '"') {
      ended = string.value;
      open = undefined;
    } else string.value += char;
  }

  /** Whether no code can be open at the end of what was read. */
  function isFree(): boolean {
    if (ended !== undefined) return false;
    if (open === undefined) return true;
    const { finder, value, found } = open;
    const { holdFrom } = finder.push(value.slice(found), false);
    open.found = value.length;
    return holdFrom >= value.length && open.escape === '';
  }

  return {
    async look(added, text, complete) {
      for (const char of added.split('')) {
        if (open !== undefined) inside(open, char);
        else if (!(await outside(char))) return false;
        read += 1;
      }
      if (complete) {
        if (ended !== undefined) await scan(ended);
        ended = undefined;
        // Together: a value beside it may name the code's language.
        const whole = await scanner.scanToolArguments('', text, options);
        if (whole.status === 'unavailable' || countFindings(whole) > findings) keep(whole);
        free = read;
      } else if (isFree()) free = read;
      return true;
    },
    get free() {
      return free;
    },
    get scans() {
      return scans;
    },
  };
}

function countFindings(scanned: Extract<CodeAssessment, { status: 'scanned' }>): number {
  return scanned.blocks.reduce((sum, block) => sum + block.findings.length, 0);
}
