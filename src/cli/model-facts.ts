/** What a model file is, for the commands that tell people. */
import { stat } from 'node:fs/promises';
import { inspectGuardFile } from '../classifiers/guard/guard-file.js';
import { GgufError } from '../classifiers/guard/native/gguf-header.js';

export interface ModelFacts {
  readonly path: string;
  /** Of this file alone. */
  readonly bytes: number | undefined;
  readonly name: string | undefined;
  readonly family: string | undefined;
  readonly taxonomy: string | undefined;
  readonly categories: readonly string[];
  readonly parameters: number | undefined;
  readonly quantization: string | undefined;
  readonly contextTokens: number | undefined;
  /** Why it cannot be a guard; undefined when it can. */
  readonly problem: string | undefined;
}

/** Never rejects for what is wrong with the file: that is its `problem`. */
export async function modelFacts(path: string): Promise<ModelFacts> {
  const bytes = (await stat(path).catch(() => undefined))?.size;
  const none = {
    path,
    bytes,
    name: undefined,
    family: undefined,
    taxonomy: undefined,
    categories: [],
    parameters: undefined,
    quantization: undefined,
    contextTokens: undefined,
  };
  try {
    const { header, family } = await inspectGuardFile(path);
    const name = header.metadata.get('general.name');
    const context = header.metadata.get('llama.context_length');
    return {
      ...none,
      name: typeof name === 'string' ? name : undefined,
      family: family?.id,
      taxonomy: family?.taxonomy,
      categories: family?.categoryIds ?? [],
      parameters: header.tensors.reduce(
        (sum, { dimensions }) => sum + dimensions.reduce((product, length) => product * length, 1),
        0,
      ),
      contextTokens: typeof context === 'number' ? context : undefined,
      problem:
        family === undefined ? 'its chat template is not one of a guard model that is known here' : undefined,
    };
  } catch (error) {
    if (error instanceof GgufError) return { ...none, problem: error.message };
    throw error;
  }
}
