/** One lane on a real context: what an overlong prompt may never do to it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getLlama, type Llama, type LlamaContext, type LlamaModel, type Token } from 'node-llama-cpp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLane } from '../../../../src/classifiers/guard/llama-guard/lane.js';
import { writeToyGuard } from '../../../support/gguf/toy-guard.js';

const NEVER = new AbortController().signal;
let folder: string;
let llama: Llama;
let model: LlamaModel;
let context: LlamaContext;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-lane-'));
  const modelPath = join(folder, 'toy.gguf');
  writeToyGuard(modelPath);
  llama = await getLlama({ gpu: false, build: 'never', skipDownload: true, maxThreads: 1 });
  model = await llama.loadModel({ modelPath });
  context = await model.createContext({ contextSize: 256, sequences: 3, batchSize: 64, threads: 1 });
});
afterAll(async () => {
  await llama.dispose();
  rmSync(folder, { recursive: true });
});

const tokensOf = (words: number): Token[] => model.tokenize('soup and bread '.repeat(words), false);

describe('a lane', () => {
  it('refuses a prompt that is longer than its context before it touches what it keeps', async () => {
    const sequence = context.getSequence();
    const lane = createLane(sequence, { chunkTokens: 32, capacity: 256 });
    const policy = tokensOf(10);
    const [safe] = model.tokenize('safe', false);
    if (safe === undefined) throw new Error('unreachable');
    await lane.read(policy, [safe], NEVER);
    await expect(lane.read([...policy, ...tokensOf(200)], [safe], NEVER)).rejects.toThrow(RangeError);
    await expect(lane.evaluate([...policy, ...tokensOf(200)], NEVER)).rejects.toThrow(RangeError);
    expect(sequence.contextTokens).toEqual(policy);
  });

  it('fails rather than drop the policy, should a prompt slip through', async () => {
    const sequence = context.getSequence({
      contextShift: {
        strategy() {
          throw new Error('The prompt outgrew the context.');
        },
      },
    });
    const careless = createLane(sequence, { chunkTokens: 32, capacity: Infinity });
    await expect(careless.read(tokensOf(200), [], NEVER)).rejects.toThrow('outgrew');
  });

  it('notices when llama.cpp made room all the same', async () => {
    const careless = createLane(context.getSequence(), { chunkTokens: 32, capacity: Infinity });
    await expect(careless.read(tokensOf(200), [], NEVER)).rejects.toThrow('dropped tokens');
    await expect(careless.evaluate(tokensOf(200), NEVER)).rejects.toThrow('dropped tokens');
  });
});
