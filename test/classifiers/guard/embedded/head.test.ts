import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { assertEncoderMatches, loadHead } from '../../../../src/classifiers/guard/embedded/head.js';
import { HEAD_PATH } from './real-encoder.js';

const folder = mkdtempSync(join(tmpdir(), 'head-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

interface HeadJson {
  version: number;
  encoder: { dimension: number; cutting: string };
  tensors: { hiddenBias: { data: string; shape: number[] }; lexicalWeights: { shape: number[] } };
  extra?: number;
}

/** The shipped head, changed, as a file of its own. */
function changedHead(change: (head: HeadJson) => void): string {
  const head = JSON.parse(readFileSync(HEAD_PATH, 'utf8')) as HeadJson;
  change(head);
  const path = join(folder, 'head.json');
  writeFileSync(path, JSON.stringify(head));
  return path;
}

describe('loading a head', () => {
  it('takes the shipped one and names its encoder', () => {
    const head = loadHead(HEAD_PATH);
    expect(head.taxonomy).toBe('mlcommons-v0.5');
    expect(head.fingerprint).toMatch(/^[0-9a-f]{64}$/);
    expect(() => {
      assertEncoderMatches(head, head.encoder.sha256);
    }).not.toThrow();
    expect(() => {
      assertEncoderMatches(head, '0'.repeat(64));
    }).toThrow(/all-minilm-l6-v2.*trained on|trained on all-minilm-l6-v2/);
  });

  it.each<[string, (head: HeadJson) => void, RegExp]>([
    ['another version', (head) => (head.version = 2), /head\.json cannot be used: version/],
    ['an unknown field', (head) => (head.extra = 1), /extra/],
    ['a tensor of another shape', (head) => (head.encoder.dimension = 768), /hiddenWeights/],
    ['a tensor cut short', (head) => (head.tensors.hiddenBias.data = 'AAAA'), /hiddenBias/],
    [
      'values that are no numbers',
      (head) => {
        const size = head.tensors.hiddenBias.shape[0] ?? 0;
        head.tensors.hiddenBias.data = Buffer.alloc(size * 4, 0xff).toString('base64');
      },
      /hiddenBias.*finite/,
    ],
    ['texts cut another way', (head) => (head.encoder.cutting = 'w512'), /cut as w512/],
    [
      'a bucket number that is no power of two',
      (head) => (head.tensors.lexicalWeights.shape = [1000]),
      /power of two/,
    ],
  ])('refuses %s', (_name, change, message) => {
    const path = changedHead(change);
    expect(() => loadHead(path)).toThrow(message);
  });

  it('refuses what is not JSON, and says which file', () => {
    const path = join(folder, 'broken.json');
    writeFileSync(path, '{"format": ');
    expect(() => loadHead(path)).toThrow(/broken\.json cannot be used: it is not JSON/);
  });

  it('gives its categories scores no higher than the whole', () => {
    const head = loadHead(HEAD_PATH);
    const embedding = Float32Array.from({ length: head.encoder.dimension }, (_, n) => Math.sin(n) / 14);
    const { score, categories } = head.score({ embedding, tokenIds: Uint32Array.of(2000, 3000) }, 'User');
    expect(categories).toHaveLength(11);
    expect(categories[0]?.score).toBeCloseTo(score, 10);
    for (const category of categories) expect(category.score).toBeLessThanOrEqual(score);
  });

  it('refuses an embedding of another length', () => {
    const head = loadHead(HEAD_PATH);
    const piece = { embedding: new Float32Array(768), tokenIds: new Uint32Array() };
    expect(() => head.score(piece, 'User')).toThrow(/768/);
  });
});
