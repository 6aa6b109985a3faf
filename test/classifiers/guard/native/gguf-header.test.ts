import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync, copyFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inspectGuardFile } from '../../../../src/classifiers/guard/guard-file.js';
import { GgufError, readGgufHeader } from '../../../../src/classifiers/guard/native/gguf-header.js';
import { GGML, writeGguf } from '../../../support/gguf/gguf-writer.js';
import { llama3Tokenizer, MINI_CUT } from '../../../support/gguf/llama3-tokenizer.js';
import { writeRandomLlama } from '../../../support/gguf/random-llama.js';
import { writeToyGuard } from '../../../support/gguf/toy-guard.js';
import { toyGuardTemplate } from '../../../support/gguf/toy-template.js';

let folder: string;
let toy: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-gguf-'));
  toy = join(folder, 'toy.gguf');
  writeToyGuard(toy);
});
afterAll(() => rmSync(folder, { recursive: true }));

function fileWith(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

describe('readGgufHeader', () => {
  it('reads metadata and tensors of a whole file', async () => {
    const header = await readGgufHeader(toy);
    expect(header.version).toBe(3);
    expect(header.metadata.get('general.architecture')).toBe('llama');
    expect(header.metadata.get('llama.context_length')).toBe(8192);
    expect(header.metadata.get('tokenizer.chat_template')).toBe(toyGuardTemplate());
    expect(header.metadata.get('tokenizer.ggml.token_type')).toEqual({
      elementType: 5,
      length: header.tensors[0]?.dimensions[1],
    });
    expect(header.tensors.map(({ name }) => name)).toContain('blk.0.ffn_down.weight');
    expect(header.dataOffset % 32).toBe(0);
    expect(header.duplicateToken).toBeUndefined();
  });

  it.each([
    ['page.gguf', '\n<!DOCTYPE html><html><body>Sign in</body></html>', 'is an HTML page'],
    ['pointer.gguf', 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n', 'git lfs pull'],
    ['empty.gguf', '', 'is empty'],
    ['noise.gguf', 'hello', 'does not begin with "GGUF"'],
    ['torch.gguf', 'PK\u0003\u0004rest', 'is a PyTorch or safetensors file'],
    ['short.gguf', 'GGUF\u0003', 'is cut short'],
    ['v1.gguf', Buffer.from('4747554601000000', 'hex'), 'version 1'],
    ['big.gguf', Buffer.from('4747554600000003', 'hex'), 'big-endian'],
  ])('says what %s is', async (name, content, why) => {
    const path = fileWith(name, content);
    const reading = readGgufHeader(path);
    await expect(reading).rejects.toThrow(why);
    await expect(reading).rejects.toThrow(path);
    await expect(reading).rejects.toBeInstanceOf(GgufError);
  });

  it('says when there is no file, or a folder', async () => {
    await expect(readGgufHeader(join(folder, 'none.gguf'))).rejects.toThrow('does not exist');
    await expect(readGgufHeader(folder)).rejects.toThrow('is a folder');
  });

  it('is not impressed by enormous claims', async () => {
    const header = (tensors: bigint, entries: bigint): Buffer => {
      const bytes = Buffer.alloc(64);
      bytes.write('GGUF');
      bytes.writeUInt32LE(3, 4);
      bytes.writeBigUInt64LE(tensors, 8);
      bytes.writeBigUInt64LE(entries, 16);
      bytes.writeBigUInt64LE(2n ** 63n, 24);
      return bytes;
    };
    await expect(readGgufHeader(fileWith('e.gguf', header(1n, 2n ** 60n)))).rejects.toThrow(
      'metadata entries',
    );
    await expect(readGgufHeader(fileWith('t.gguf', header(2n ** 60n, 1n)))).rejects.toThrow('tensors');
    await expect(readGgufHeader(fileWith('k.gguf', header(1n, 1n)))).rejects.toThrow('a metadata key claims');
  });

  it('notices every truncation', async () => {
    const whole = readFileSync(toy);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: whole.length - 33 }), async (length) => {
        const path = join(folder, 'cut.gguf');
        copyFileSync(toy, path);
        truncateSync(path, length);
        await expect(readGgufHeader(path)).rejects.toBeInstanceOf(GgufError);
      }),
      { numRuns: 60 },
    );
  });

  it('reads or refuses damaged headers, and never fails otherwise', async () => {
    const whole = readFileSync(toy);
    const { dataOffset } = await readGgufHeader(toy);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 4, max: dataOffset - 1 }), fc.integer({ min: 0, max: 255 })), {
          minLength: 1,
          maxLength: 8,
        }),
        async (damage) => {
          const bytes = Buffer.from(whole);
          for (const [at, value] of damage) bytes[at] = value;
          const path = fileWith('damaged.gguf', bytes);
          await readGgufHeader(path).catch((error: unknown) => expect(error).toBeInstanceOf(GgufError));
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('inspectGuardFile', () => {
  it('guesses the family from the template', async () => {
    expect((await inspectGuardFile(toy)).family).toMatchObject({
      id: 'llama-guard-2',
      taxonomy: 'mlcommons-v0.5',
    });
    const later = join(folder, 'toy14.gguf');
    writeToyGuard(later, { categories: 14 });
    expect((await inspectGuardFile(later)).family).toMatchObject({
      id: 'llama-guard-3',
      taxonomy: 'mlcommons-v1.0',
    });
  });

  it('gives another fingerprint when a single weight changes', async () => {
    const { fingerprint, header } = await inspectGuardFile(toy);
    expect((await inspectGuardFile(toy)).fingerprint).toBe(fingerprint);
    const bytes = readFileSync(toy);
    bytes[header.dataOffset + 4000] = 1;
    expect((await inspectGuardFile(fileWith('other.gguf', bytes))).fingerprint).not.toBe(fingerprint);
  });

  it('refuses other architectures, missing templates and vocabularies with a doubled token', async () => {
    const bert = join(folder, 'bert.gguf');
    writeRandomLlama(bert, 'mini', { architecture: 'bert', chatTemplate: 'x' });
    await expect(inspectGuardFile(bert)).rejects.toThrow('kind "bert", not a Llama');

    const bare = join(folder, 'bare.gguf');
    writeRandomLlama(bare, 'mini');
    await expect(inspectGuardFile(bare)).rejects.toThrow('no chat template');

    const mini = llama3Tokenizer(MINI_CUT);
    const doubled = join(folder, 'doubled.gguf');
    writeRandomLlama(doubled, 'mini', {
      chatTemplate: toyGuardTemplate(),
      tokenizer: { ...mini, tokens: mini.tokens.with(7, mini.tokens[8] ?? '') },
    });
    await expect(inspectGuardFile(doubled)).rejects.toThrow('stands in its vocabulary twice');

    const vocabularyOnly = join(folder, 'vocabulary.gguf');
    writeGguf(vocabularyOnly, [['general.architecture', 'str', 'llama']], []);
    await expect(inspectGuardFile(vocabularyOnly)).rejects.toThrow('holds no weights');

    const noWords = join(folder, 'no-words.gguf');
    writeGguf(
      noWords,
      [['general.architecture', 'str', 'llama']],
      [{ name: 'x', type: GGML.F32, dimensions: [1], fill: (put) => void put(Buffer.alloc(4)) }],
    );
    await expect(inspectGuardFile(noWords)).rejects.toThrow('has no vocabulary');
  });
});
