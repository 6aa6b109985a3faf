/** Looks at a model file before a process is started for it: what the guard needs, and what it seems to be. */
import { GgufError, readGgufHeader, type GgufHeader } from './native/gguf-header.js';
import { modelFingerprint } from './native/model-fingerprint.js';
import { familyOfSource, type GuardFamily } from './llama-guard/family.js';

export interface GuardFile {
  readonly header: GgufHeader;
  /** A guess from the template's text; the loaded model decides. */
  readonly family: GuardFamily | undefined;
  readonly fingerprint: string;
}

const USE = 'Use a GGUF of Llama Guard 2 or 3 (docs/llama-guard.md), or --guard embedded.';

/** Rejects with GgufError, whose message says what is wrong with the file and what to do. */
export async function inspectGuardFile(path: string): Promise<GuardFile> {
  const header = await readGgufHeader(path);
  const architecture = header.metadata.get('general.architecture');
  if (architecture !== 'llama')
    throw new GgufError(
      path,
      `holds a model of the kind "${typeof architecture === 'string' ? architecture : 'unknown'}", not a Llama. ${USE}`,
    );
  if (header.tensors.length === 0) throw new GgufError(path, `holds no weights, only a vocabulary. ${USE}`);
  if (!header.metadata.has('tokenizer.ggml.tokens')) throw new GgufError(path, `has no vocabulary. ${USE}`);
  if (header.duplicateToken !== undefined)
    throw new GgufError(
      path,
      `is damaged: the token ${JSON.stringify(header.duplicateToken)} stands in its vocabulary twice. Convert or download it again.`,
    );
  const template = header.metadata.get('tokenizer.chat_template');
  if (typeof template !== 'string' || template === '')
    throw new GgufError(
      path,
      `has no chat template, and the guard's prompt is built from it. Use a conversion that kept it. ${USE}`,
    );
  return {
    header,
    family: familyOfSource(template),
    fingerprint: await modelFingerprint(path, header.dataOffset),
  };
}
