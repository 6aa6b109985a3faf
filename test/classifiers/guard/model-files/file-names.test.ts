/** What file names tell, and that no name leads out of the folder. */
import { resolve, sep } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  isModelFileName,
  isRepositoryName,
  partNames,
  quantizationOf,
  splitOf,
  withQuantization,
} from '../../../../src/classifiers/guard/model-files/file-names.js';
import { modelPaths } from '../../../../src/classifiers/guard/model-files/store.js';

const QUANTIZATIONS = [
  ...['Q2_K', 'Q3_K_S', 'Q4_0', 'Q4_K', 'Q4_K_M', 'Q4_K_S', 'Q4_K_XL', 'Q4_0_4_4', 'Q5_1', 'Q6_K', 'Q8_0'],
  ...['IQ2_XXS', 'IQ4_NL', 'IQ4_XS', 'TQ1_0', 'MXFP4', 'MXFP4_MOE', 'F16', 'F32', 'BF16'],
];
const quantization = fc.constantFrom(...QUANTIZATIONS);
/** The start of names that hold numbers and dots of their own. */
const model = fc.constantFrom(
  'Llama-Guard-3-8B',
  'Meta-Llama-Guard-2-8B',
  'llama_guard_3.1',
  'granite-guardian-3.3-8b',
  'x',
);
const anyCase = (text: string) =>
  fc
    .array(fc.boolean(), { minLength: text.length, maxLength: text.length })
    .map((upper) =>
      Array.from(text, (c, i) => (upper[i] === true ? c.toUpperCase() : c.toLowerCase())).join(''),
    );

describe('the quantization in a file name', () => {
  test.each([
    ['Llama-Guard-3-8B.Q4_K_M.gguf', 'Q4_K_M'],
    ['Llama-Guard-3-8B.i1-IQ3_XXS.gguf', 'IQ3_XXS'],
    ['llama-guard-3-8b-q8_0.gguf', 'q8_0'],
    ['Llama-Guard-4-12B-UD-Q4_K_XL.gguf', 'UD-Q4_K_XL'],
    ['Q8_0/Guard-00001-of-00002.gguf', 'Q8_0'],
    ['Guard-Q6_K/Guard-Q6_K-00001-of-00002.gguf', 'Q6_K'],
    ['Guard-fp16.gguf', 'fp16'],
    ['ggml-model-f16.gguf', 'f16'],
    ['Llama-Guard-3-8B.gguf', undefined],
    ['QwQ-32B.gguf', undefined],
  ])('%s: %s', (name, expected) => {
    expect(quantizationOf(name)).toBe(expected);
  });

  test('is found in every usual form of name, and finds its own file among all the others', () => {
    fc.assert(
      fc.property(
        model,
        quantization,
        fc.constantFrom('.', '-', '_'),
        fc.boolean(),
        quantization.chain((text) => fc.tuple(fc.constant(text), anyCase(text))),
        (stem, own, separator, lower, [asked, typed]) => {
          const nameOf = (text: string): string =>
            `${stem}${separator}${lower ? text.toLowerCase() : text}.gguf`;
          expect(quantizationOf(nameOf(own))?.toUpperCase()).toBe(own);
          expect(withQuantization(QUANTIZATIONS.map(nameOf), typed)).toEqual([nameOf(asked)]);
        },
      ),
    );
  });

  test('of a split model stands for its first part; files beside the model are none', () => {
    const names = [...partNames('a-Q8_0-00002-of-00003.gguf'), 'mmproj-Q8_0.gguf', 'a.imatrix-Q8_0.gguf'];
    expect(withQuantization(names, 'q8_0')).toEqual(['a-Q8_0-00001-of-00003.gguf']);
  });

  test('two that mean the same are told apart by how they are written', () => {
    const names = ['a-Q4_K_XL.gguf', 'a-UD-Q4_K_XL.gguf'];
    expect(withQuantization(names, 'UD-Q4_K_XL')).toEqual(['a-UD-Q4_K_XL.gguf']);
    expect(withQuantization(names, 'Q4_K_XL')).toEqual(['a-Q4_K_XL.gguf']);
    expect(withQuantization(['a-UD-Q4_K_XL.gguf'], 'Q4_K_XL')).toEqual(['a-UD-Q4_K_XL.gguf']);
  });
});

describe('the parts of a split model', () => {
  test('every part names all of them', () => {
    fc.assert(
      fc.property(model, fc.integer({ min: 1, max: 40 }), fc.nat(39), (stem, parts, index) => {
        const first = `${stem}-00001-of-${String(parts).padStart(5, '0')}.gguf`;
        const names = partNames(first);
        expect(names).toHaveLength(parts);
        expect(names[0]).toBe(first);
        const some = names[index % parts] ?? '';
        expect(splitOf(some)).toEqual({ stem, part: (index % parts) + 1, parts });
        expect(partNames(some)).toEqual(names);
      }),
    );
  });

  test.each(['a-00000-of-00002.gguf', 'a-00003-of-00002.gguf', 'a-1-of-2.gguf', 'a-99999-of-99999.gguf'])(
    '%s is a file of its own',
    (name) => expect(partNames(name)).toEqual([name]),
  );
});

describe('where a file goes', () => {
  const folder = resolve('/models');
  const nasty = fc.constantFrom(
    '..',
    '.',
    '',
    '/',
    '\\',
    'C:',
    '~',
    '%2e%2e',
    '\0',
    'a',
    'x.gguf',
    '.gguf',
    '-',
    'é',
  );
  const name = fc.oneof(
    fc.array(nasty, { maxLength: 6 }).map((parts) => parts.join('/')),
    fc.array(nasty, { maxLength: 6 }).map((parts) => `${parts.join('')}.gguf`),
    fc.string({ unit: 'binary' }),
  );

  test('whatever a hub calls it: below the folder of its repository, or nowhere', () => {
    fc.assert(
      fc.property(name, name, (repository, file) => {
        let path: string;
        try {
          path = modelPaths(folder, repository, file).file;
        } catch (error) {
          expect(error).toMatchObject({ code: 'config_invalid' });
          return;
        }
        expect(path.startsWith([folder, ...repository.split('/'), ''].join(sep))).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test('names that specs allow are allowed', () => {
    const segment = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,20}$/);
    fc.assert(
      fc.property(segment, segment, segment, (user, repo, file) => {
        expect(isRepositoryName(`${user}/${repo}`)).toBe(true);
        expect(isModelFileName(`${file}.gguf`)).toBe(true);
        expect(modelPaths(folder, `${user}/${repo}`, `${file}.gguf`).file).toBe(
          [folder, user, repo, `${file}.gguf`].join(sep),
        );
      }),
    );
  });
});
