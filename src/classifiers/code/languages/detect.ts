/**
 * Names a snippet's language from what stands in it. A handful of line patterns per language, each
 * counted at most a few times; cheap, linear, and willing to say that it does not know.
 */

export interface Detection {
  /** Canonical name, or `unknown`. */
  readonly language: string;
  /** Sum of the weights of what was seen; 0 for plain prose. */
  readonly score: number;
}

type Signal = readonly [weight: number, pattern: RegExp];

/** How often one pattern may count. */
const MAX_COUNT = 3;
/** Enough for a block that someone already marked as code. */
export const FENCED_SCORE = 1.5;
/** Enough for text that nobody marked as code. */
export const BARE_SCORE = 4;

const SIGNALS: Readonly<Record<string, readonly Signal[]>> = {
  python: [
    [3, /^[ \t]*(?:async )?def \w+[ \t]*\([^\n]*:[ \t]*(?:#.*)?$/gm],
    [2.5, /^[ \t]*class \w+(?:\([^)\n]*\))?:[ \t]*$/gm],
    [2.5, /^[ \t]*from [\w.]+ import [\w*(]/gm],
    [2, /^[ \t]*import [\w.]+(?: as \w+)?(?:, ?[\w.]+(?: as \w+)?)*[ \t]*(?:#.*)?$/gm],
    [1.5, /^[ \t]*(?:if|elif|for|while|with|try|except|else|finally)\b[^\n{}]*:[ \t]*(?:#.*)?$/gm],
    [1, /^[ \t]*print\([^\n;]*\)[ \t]*$/gm],
    [
      2,
      /\b(?:os|sys|subprocess|pickle|yaml|hashlib|requests|tempfile|sqlite3|shutil|np|pd|random|cursor|flask)\.\w+\([^\n;]*$/gm,
    ],
    [1.5, /\b(?:self\.\w+|__name__|__init__|None\b|True\b|False\b|lambda \w*:|elif )/g],
    [0.75, /^[ \t]*(?:[a-z_]\w*(?:, ?\w+)* = )?(?:\w+\.)*\w+\([^\n;{}]*\)[ \t]*(?:#.*)?$/gm],
    [2, /^>>> /gm],
  ],
  javascript: [
    [2.5, /^[ \t]*(?:export )?(?:const|let|var) (?:\w+|\{[^}\n]*\}|\[[^\]\n]*\])[ \t]*=/gm],
    [2.5, /=>[ \t]*[{(\w[]/g],
    [2, /^[ \t]*(?:export )?(?:default )?(?:async )?function\*?[ \t]*\w*[ \t]*\([^\n]*\{?[ \t]*$/gm],
    [3, /\brequire\((?:'[^'\n]*'|"[^"\n]*")\)/g],
    [3, /^[ \t]*import [^\n]* from (?:'[^'\n]*'|"[^"\n]*")/gm],
    [2, /\b(?:document|window|console|module|process|JSON|Math|localStorage|app|res|req)\.\w+/g],
    [1.5, /(?:===|!==|\bawait \w|\bundefined\b|\btypeof )/g],
    [1, /`[^`\n]*\$\{/g],
    [1.5, /\bnew (?:Function|Promise|Date)\(/g],
  ],
  typescript: [
    [2.5, /[\w)?]: ?(?:string|number|boolean|any|void|unknown|never)(?:\[\])?[ \t]*[,;=){]/g],
    [2.5, /^[ \t]*(?:export )?(?:interface \w+[^\n(]*\{|type \w+(?:<[^>\n]*>)? = )/gm],
    [3, /^[ \t]*import type /gm],
    [2, /\bas (?:const|any|unknown|string|number)\b/g],
    [2, /\b(?:private|public|readonly) \w+: /g],
    [1.5, /\b(?:Promise|Record|Partial|Array|Map)<\w/g],
  ],
  java: [
    [3, /^[ \t]*import (?:static )?(?:java|javax|org|com)\.[\w.*]+;/gm],
    [
      2.5,
      /^[ \t]*(?:@\w+\s+)?(?:public|private|protected)[ \t]+(?:static |final |abstract |synchronized )*[\w<>[\], ?]+ \w+[ \t]*[({=;]/gm,
    ],
    [2.5, /^[ \t]*(?:public |final |abstract )*class \w+[^\n:]*\{/gm],
    [3, /\bSystem\.(?:out|err|in)\b/g],
    [
      2,
      /\b(?:String|Integer|List<\w+>|Map<[^>\n]*>|Statement|Connection|MessageDigest|Cipher|Random|Runtime) \w+[ \t]*=/g,
    ],
    [2, /\bthrows \w+|\bcatch \(\w+(?: \| \w+)* \w+\)/g],
    [2, /\b(?:Runtime|MessageDigest|Cipher|DocumentBuilderFactory|SSLContext)\.\w+\(/g],
    [1, /\bnew \w+(?:<\w*>)?\([^\n]*\);/g],
    [1.5, /@Override\b|\bfinal \w+ \w+ =/g],
  ],
  c: [
    [4, /^[ \t]*#[ \t]*include[ \t]*[<"]/gm],
    [3, /\bint main[ \t]*\(/g],
    [2, /^[ \t]*#[ \t]*(?:define|ifdef|ifndef|pragma|endif)\b/gm],
    [
      2,
      /^[ \t]*(?:static |const |unsigned |struct )*(?:char|int|void|size_t|float|double|long|uint\d+_t|FILE)[ \t]+\**[ \t]*\w+[ \t]*[[=;(,]/gm,
    ],
    [
      2,
      /\b(?:printf|scanf|gets|strcpy|strcat|sprintf|malloc|free|memcpy|strlen|fgets|fopen|snprintf)[ \t]*\([^\n]*\)/g,
    ],
    [1, /\w->\w/g],
    [0.75, /;[ \t]*$/gm],
  ],
  cpp: [
    [4, /^[ \t]*#include <(?:iostream|vector|string|map|memory|algorithm|fstream|sstream)>/gm],
    [3, /\bstd::\w+/g],
    [3, /\b(?:using namespace \w+|template ?<|cout <<|cin >>|nullptr\b)/g],
    [1.5, /\w::\w/g],
  ],
  csharp: [
    [4, /^[ \t]*using System[\w.]*;/gm],
    [3, /\b(?:Console\.(?:Write|Read)|namespace \w+(?:\.\w+)*[ \t]*[{;]|string\[\] args)/g],
    [2, /\{ ?get; ?(?:set; ?)?\}/g],
  ],
  go: [
    [4, /^package \w+[ \t]*$/gm],
    [3, /^func (?:\(\w+ \*?\w+\) )?\w*\(/gm],
    [2, /\w[ \t]*:=[ \t]*\S/g],
    [2, /\b(?:fmt|http|exec|os)\.[A-Z]\w+\(|\bif err != nil\b/g],
  ],
  php: [
    [5, /<\?php/g],
    [2, /^[ \t]*\$\w+[ \t]*=[^=\n]*;/gm],
    [3, /\$_(?:GET|POST|REQUEST|SERVER|COOKIE|FILES)\b/g],
    [1, /\$\w+->\w+/g],
  ],
  ruby: [
    [2.5, /^[ \t]*def \w+[?!]?(?:\([^\n:]*\))?[ \t]*$/gm],
    [1.5, /^[ \t]*end[ \t]*$/gm],
    [2, /^[ \t]*require(?:_relative)? ['"]/gm],
    [2, /\bdo \|[^|\n]+\||\.each\b|\bputs /g],
  ],
  rust: [
    [3, /^[ \t]*(?:pub )?fn \w+(?:<[^>\n]*>)?\(/gm],
    [3, /\blet mut \w|\bimpl(?:<[^>\n]*>)? \w/g],
    [2, /\b(?:println|vec|format|panic)!\(|^[ \t]*use (?:std|crate)::/gm],
  ],
  kotlin: [
    [3, /^[ \t]*(?:override |private |suspend )*fun \w+\(/gm],
    [2, /^[ \t]*(?:val|var) \w+(?:: \w+)? = /gm],
  ],
  swift: [
    [3, /^[ \t]*(?:private |public )?func \w+\([^\n]*\)[^\n]*\{/gm],
    [2, /^[ \t]*import (?:Foundation|UIKit|SwiftUI)/gm],
    [1.5, /\b(?:guard|if) let \w+ =/g],
  ],
  bash: [
    [5, /^#!.*\b(?:ba|z|k)?sh\b/g],
    [2, /^[ \t]*\$ \w/gm],
    [
      2,
      /^[ \t]*(?:sudo|apt(?:-get)?|curl|wget|chmod|chown|mkdir|export|echo|cd|npm|pip3?|git|docker|rm|grep|sed|cat) [^\n=(;]*$/gm,
    ],
    [2, /^[ \t]*(?:fi|done|esac)[ \t]*$|;[ \t]*then\b|;[ \t]*do\b/gm],
    [1, /\$\{?\w+\}?/g],
  ],
  sql: [
    [
      3,
      /^[ \t]*(?:SELECT\b[^\n]*|INSERT INTO \w|UPDATE \w+ SET|DELETE FROM \w|CREATE (?:TABLE|INDEX|VIEW)|ALTER TABLE|DROP TABLE)/gm,
    ],
    [1, /^[ \t]*(?:FROM|WHERE|JOIN|GROUP BY|ORDER BY|VALUES)\b/gm],
  ],
  html: [
    [4, /<!doctype html|<html[\s>]/gi],
    [2, /<\/(?:div|body|head|script|p|span|form|a|ul|li|h[1-6]|table)>/gi],
  ],
  dockerfile: [[3, /^(?:FROM \S+(?: AS \w+)?|RUN \S|COPY \S+ \S|ENTRYPOINT \[|CMD \[|WORKDIR \/)/gm]],
  yaml: [[0.75, /^[ \t]*(?:- )?[\w-]+:(?: [^\n;{}()]*)?$/gm]],
  json: [[3, /^[ \t]*[{[][ \t]*(?:"[^"\n]*"\s*[:,]|[\]}])/g]],
};

/** TypeScript's evidence counts only on top of JavaScript's, C++'s on top of C's. */
const SUPERSETS: ReadonlyMap<string, string> = new Map([
  ['typescript', 'javascript'],
  ['cpp', 'c'],
]);

const MAX_LOOKED_AT = 64 * 1024;
/** Longer lines are cut: they are data, and a bound on the line is a bound on any backtracking in it. */
const MAX_LINE = 160;

function beginning(code: string): string {
  const lines = code.slice(0, MAX_LOOKED_AT).split(/\r\n|\n|\r/);
  return lines.map((line) => line.slice(0, MAX_LINE)).join('\n');
}

/** The most likely language of a snippet that is known to be code. `unknown` when nothing speaks for any. */
export function detectLanguage(code: string): Detection {
  const best = strongest(beginning(code));
  return best.score >= FENCED_SCORE ? best : { language: 'unknown', score: best.score };
}

/** The same for text that may be prose: `unknown` unless it is plainly code. */
export function detectBareCode(text: string): Detection {
  const looked = beginning(text);
  const best = strongest(looked);
  const isCode = best.score >= BARE_SCORE && proseShare(looked) < 0.5 && best.language !== 'yaml';
  return isCode ? best : { language: 'unknown', score: best.score };
}

/** How strongly a snippet looks like one language; 0 for languages without signals. */
export function evidenceFor(code: string, language: string): number {
  return evidence(beginning(code), language);
}

function evidence(code: string, language: string): number {
  const own = sum(code, SIGNALS[language] ?? []);
  const base = SUPERSETS.get(language);
  return base === undefined || own === 0 ? own : own + sum(code, SIGNALS[base] ?? []);
}

function strongest(code: string): Detection {
  let best: Detection = { language: 'unknown', score: 0 };
  for (const language of Object.keys(SIGNALS)) {
    const score = evidence(code, language);
    if (score > best.score) best = { language, score };
  }
  return best;
}

function sum(code: string, signals: readonly Signal[]): number {
  let total = 0;
  for (const [weight, pattern] of signals) {
    pattern.lastIndex = 0;
    let count = 0;
    while (count < MAX_COUNT && pattern.exec(code) !== null) count++;
    total += weight * count;
  }
  return total;
}

/** Share of lines, in [0, 1], that read like sentences. */
function proseShare(text: string): number {
  const lines = text.split(/\r\n|\n|\r/).filter((line) => line.trim() !== '');
  if (lines.length === 0) return 1;
  return lines.filter(isSentence).length / lines.length;
}

/** Whether a line reads like a sentence: most of its words are plain ones, and it does not end as code does. */
export function isSentence(line: string): boolean {
  const trimmed = line.trim();
  if (/[;{}]$|^[#/@<}\])]|[=(]$|\w\(.*\)$/.test(trimmed)) return false;
  const words = trimmed.split(/\s+/);
  const plain = words.filter((word) => /^[("'*_`]*\p{L}[\p{L}'’-]*[)"'*_`]*[.,:;!?]*$/u.test(word)).length;
  return words.length >= 4 && plain / words.length >= 0.7;
}
