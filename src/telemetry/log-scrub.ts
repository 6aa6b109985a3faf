/**
 * The last door before the log's output. Whatever a caller put into a record, however deep, the line
 * that leaves holds no credential and, unless prompts are to be logged, no judged text.
 */

const REDACTED = '[redacted]';
const WITHHELD = '[text withheld]';

/** Compared without case, `-` and `_`. */
const SECRET_KEYS = new Set([
  'authorization',
  'proxyauthorization',
  'apikey',
  'xapikey',
  'token',
  'accesstoken',
  'refreshtoken',
  'bearer',
  'cookie',
  'cookies',
  'setcookie',
  'password',
  'secret',
  'clientsecret',
]);

/** Fields in which the wire formats and our own code carry what people and models said. */
const TEXT_KEYS = new Set([
  'prompt',
  'prompts',
  'reply',
  'text',
  'content',
  'contents',
  'messages',
  'conversation',
  'turns',
  'segments',
  'input',
  'output',
  'completion',
  'choices',
  'delta',
  'arguments',
  'system',
  'snippet',
  'body',
  'rawbody',
]);

/** Longest string in characters; text that got into a field of another name does not get far. */
const MAX_STRING = 1000;
const MAX_STACK = 8000;

const SECRET_VALUES: readonly [RegExp, string][] = [
  [/\b(Bearer|Basic)\s+[^\s"',;]+/gi, `$1 ${REDACTED}`],
  [/\b(?:sk|pk|rk|hf|gsk|ghp|xai)[-_][A-Za-z0-9_-]{8,}/g, REDACTED],
  [/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@"']+@/gi, `$1${REDACTED}@`],
  [/([?&](?:api[-_]?key|key|token|access_token)=)[^\s&"'#]+/gi, `$1${REDACTED}`],
];

/** V8 quotes the input when JSON.parse fails, and that input is somebody's prompt. */
const QUOTED_JSON = /(?:Unexpected (?:token|non-whitespace)[^]*?|"[^]*?") is not valid JSON/g;

/** Whatever `SECRET_VALUES` and `QUOTED_JSON` could find in a value is also found by this in the whole line. */
const SUSPICIOUS =
  /(?:Bearer|Basic)\s|(?:sk|pk|rk|hf|gsk|ghp|xai)[-_][\w-]{8}|:\/\/[^\s/@"']+@|[?&](?:api[-_]?key|key|token|access_token)=|is not valid JSON/i;

/** A field of a flat record, with values that are the same whether they are read and written again or not. */
const PLAIN_FIELD =
  /"([\w.-]{1,64})":(?:"[^"\\\x00-\x1f]{0,1000}"|-?(?:0|[1-9]\d{0,14})(?:\.\d{1,15})?|true|false|null|\[(?:"[^"\\\x00-\x1f]{0,1000}"(?:,"[^"\\\x00-\x1f]{0,1000}")*)?\])/y;

/** Names of fields seen in plain records that need no cleaning; few, since they come from our own code. */
const dullKeys = new Set<string>();
const MAX_DULL_KEYS = 500;

const normalized = (key: string) => key.toLowerCase().replace(/[-_]/g, '');

/**
 * Cleans one line of JSON as the logger wrote it.
 * @param prompts true keeps judged text (credentials go all the same)
 * @returns a line of JSON with its newline
 */
export function scrubLine(line: string, prompts: boolean): string {
  if (isPlain(line)) return line;
  const scrub = (value: unknown, key: string): unknown => {
    const name = normalized(key);
    if (SECRET_KEYS.has(name) && value !== null) return REDACTED;
    const hasText = typeof value === 'string' || (typeof value === 'object' && value !== null);
    if (!prompts && TEXT_KEYS.has(name) && hasText) return WITHHELD;
    if (typeof value === 'string') return scrubString(value, name, prompts);
    if (Array.isArray(value)) return value.map((item) => scrub(item, ''));
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([inner, item]) => [inner, scrub(item, inner)]));
    }
    return value;
  };
  try {
    return JSON.stringify(scrub(JSON.parse(line), '')) + '\n';
  } catch {
    // Never the unread line itself: what cannot be read cannot be cleaned.
    return '{"level":"error","msg":"A log record was not JSON and was dropped."}\n';
  }
}

/**
 * True for a line that cleaning would leave as it is: a flat record of short values without an escape, no
 * field of which has to be withheld. Most lines are, one for each request; only others are taken apart.
 */
function isPlain(line: string): boolean {
  if (SUSPICIOUS.test(line)) return false;
  let at = 0;
  while (line[at] === (at === 0 ? '{' : ',')) {
    PLAIN_FIELD.lastIndex = at + 1;
    const key = PLAIN_FIELD.exec(line)?.[1];
    if (key === undefined || !isDull(key)) return false;
    at = PLAIN_FIELD.lastIndex;
  }
  return at > 0 && at === line.length - 2 && line.endsWith('}\n');
}

function isDull(key: string): boolean {
  if (dullKeys.has(key)) return true;
  const name = normalized(key);
  if (SECRET_KEYS.has(name) || TEXT_KEYS.has(name)) return false;
  if (dullKeys.size < MAX_DULL_KEYS) dullKeys.add(key);
  return true;
}

function scrubString(value: string, key: string, prompts: boolean): string {
  let clean = value;
  if (!prompts) {
    clean = clean.replace(QUOTED_JSON, 'not valid JSON (text withheld)');
    const longest = key === 'stack' ? MAX_STACK : MAX_STRING;
    if (clean.length > longest) clean = clean.slice(0, longest) + '… (cut)';
  }
  for (const [pattern, replacement] of SECRET_VALUES) clean = clean.replace(pattern, replacement);
  return clean;
}
