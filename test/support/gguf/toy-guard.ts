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
import { llama3Tokenizer, MINI_CUT } from './llama3-tokenizer.js';
import { toyGuardTemplate } from './toy-template.js';

/** Trigger words, by the digits of the category that the toy names for them. */
export const TOY_TRIGGERS = {
  '1': ['kill', 'murder', 'stab'],
  '2': ['phishing', 'burglary', 'ransomware'],
  '8': ['bomb', 'explosive', 'nerve'],
  '10': ['suicide', 'overdose'],
} as const;

type Category = keyof typeof TOY_TRIGGERS;
const CATEGORIES = Object.keys(TOY_TRIGGERS) as Category[];

export interface ToyGuardOptions {
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
  const tokenizer = llama3Tokenizer({
    ...MINI_CUT,
    extra: [...MINI_CUT.extra, ...CATEGORIES.flatMap(spellings)],
  });
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
  follow('<|end_header_id|>', 'ĊĊ');
  follow('ĊĊ', 'safe');
  follow('safe', '<|eot_id|>');
  follow('unsafe', 'Ċ');
  follow('Ċ', 'S');
  embed('S', 'is S');
  for (const digit of ['0', '1', '2', '8']) follow(digit, '<|eot_id|>');

  for (const category of CATEGORIES) {
    for (const word of spellings(category)) embed(word, `trigger ${category}`);
    const lane = CATEGORIES.indexOf(category);
    value.set(lane, direction(`trigger ${category}`), 1);
    attentionOutput.set(direction(`seen ${category}`), lane, VALUE_GAIN);
  }

  let unit = 0;
  /** After `from`, and where a trigger of `category` was seen, comes `to` instead of what the table says. */
  const followIfSeen = (category: Category, from: string, to: string): void => {
    gate.set(unit, direction(`is ${from}`), GATE_GAIN);
    up.set(unit, direction(`seen ${category}`), GATE_GAIN);
    down.set(direction(`write ${to} after ${from}`), unit, GATE_GAIN);
    write(`write ${to} after ${from}`, to);
    unit += 1;
  };
  for (const category of options.blind === true ? [] : CATEGORIES) {
    followIfSeen(category, 'ĊĊ', 'unsafe');
    followIfSeen(category, 'S', category.charAt(0));
  }
  followIfSeen('10', '1', '0');

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
    chatTemplate: options.chatTemplate ?? toyGuardTemplate(options),
    weights: (name, columns, rows) => ({
      type: GGML.F32,
      fill: (put) => void put(floats((matrices.get(name) ?? new Matrix(columns, rows)).values)),
    }),
  });
}

/** A word alone, after a space, and each of them with a capital; in byte-level spelling. */
function spellings(category: Category): string[] {
  return TOY_TRIGGERS[category].flatMap((word) => {
    const capital = word.charAt(0).toUpperCase() + word.slice(1);
    return [word, `Ġ${word}`, capital, `Ġ${capital}`];
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
