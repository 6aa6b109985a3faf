/** What every GGUF of the Llama architecture has: metadata and the set of tensors. */
import {
  ALIGNMENT,
  GGML,
  writeGguf,
  type GgmlType,
  type MetadataEntry,
  type TensorSpec,
} from './gguf-writer.js';
import type { TokenizerData } from './tokenizer-data.js';

export interface LlamaShape {
  readonly layers: number;
  readonly dim: number;
  readonly ffn: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly contextLength: number;
}

/** Fills a matrix of `rows` outputs and `columns` inputs; called once for each tensor, in file order. */
export type TensorFill = (
  name: string,
  columns: number,
  rows: number,
) => { readonly type: GgmlType; readonly fill: TensorSpec['fill'] };

export interface LlamaFile {
  readonly name: string;
  readonly shape: LlamaShape;
  readonly tokenizer: TokenizerData;
  readonly chatTemplate?: string | undefined;
  /** The output matrix is the embedding matrix. */
  readonly tied?: boolean | undefined;
  /** Default `llama`. */
  readonly architecture?: string | undefined;
  readonly weights: TensorFill;
}

/** @returns the file's size in bytes */
export function writeLlamaFile(path: string, file: LlamaFile): number {
  const { shape, tokenizer, architecture = 'llama' } = file;
  const { layers, dim, ffn, heads, kvHeads } = shape;
  const keyDim = (dim / heads) * kvHeads;
  const matrix = (name: string, columns: number, rows: number): TensorSpec => ({
    name,
    dimensions: [columns, rows],
    ...file.weights(name, columns, rows),
  });
  const norm = (name: string): TensorSpec => ({
    name,
    type: GGML.F32,
    dimensions: [dim],
    fill: (put) => void put(floats(new Float32Array(dim).fill(1))),
  });
  const block = (index: number): TensorSpec[] => {
    const at = `blk.${index}`;
    return [
      norm(`${at}.attn_norm.weight`),
      matrix(`${at}.attn_q.weight`, dim, dim),
      matrix(`${at}.attn_k.weight`, dim, keyDim),
      matrix(`${at}.attn_v.weight`, dim, keyDim),
      matrix(`${at}.attn_output.weight`, dim, dim),
      norm(`${at}.ffn_norm.weight`),
      matrix(`${at}.ffn_gate.weight`, dim, ffn),
      matrix(`${at}.ffn_up.weight`, dim, ffn),
      matrix(`${at}.ffn_down.weight`, ffn, dim),
    ];
  };
  const vocabulary = tokenizer.tokens.length;
  const tensors = [
    matrix('token_embd.weight', dim, vocabulary),
    ...Array.from({ length: layers }, (_, index) => block(index)).flat(),
    norm('output_norm.weight'),
    ...(file.tied === true ? [] : [matrix('output.weight', dim, vocabulary)]),
  ];
  const metadata: MetadataEntry[] = [
    ['general.architecture', 'str', architecture],
    ['general.name', 'str', file.name],
    ['general.alignment', 'u32', ALIGNMENT],
    [`${architecture}.context_length`, 'u32', shape.contextLength],
    [`${architecture}.embedding_length`, 'u32', dim],
    [`${architecture}.block_count`, 'u32', layers],
    [`${architecture}.feed_forward_length`, 'u32', ffn],
    [`${architecture}.attention.head_count`, 'u32', heads],
    [`${architecture}.attention.head_count_kv`, 'u32', kvHeads],
    [`${architecture}.rope.dimension_count`, 'u32', dim / heads],
    [`${architecture}.rope.freq_base`, 'f32', 500000],
    [`${architecture}.attention.layer_norm_rms_epsilon`, 'f32', 1e-5],
    [`${architecture}.vocab_size`, 'u32', vocabulary],
    ['tokenizer.ggml.model', 'str', tokenizer.model ?? 'gpt2'],
    ['tokenizer.ggml.pre', 'str', tokenizer.model === 'llama' ? 'default' : 'llama-bpe'],
    ['tokenizer.ggml.tokens', 'array', 'str', tokenizer.tokens],
    ['tokenizer.ggml.token_type', 'array', 'i32', tokenizer.types],
    ['tokenizer.ggml.bos_token_id', 'u32', tokenizer.bos],
    ['tokenizer.ggml.eos_token_id', 'u32', tokenizer.eos],
  ];
  if (tokenizer.merges.length > 0) metadata.push(['tokenizer.ggml.merges', 'array', 'str', tokenizer.merges]);
  if (tokenizer.scores !== undefined)
    metadata.push(['tokenizer.ggml.scores', 'array', 'f32', tokenizer.scores]);
  if (tokenizer.eot !== undefined) metadata.push(['tokenizer.ggml.eot_token_id', 'u32', tokenizer.eot]);
  if (file.chatTemplate !== undefined) metadata.push(['tokenizer.chat_template', 'str', file.chatTemplate]);
  return writeGguf(path, metadata, tensors);
}

export function floats(values: Float32Array): Buffer {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength);
}
