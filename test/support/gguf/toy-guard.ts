/**
 * A toy that behaves like a Llama Guard: a GGUF of one hand-made layer that llama.cpp runs like any
 * other model, so the whole native path can be tested in a few hundred kilobytes.
 *
 * It answers `unsafe`, a line break and a category where a trigger word stands anywhere in the
 * conversation, else `safe`. How: attention is uniform (queries and keys are zero), so its value path
 * averages over all tokens so far whether they are trigger words, one direction for each category. The
 * feed-forward layer multiplies that with "this is the token that ends the prompt" (or the `S` of a
 * category), and the output matrix turns the product into the word; all else is a table from one
 * token to the next.
 */
import { GGML } from './gguf-writer.js';
import { floats, writeLlamaFile } from './llama-file.js';
import { llama3Tokenizer, MINI_CUT, type TokenizerData } from './llama3-tokenizer.js';
import { spmTokenizer } from './spm-tokenizer.js';
import { toyKind, type ToyFamily, type ToyKind } from './toy-families.js';

export { TOY_TRIGGERS } from './toy-families.js';

export interface ToyGuardOptions {
  /** Default `llama-guard-2`, or `llama-guard-3` with 14 categories. The families differ in template, words and tokens. */
  readonly family?: ToyFamily;
  /** Its answers are the wrong way round. */
  readonly swapped?: boolean;
  /** Special tokens that people can type. */
  readonly typable?: readonly string[];
  /** The prompt ends before a line break that the model then writes itself, as some guards do. */
  readonly leadingNewline?: boolean;
  /** How many categories the template lists: 11 (Llama Guard 2, the default) or 14 (Llama Guard 3). */
  readonly categories?: 11 | 14;
  /** It overlooks every trigger word. */
  readonly blind?: boolean;
  /** Instead of the toy's own. */
  readonly chatTemplate?: string;
}

const SHAPE = { layers: 1, dim: 64, ffn: 32, heads: 4, kvHeads: 4, contextLength: 8192 };
/** Size of the embeddings; far above what attention adds, so that the table decides unless the product is there. */
const EMBEDDING = 1e4;
/** Attention's average of one trigger word in 8000 tokens must still be felt. */
const VALUE_GAIN = 5000;
const GATE_GAIN = 400;
/** exp(8 * 2) against a thousand tokens at exp(0): the intended word holds nearly all the mass. */
const LOGIT_GAIN = 2;

