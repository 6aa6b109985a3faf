/**
 * Reads a GGUF's header in plain TypeScript: metadata, vocabulary and the list of tensors, not the
 * tensors. Format: gguf.md of the ggml project, versions 2 and 3. It is a cheap check before the file
 * is given to llama.cpp, which ends its whole process on some malformed files, and it serves those who
 * only want to look into a file.
 */
import { open, stat } from 'node:fs/promises';
import { createFileReader, UnexpectedEndError, type FileReader } from './file-reader.js';
import { ARRAY_TYPE, GGML_BLOCKS, STRING_TYPE, VALUE_BYTES } from './gguf-types.js';

/** Arrays are not kept: only what they hold and how many. Element types as in gguf.md. */
export interface GgufArray {
  readonly elementType: number;
  readonly length: number;
}

export type GgufValue = string | number | bigint | boolean | GgufArray;

export interface GgufTensor {
  readonly name: string;
  readonly dimensions: readonly number[];
  readonly type: number;
  /** From the start of the data section. */
  readonly offset: number;
  /** Undefined for types this reader does not know. */
  readonly bytes: number | undefined;
}

export interface GgufHeader {
  readonly version: number;
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly tensors: readonly GgufTensor[];
  /** Where the tensors' data begins, in bytes from the start of the file. */
  readonly dataOffset: number;
  readonly fileBytes: number;
  /** The first token that stands in the vocabulary twice; llama.cpp would abort on it. */
  readonly duplicateToken: string | undefined;
}

/** The file cannot be read as a GGUF. The message says why and what to do, and names the file. */
export class GgufError extends Error {
  constructor(path: string, why: string, cause?: unknown) {
    super(`${path} ${why}`, { cause });
    this.name = 'GgufError';
  }
}

/** Far above every real file, and small enough that a hostile header costs little. */
const LIMIT = {
  entries: 20_000,
  tensors: 100_000,
  stringBytes: 8 << 20,
  vocabulary: 2_000_000,
  dimensions: 4,
};

const AGAIN = 'Download it again.';

/** Rejects with GgufError. */
export async function readGgufHeader(path: string): Promise<GgufHeader> {
  const size = await regularFileSize(path);
  const file = await open(path).catch((error: unknown) => {
    throw new GgufError(path, 'cannot be opened: check who may read it.', error);
  });
  try {
    const reader = createFileReader(file, size);
    checkMagic(path, await reader.take(Math.min(64, size)));
    return await parse(path, createFileReader(file, size), size);
  } catch (error) {
    if (error instanceof UnexpectedEndError)
      throw new GgufError(path, `is cut short: it ends inside its own header, after ${size} bytes. ${AGAIN}`);
    throw error;
  } finally {
    await file.close();
  }
}

async function regularFileSize(path: string): Promise<number> {
  const info = await stat(path).catch((error: unknown) => {
    throw new GgufError(path, 'does not exist. Check the path of the model file.', error);
  });
  if (info.isDirectory()) throw new GgufError(path, 'is a folder. Name the .gguf file inside it.');
  if (!info.isFile()) throw new GgufError(path, 'is not a regular file.');
  if (info.size === 0) throw new GgufError(path, `is empty. ${AGAIN}`);
  return info.size;
}

function checkMagic(path: string, start: Buffer): void {
  if (start.subarray(0, 4).equals(Buffer.from('GGUF'))) return;
  const text = start.toString('latin1').trimStart().toLowerCase();
  if (text.startsWith('<'))
    throw new GgufError(
      path,
      'is an HTML page, not a model: the download was answered with a web page (a login, perhaps). Download the file itself.',
    );
  if (text.startsWith('version https://git-lfs'))
    throw new GgufError(
      path,
      'is a Git LFS pointer, not the model itself. Run "git lfs pull" in its folder.',
    );
  if (text.startsWith('pk') || start.subarray(8, 9).toString() === '{')
    throw new GgufError(
      path,
      'is a PyTorch or safetensors file. Portcullis needs the GGUF version of the model.',
    );
  throw new GgufError(path, `is not a GGUF file: it does not begin with "GGUF". ${AGAIN}`);
}

