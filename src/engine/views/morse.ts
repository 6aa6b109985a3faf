/** Morse code (ITU-R M.1677-1) in dots and dashes of any make. */
import { isEnglish, shareOfWords } from './english.js';

const SIGN = '[.·•∙_\\-–—−]';
const RUN = new RegExp(
  `${SIGN}{1,6}(?:[ \\t]{1,4}(?:[/|][ \\t]{0,3})?${SIGN}{1,6}|[ \\t]*[/|\\n][ \\t]*${SIGN}{1,6}){3,}`,
  'g',
);
const WORDS = 0.6;

const LETTERS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    '.-': 'a',
    '-...': 'b',
    '-.-.': 'c',
    '-..': 'd',
    '.': 'e',
    '..-.': 'f',
    '--.': 'g',
    '....': 'h',
    '..': 'i',
    '.---': 'j',
    '-.-': 'k',
    '.-..': 'l',
    '--': 'm',
    '-.': 'n',
    '---': 'o',
    '.--.': 'p',
    '--.-': 'q',
    '.-.': 'r',
    '...': 's',
    '-': 't',
    '..-': 'u',
    '...-': 'v',
    '.--': 'w',
    '-..-': 'x',
    '-.--': 'y',
    '--..': 'z',
    '.----': '1',
    '..---': '2',
    '...--': '3',
    '....-': '4',
    '.....': '5',
    '-....': '6',
    '--...': '7',
    '---..': '8',
    '----.': '9',
    '-----': '0',
    '..--..': '?',
    '.-.-.-': '.',
    '--..--': ',',
  }),
);

/** Takes time linear in the text. */
export function decodeMorse(text: string, found: (name: string) => void): string {
  return text.replace(RUN, (run) => {
    const plain = run.replace(/[·•∙]/g, '.').replace(/[_–—−]/g, '-');
    const words = plain
      .trim()
      .split(/\s*[/|\n]\s*|[ \t]{3,}/)
      .map((word) => word.split(/[ \t]+/).map((letter) => LETTERS.get(letter)));
    if (words.some((word) => word.includes(undefined))) return run;
    const decoded = words.map((word) => word.join('')).join(' ');
    if (shareOfWords(decoded) < WORDS && !isEnglish(decoded)) return run;
    found('morse');
    return decoded;
  });
}
