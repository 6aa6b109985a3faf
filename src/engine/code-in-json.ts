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
  /** It has found code: also behind that code, nothing of the string leaves before the string is scanned. */
  hasCode: boolean;
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
  let ended: Open | undefined;
  let key: string | undefined;
  let findings = 0;

  async function scan(value: string, name: string | undefined): Promise<void> {
    const json = JSON.stringify(name === undefined ? [value] : { [name]: value });
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
      const string = ended;
      ended = undefined;
      if (char !== ':') await scan(string.value, key);
      else {
        find(string, true);
        if (string.hasCode) await scan(string.value, undefined);
        key = string.value;
      }
    }
    if (char === '"') open = { finder: scanner.openText(), value: '', found: 0, hasCode: false, escape: '' };
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
      ended = string;
      open = undefined;
    } else string.value += char;
  }

  /** Looks for code in what came of a string. @returns whether it may leave */
  function find(string: Open, complete: boolean): boolean {
    const { finder, value, found } = string;
    const { snippets, holdFrom } = finder.push(value.slice(found), complete);
    string.found = value.length;
    string.hasCode ||= snippets.length > 0;
    return !string.hasCode && holdFrom >= value.length && string.escape === '';
  }

  /** Whether no code that is not scanned is in what was read. */
  function isFree(): boolean {
    if (ended !== undefined) return false;
    return open === undefined || find(open, false);
  }

  return {
    async look(added, text, complete) {
      for (const char of added.split('')) {
        if (open !== undefined) inside(open, char);
        else if (!(await outside(char))) return false;
        read += 1;
      }
      if (complete) {
        if (ended !== undefined) await scan(ended.value, key);
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