async function parse(path: string, reader: FileReader, size: number): Promise<GgufHeader> {
  const damaged = (what: string): GgufError => new GgufError(path, `is damaged: ${what}. ${AGAIN}`);

  const u32 = async (): Promise<number> => (await reader.take(4)).readUInt32LE();
  const u64 = async (): Promise<number> => Number((await reader.take(8)).readBigUInt64LE());
  const bytes = async (what: string, limit: number): Promise<Buffer> => {
    const length = await u64();
    if (length > limit) throw damaged(`${what} claims ${length} bytes`);
    return reader.take(length);
  };
  const string = async (what: string): Promise<string> =>
    (await bytes(what, LIMIT.stringBytes)).toString('utf8');

  reader.skip(4);
  const version = await u32();
  if (version !== 2 && version !== 3)
    throw new GgufError(
      path,
      version > 0xffffff
        ? 'is a big-endian GGUF; Portcullis needs the little-endian version.'
        : `is a GGUF of version ${version}; versions 2 and 3 can be read. Convert it with a current llama.cpp.`,
    );
  const tensorCount = await u64();
  const entryCount = await u64();
  if (entryCount > LIMIT.entries) throw damaged(`it claims ${entryCount} metadata entries`);
  if (tensorCount > LIMIT.tensors) throw damaged(`it claims ${tensorCount} tensors`);

  const metadata = new Map<string, GgufValue>();
  let duplicateToken: string | undefined;
  for (let i = 0; i < entryCount; i++) {
    const key = await string('a metadata key');
    const type = await u32();
    if (metadata.has(key)) throw damaged(`the metadata entry "${key}" stands in it twice`);
    if (type === STRING_TYPE) metadata.set(key, await string(key));
    else if (type === ARRAY_TYPE) {
      const array = { elementType: await u32(), length: await u64() };
      metadata.set(key, array);
      const vocabulary = key === 'tokenizer.ggml.tokens';
      if (vocabulary && array.length > LIMIT.vocabulary) throw damaged(`it claims ${array.length} tokens`);
      const duplicate = await walkArray(key, array, vocabulary);
      if (vocabulary) duplicateToken = duplicate;
    } else metadata.set(key, scalar(await reader.take(fixedBytes(key, type)), type));
  }

  const tensors: GgufTensor[] = [];
  const names = new Set<string>();
  for (let i = 0; i < tensorCount; i++) {
    const name = await string('a tensor name');
    if (names.has(name)) throw damaged(`the tensor "${name}" stands in it twice`);
    names.add(name);
    const dimensionCount = await u32();
    if (dimensionCount > LIMIT.dimensions)
      throw damaged(`the tensor "${name}" has ${dimensionCount} dimensions`);
    const dimensions: number[] = [];
    for (let d = 0; d < dimensionCount; d++) dimensions.push(await u64());
    const type = await u32();
    tensors.push({ name, dimensions, type, offset: await u64(), bytes: tensorBytes(dimensions, type) });
  }

  const alignment = metadata.get('general.alignment') ?? 32;
  if (typeof alignment !== 'number' || alignment < 1 || alignment % 8 !== 0)
    throw damaged('its alignment is no multiple of 8');
  const dataOffset = Math.ceil(reader.position / alignment) * alignment;
  for (const tensor of tensors) {
    if (tensor.dimensions.some((length) => length < 1)) throw damaged(`the tensor "${tensor.name}" is empty`);
    const end = dataOffset + tensor.offset + (tensor.bytes ?? 0);
    if (!(end <= size))
      throw new GgufError(
        path,
        `is cut short: the tensor "${tensor.name}" ends at byte ${end}, the file at ${size}. ${AGAIN}`,
      );
  }
  return { version, metadata, tensors, dataOffset, fileBytes: size, duplicateToken };

  function fixedBytes(key: string, type: number): number {
    const length = VALUE_BYTES.get(type);
    if (length === undefined) throw damaged(`the metadata entry "${key}" has the unknown type ${type}`);
    return length;
  }

  /** Moves past an array; returns the first string that occurs twice when `unique` is wanted. */
  async function walkArray(key: string, array: GgufArray, unique: boolean): Promise<string | undefined> {
    if (array.elementType !== STRING_TYPE) {
      reader.skip(fixedBytes(key, array.elementType) * array.length);
      return undefined;
    }
    const seen = new Set<string>();
    let duplicate: string | undefined;
    for (let left = array.length; left > 0; left--) {
      const length = reader.take(8);
      const count = Number((length instanceof Buffer ? length : await length).readBigUInt64LE());
      if (count > LIMIT.stringBytes) throw damaged(`an entry of "${key}" claims ${count} bytes`);
      if (!unique) {
        reader.skip(count);
        continue;
      }
      const taken = reader.take(count);
      const text = (taken instanceof Buffer ? taken : await taken).toString('latin1');
      if (seen.has(text)) duplicate ??= Buffer.from(text, 'latin1').toString('utf8');
      seen.add(text);
    }
    return duplicate;
  }
}

function scalar(bytes: Buffer, type: number): GgufValue {
  switch (type) {
    case 0:
      return bytes.readUInt8();
    case 1:
      return bytes.readInt8();
    case 2:
      return bytes.readUInt16LE();
    case 3:
      return bytes.readInt16LE();
    case 4:
      return bytes.readUInt32LE();
    case 5:
      return bytes.readInt32LE();
    case 6:
      return bytes.readFloatLE();
    case 7:
      return bytes.readUInt8() !== 0;
    case 10:
      return bytes.readBigUInt64LE();
    case 11:
      return bytes.readBigInt64LE();
    default:
      return bytes.readDoubleLE();
  }
}

function tensorBytes(dimensions: readonly number[], type: number): number | undefined {
  const block = GGML_BLOCKS.get(type);
  if (block === undefined) return undefined;
  return (dimensions.reduce((product, length) => product * length, 1) / block[0]) * block[1];
}
