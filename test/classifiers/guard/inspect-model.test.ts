import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inspectGuardFile } from '../../../src/classifiers/guard/guard-file.js';
import { describeGuardFile } from '../../../src/classifiers/guard/inspect-model.js';
import { writeRandomLlama } from '../../support/gguf/random-llama.js';
import { TOY_FAMILIES, toyKind } from '../../support/gguf/toy-families.js';
import { writeToyGuard } from '../../support/gguf/toy-guard.js';
import { toyGuardTemplate } from '../../support/gguf/toy-template.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-inspect-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('describeGuardFile', () => {
  it.each(TOY_FAMILIES)('tells what a %s is', async (family) => {
    const path = join(folder, `${family}.gguf`);
    const fileBytes = writeToyGuard(path, { family });
    const kind = toyKind(family);
    const report = await describeGuardFile(path);
    expect(report).toMatchObject({
      path,
      verdict: 'usable',
      problems: [],
      fileBytes,
      name: 'toy-guard',
      architecture: 'llama',
      layers: 1,
      contextTokens: 8192,
      chatTemplate: true,
      vocabulary: { kind: kind.vocabulary === 'spm' ? 'SentencePiece' : 'byte-level BPE' },
    });
    expect(report.family?.id).toBe(family.replace(/-(1b|tags)$/, ''));
    expect(report.family?.takesCategories).toBe(
      kind.letter !== undefined && family !== 'llama-guard-3-1b' ? 'edited list' : 'template variable',
    );
    expect(report.family?.why).toContain('chat template');
    expect((await inspectGuardFile(path)).family?.id).toBe(report.family?.id);
  });

  it('counts parameters, quantizations and memory as the shape has them', async () => {
    const path = join(folder, 'random.gguf');
    writeRandomLlama(path, 'mini', { chatTemplate: toyGuardTemplate() });
    const report = await describeGuardFile(path, { contextTokens: 1000, lanes: 3 });
    // Two layers of width 64: 4 heads of 16, 2 of them for keys and values.
    const layer = 64 * 64 * 2 + 64 * 32 * 2 + 64 * 128 * 3;
    const vocabulary = report.vocabulary?.size ?? 0;
    expect(report.quantization).toEqual([
      { type: 'F16', tensors: 15, parameters: 2 * layer + 64 * vocabulary },
      { type: 'F32', tensors: 5, parameters: 5 * 64 },
    ]);
    expect(report.parameters).toBe(2 * layer + 64 * vocabulary + 5 * 64);
    const kvPerToken = 2 * 2 * (16 + 16) * 2;
    const weights = 2 * (2 * layer + 64 * vocabulary) + 4 * 5 * 64;
    expect(report.memory).toEqual({
      weights,
      kvPerToken,
      contextTokens: 1000,
      lanes: 3,
      kv: 3 * 1024 * kvPerToken,
      total: weights + 3 * 1024 * kvPerToken,
    });
  });

  it('says that a context is longer than the model was trained for', async () => {
    const path = join(folder, 'long.gguf');
    writeToyGuard(path);
    const { notes } = await describeGuardFile(path, { contextTokens: 10_000 });
    expect(notes.join()).toContain('8192');
  });

  it('says what a choice of categories makes of it', async () => {
    const path = join(folder, 'choice.gguf');
    writeToyGuard(path);
    const own = { family: undefined, categories: [], taxonomy: undefined };
    const some = await describeGuardFile(path, { prompt: { ...own, categories: ['S2'] } });
    expect(some).toMatchObject({ verdict: 'usable', family: { categories: ['S2'] } });
    const none = await describeGuardFile(path, { prompt: { ...own, categories: ['S99'] } });
    expect(none).toMatchObject({ verdict: 'unusable', family: undefined });
    expect(none.problems.join()).toContain('has no S99');
  });

  it.each([
    ['another architecture', { architecture: 'bert', chatTemplate: toyGuardTemplate() }, 'kind "bert"'],
    ['no template', {}, 'has no chat template'],
    ["a chat model's template", { chatTemplate: '{{ messages[-1].content }}' }, 'does not look like a guard'],
    [
      'an assistant',
      { chatTemplate: '{% for m in messages %}{{ m.content }}{% endfor %}' },
      'does not look like a guard model: its chat template neither lists',
    ],
    ['a broken template', { chatTemplate: '{{ messages' }, 'does not look like a guard model'],
  ])('says why a file is no guard: %s', async (name, options, why) => {
    const path = join(folder, `${name}.gguf`);
    writeRandomLlama(path, 'mini', options);
    const report = await describeGuardFile(path);
    expect(report.verdict).toBe('unusable');
    expect(report.problems.join('\n')).toContain(why);
    for (const problem of report.problems) expect(problem).toContain(path);
  });

  it('tells of files that are no models', async () => {
    const page = join(folder, 'page.gguf');
    writeFileSync(page, '<html>Please log in</html>');
    expect((await describeGuardFile(page)).problems.join()).toContain('HTML page');
    const cut = join(folder, 'cut.gguf');
    writeToyGuard(cut);
    truncateSync(cut, 300_000);
    expect(await describeGuardFile(cut)).toMatchObject({ verdict: 'unusable', fileBytes: 300_000 });
    expect((await describeGuardFile(join(folder, 'nothing'))).problems.join()).toContain('does not exist');
  });

  it.each(['gemma2', 'granite', 'llama4'])('takes a guard of the architecture %s', async (architecture) => {
    const path = join(folder, `${architecture}.gguf`);
    writeRandomLlama(path, 'mini', {
      architecture,
      chatTemplate: toyKind(architecture === 'gemma2' ? 'shieldgemma' : 'llama-guard-4').template,
    });
    expect((await describeGuardFile(path)).problems).toEqual([]);
    expect((await inspectGuardFile(path)).family).toBeDefined();
  });
});