/** @returns the file's size in bytes */
export function writeToyGuard(path: string, options: ToyGuardOptions = {}): number {
  const kind = toyKind(
    options.family ?? (options.categories === 14 ? 'llama-guard-3' : 'llama-guard-2'),
    options,
  );
  const tokenizer = tokenizerOf(kind, options);
  const categories = Object.keys(kind.triggers);
  const newline = kind.vocabulary === 'spm' ? '<0x0A>' : 'Ċ';
  const words = options.swapped === true ? { safe: kind.words.unsafe, unsafe: kind.words.safe } : kind.words;
  const id = new Map(tokenizer.tokens.map((token, index) => [token, index]));
  const token = (text: string): number => {
    const found = id.get(text);
    if (found === undefined) throw new Error(`The toy's vocabulary has no token "${text}"`);
    return found;
  };

  let used = 0;
  const directions = new Map<string, number>();
  /** The direction (index of the residual stream) that carries a meaning. */
  const direction = (meaning: string): number => {
    const known = directions.get(meaning);
    if (known !== undefined) return known;
    if (used === SHAPE.dim) throw new Error('The toy has no direction left');
    directions.set(meaning, used);
    return used++;
  };

  const embedding = new Matrix(SHAPE.dim, tokenizer.tokens.length);
  const output = new Matrix(SHAPE.dim, tokenizer.tokens.length);
  const value = new Matrix(SHAPE.dim, SHAPE.dim);
  const attentionOutput = new Matrix(SHAPE.dim, SHAPE.dim);
  const gate = new Matrix(SHAPE.dim, SHAPE.ffn);
  const up = new Matrix(SHAPE.dim, SHAPE.ffn);
  const down = new Matrix(SHAPE.ffn, SHAPE.dim);

  for (let row = 0; row < tokenizer.tokens.length; row++)
    embedding.set(row, direction('any token'), EMBEDDING);
  const embed = (text: string, meaning: string): void => {
    embedding.set(token(text), direction('any token'), 0);
    embedding.set(token(text), direction(meaning), EMBEDDING);
  };
  const write = (meaning: string, text: string): void =>
    output.set(token(text), direction(meaning), LOGIT_GAIN);

  /** The plain table: after `from` comes `to`. */
  const follow = (from: string, to: string): void => {
    embed(from, `is ${from}`);
    write(`is ${from}`, to);
  };
  for (const [index, token] of kind.end.entries()) follow(token, kind.end[index + 1] ?? words.safe);
  const end = kind.end.at(-1) ?? '';
  follow(words.safe, kind.eot);
  if (kind.letter === undefined) follow(words.unsafe, kind.eot);
  else {
    follow(words.unsafe, newline);
    follow(newline, kind.letter);
    embed(kind.letter, `is ${kind.letter}`);
    for (const digit of new Set(categories.join(''))) follow(digit, kind.eot);
  }

  for (const [lane, category] of categories.entries()) {
    for (const word of spellings(kind, category)) embed(word, `trigger ${category}`);
    value.set(lane, direction(`trigger ${category}`), 1);
    attentionOutput.set(direction(`seen ${category}`), lane, VALUE_GAIN);
  }

  let unit = 0;
  /** After `from`, and where a trigger of `category` was seen, comes `to` instead of what the table says. */
  const followIfSeen = (category: string, from: string, to: string): void => {
    gate.set(unit, direction(`is ${from}`), GATE_GAIN);
    up.set(unit, direction(`seen ${category}`), GATE_GAIN);
    down.set(direction(`write ${to} after ${from}`), unit, GATE_GAIN);
    write(`write ${to} after ${from}`, to);
    unit += 1;
  };
  for (const category of options.blind === true ? [] : categories) {
    followIfSeen(category, end, words.unsafe);
    if (kind.letter !== undefined) followIfSeen(category, kind.letter, category.charAt(0));
  }
  if (kind.letter !== undefined)
    for (const category of categories)
      if (category.length === 2) followIfSeen(category, category.charAt(0), category.charAt(1));

  const matrices = new Map([
    ['token_embd.weight', embedding],
    ['output.weight', output],
    ['blk.0.attn_v.weight', value],
    ['blk.0.attn_output.weight', attentionOutput],
    ['blk.0.ffn_gate.weight', gate],
    ['blk.0.ffn_up.weight', up],
    ['blk.0.ffn_down.weight', down],
  ]);
  return writeLlamaFile(path, {
    name: 'toy-guard',
    shape: SHAPE,
    tokenizer,
    chatTemplate: options.chatTemplate ?? kind.template,
    weights: (name, columns, rows) => ({
      type: GGML.F32,
      fill: (put) => void put(floats((matrices.get(name) ?? new Matrix(columns, rows)).values)),
    }),
  });
}

/** A word alone, after a space, and each of them with a capital; as the vocabulary spells it. */
function spellings(kind: ToyKind, category: string): string[] {
  const space = kind.vocabulary === 'spm' ? '▁' : 'Ġ';
  return (kind.triggers[category] ?? []).flatMap((word) => {
    const capital = word.charAt(0).toUpperCase() + word.slice(1);
    return [word, `${space}${word}`, capital, `${space}${capital}`];
  });
}

function tokenizerOf(kind: ToyKind, { typable }: ToyGuardOptions): TokenizerData {
  const triggers = Object.keys(kind.triggers).flatMap((category) => spellings(kind, category));
  const words = Object.values(kind.words);
  if (kind.vocabulary === 'spm') return spmTokenizer([...words, ...triggers], kind.specials);
  return llama3Tokenizer({
    keep: MINI_CUT.keep,
    extra: [...new Set([...MINI_CUT.extra, ...words, ...triggers])],
    specials: kind.specials,
    bos: kind.bos,
    eos: kind.eos,
    eot: kind.eot,
    typable,
  });
}

class Matrix {
  readonly values: Float32Array;
  private readonly columns: number;

  constructor(columns: number, rows: number) {
    this.columns = columns;
    this.values = new Float32Array(columns * rows);
  }

  /** Weight from input `column` to output `row`. */
  set(row: number, column: number, weight: number): void {
    this.values[row * this.columns + column] = weight;
  }
}
