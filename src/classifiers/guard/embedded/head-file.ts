/**
 * The head's file: JSON, format `portcullis-embedded-head`, version 1. Tensors are base64 of float32
 * little endian, row by row. docs/embedded-guard.md describes the fields; training/train-head.ts writes it.
 */
import { readFileSync } from 'node:fs';
import { z } from 'zod';

export const HEAD_FORMAT = 'portcullis-embedded-head';
export const HEAD_VERSION = 1;

const Tensor = z.strictObject({ shape: z.array(z.int().positive()).min(1).max(2), data: z.base64() });

const Calibration = z.strictObject({ slope: z.number().positive(), offset: z.number() });

const HeadFile = z.strictObject({
  format: z.literal(HEAD_FORMAT),
  version: z.literal(HEAD_VERSION),
  taxonomy: z.string(),
  /** The encoder the head was trained on; embeddings of any other mean nothing to it. */
  encoder: z.strictObject({
    file: z.string(),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    dimension: z.int().positive(),
    /** How texts were cut (CUTTING in windows.ts). */
    cutting: z.string(),
  }),
  /** Category ids, in the order of outputs 1, 2, …; output 0 is "unsafe". */
  categories: z.array(z.string()).min(1),
  calibration: z.strictObject({ User: Calibration, Agent: Calibration }),
  tensors: z.strictObject({
    hiddenWeights: Tensor,
    hiddenBias: Tensor,
    outputWeights: Tensor,
    skipWeights: Tensor,
    outputBias: Tensor,
    /** One weight for each bucket of lexical.ts, for output 0 only; its length is a power of two. */
    lexicalWeights: Tensor,
  }),
});

export type HeadFile = z.infer<typeof HeadFile>;
export type TensorName = keyof HeadFile['tensors'];

/** Reads and checks a head file. Throws an Error that names the file and the first thing wrong with it. */
export function readHeadFile(path: string): { readonly bytes: Buffer; readonly head: HeadFile } {
  const bytes = readFileSync(path);
  const fail = (problem: string): never => {
    throw new Error(
      `The head file ${path} cannot be used: ${problem}. Restore it or train a new one (docs/embedded-guard.md).`,
    );
  };
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString('utf8'));
  } catch {
    return fail('it is not JSON');
  }
  const parsed = HeadFile.safeParse(json);
  if (parsed.success) return { bytes, head: parsed.data };
  const [issue] = parsed.error.issues;
  return fail(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'unknown field'}`);
}

/** Decodes one tensor. Throws when its shape is not `shape`, or a value is not finite. */
export function readTensor(head: HeadFile, name: TensorName, shape: readonly number[]): Float32Array {
  const tensor = head.tensors[name];
  const bytes = Buffer.from(tensor.data, 'base64');
  const size = shape.reduce((product, n) => product * n, 1);
  if (tensor.shape.join() !== shape.join() || bytes.length !== size * 4)
    throw new Error(
      `The head's tensor ${name} is ${tensor.shape.join('x')} in ${bytes.length} bytes, not ${shape.join('x')}. Restore the head file or train a new one.`,
    );
  const values = new Float32Array(size);
  for (let index = 0; index < size; index++) values[index] = bytes.readFloatLE(index * 4);
  if (!values.every(Number.isFinite))
    throw new Error(`The head's tensor ${name} has values that are not finite.`);
  return values;
}
