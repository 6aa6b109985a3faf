/**
 * Letters that look like Latin ones, written down for this project. Where they may be taken for Latin
 * letters, and where they are letters of their own language, look-alikes.ts decides.
 */

type Pairs = readonly (readonly [from: string, to: string])[];

function tableOf(pairs: Pairs): ReadonlyMap<string, string> {
  const table = new Map<string, string>();
  for (const [from, to] of pairs) {
    const given = Array.from(from);
    const letters = Array.from(to);
    if (given.length !== letters.length) throw new Error(`Not one Latin letter for each of ${from}.`);
    given.forEach((letter, index) => table.set(letter, letters[index] ?? ''));
  }
  return table;
}

/** Letters of other alphabets that a reader hardly tells from Latin ones. */
export const TWINS = tableOf([
  // Cyrillic
  ['авсԁеһіїјкӏмпорԛѕтуѵԝхԍґь', 'abcdehiijklmnopqstyvwxgrb'],
  ['АВСЕНІЇЈКМОРԚЅТУѴԜХԌҮ', 'ABCEHIIJKMOPQSTYVWXGY'],
  // Greek
  ['αβεηικνορτυχγωϲϳ', 'abenikvoptuxywcj'],
  ['ΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹϺ', 'ABEZHIKMNOPTYXCM'],
  // Armenian
  ['ցհյոօզսառք', 'ghjnoquwnp'],
  ['ՏՍՕԼՅ', 'SUOLJ'],
  // Cherokee
  ['ᎪᏴᏟᎠᎬᏀᎻᎥᎫᏦᏞᎷᏢᎡᏚᎢᏙᎳᏃᎩ', 'ABCDEGHiJKLMPRSTVWZy'],
  // Lisu
  ['ꓮꓐꓚꓓꓰꓝꓖꓧꓲꓙꓗꓡꓟꓠꓳꓑꓣꓢꓔꓴꓦꓪꓫꓬꓜ', 'ABCDEFGHIJKLMNOPRSTUVWXYZ'],
  // Coptic
  ['ⲟⲥⲣⲁⲉⲕⲙⲛⲧⲩⲭⲓ', 'ocpaekmntyxi'],
]);

/** Letters of other alphabets that stand for Latin ones as an ornament. */
export const NEAR_TWINS = tableOf([
  ['бгзийнщшяэч', 'brennhwwrey'],
  ['ЯИЙЩШГБДФЧЛП', 'RNNWWrbAOYAN'],
  ['δλμπσςφψΣΛΔΠΩΨΘΞ', 'dlunosoyEAANOYOE'],
]);

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz';
const from = (first: number): string =>
  Array.from(ALPHABET, (_, n) => String.fromCodePoint(first + n)).join('');

/** Latin letters in other clothes that compatibility normalization (NFKC) leaves as they are. */
export const STYLED_LATIN = tableOf([
  // Small capitals
  ['ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꞯʀꜱᴛᴜᴠᴡʏᴢ', 'abcdefghijklmnopqrstuvwyz'],
  // Upside down
  ['ɐɔǝɟƃɥᴉɾʞɯɹʇʌʍʎ', 'acefghijkmrtvwy'],
  // Phonetic and African letters
  ['ɑƅɗɡɩıɭɳɵʂƭʋƖ', 'abdgiilnostvl'],
  // White on black in circles and squares; the letters of flags
  [from(0x1f150), ALPHABET],
  [from(0x1f170), ALPHABET],
  [from(0x1f1e6), ALPHABET],
]);
