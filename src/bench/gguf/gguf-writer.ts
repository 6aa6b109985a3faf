/** Writes GGUF v3 files in plain Node, for benchmarks, tests and examples. Format: gguf.md of the ggml project. */
import { closeSync, openSync, writeSync } from 'node:fs';

export const GGML = { F32: 0, F16: 1, Q4_0: 2, Q8_0: 8, Q4_K: 12, Q6_K: 14 } as const;
export type GgmlType = (typeof GGML)[keyof typeof GGML];

/** type -> weights and bytes of one block */
export const BLOCK: Record<GgmlType, readonly [weights: number, bytes: number]> = {
  0: [1, 4],
  1: [1, 2],
  2: [32, 18],
  8: [32, 34],
  12: [256, 144],
  14: [256, 210],
};

const VALUE_TYPE = { u32: 4, i32: 5, f32: 6, bool: 7, str: 8, u64: 10 } as const;
const ARRAY = 9;
type ScalarType = keyof typeof VALUE_TYPE;
type Scalar = string | number | boolean;

export type MetadataEntry =
  | readonly [key: string, type: ScalarType, value: Scalar]
  | readonly [key: string, type: 'array', elementType: ScalarType, values: readonly Scalar[]];

export interface TensorSpec {
  readonly name: string;
  readonly type: GgmlType;
  /** Fastest dimension first: a matrix from n to m is [n, m]. */
  readonly dimensions: readonly number[];
  /** Calls `put` until all `bytes` are given; `put` returns how many are still wanted. */
  fill(put: (chunk: Buffer) => number, bytes: number): void;
}

export const ALIGNMENT = 32;

export function tensorBytes(type: GgmlType, dimensions: readonly number[]): number {
  const [weights, bytes] = BLOCK[type];
  return (dimensions.reduce((product, length) => product * length, 1) / weights) * bytes;
}

/** @returns the file's size in bytes */
export function writeGguf(
  path: string,
  metadata: readonly MetadataEntry[],
  tensors: readonly TensorSpec[],
): number {
  const parts: Buffer[] = [Buffer.from('GGUF'), u32(3), u64(tensors.length), u64(metadata.length)];
  for (const entry of metadata) {
    parts.push(text(entry[0]));
    if (entry[1] === 'array') {
      parts.push(u32(ARRAY), u32(VALUE_TYPE[entry[2]]), u64(entry[3].length));
      for (const value of entry[3]) parts.push(scalar(entry[2], value));
    } else parts.push(u32(VALUE_TYPE[entry[1]]), scalar(entry[1], entry[2]));
  }
  let offset = 0;
  for (const { name, type, dimensions } of tensors) {
    parts.push(text(name), u32(dimensions.length), ...dimensions.map(u64), u32(type), u64(offset));
    offset += padded(tensorBytes(type, dimensions));
  }
  const header = Buffer.concat(parts);
  const file = openSync(path, 'w');
  const write = (bytes: Buffer): void => {
    for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done);
  };
  try {
    write(header);
    write(Buffer.alloc(padded(header.length) - header.length));
    for (const tensor of tensors) {
      const bytes = tensorBytes(tensor.type, tensor.dimensions);
      let left = bytes;
      tensor.fill((chunk) => {
        write(chunk.subarray(0, left));
        left -= Math.min(left, chunk.length);
        return left;
      }, bytes);
      if (left !== 0) throw new Error(`${tensor.name}: ${left} bytes are missing`);
      write(Buffer.alloc(padded(bytes) - bytes));
    }
  } finally {
    closeSync(file);
  }
  return padded(header.length) + offset;
}

function padded(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'utf8');
  return Buffer.concat([u64(bytes.length), bytes]);
}

function scalar(type: ScalarType, value: Scalar): Buffer {
  switch (type) {
    case 'str':
      return text(String(value));
    case 'bool':
      return Buffer.from([value === true ? 1 : 0]);
    case 'u64':
      return u64(Number(value));
    case 'f32': {
      const bytes = Buffer.alloc(4);
      bytes.writeFloatLE(Number(value));
      return bytes;
    }
    case 'u32':
    case 'i32':
      return u32(Number(value));
  }
}
