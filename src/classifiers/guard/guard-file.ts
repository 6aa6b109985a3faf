/** Looks at a model file before a process is started for it: what the guard needs, and what it seems to be. */
import { GgufError, readGgufHeader, type GgufHeader } from './native/gguf-header.js';
import { modelFingerprint } from './native/model-fingerprint.js';
import type { ModelHints } from './llama-guard/families/definition.js';
import type { GuardFamilyId } from '../../core/guard-families.js';
import { GUARD_ARCHITECTURES, recogniseSource } from './llama-guard/recognise.js';

export interface GuardFile {
  readonly header: GgufHeader;
  /** A guess from the template's text; the loaded model decides. */
  readonly family: { readonly id: GuardFamilyId; readonly taxonomy: string } | undefined;
  readonly fingerprint: string;
}

const USE =
  'Use a GGUF of a Llama Guard, ShieldGemma or Granite Guardian (docs/llama-guard.md), or --guard embedded.';

/** Rejects with GgufError, whose message says what is wrong with the file and what to do. */
export async function inspectGuardFile(path: string): Promise<GuardFile> {
  const header = await readGgufHeader(path);
  const [fault] = faultsOf(header);
  if (fault !== undefined) throw new GgufError(path, fault);
  const guess = recogniseSource(templateOf(header) ?? '', hintsOf(header));
  return {
    header,
    family:
      guess === undefined ? undefined : { id: guess.definition.id, taxonomy: guess.definition.taxonomy },
    fingerprint: await modelFingerprint(path, header.dataOffset),
  };
}

/** Why a file that can be read as a GGUF cannot be a guard: what follows its path in a sentence, and what to do. */
export function faultsOf(header: GgufHeader): string[] {
  const faults: string[] = [];
  const { architecture } = hintsOf(header);
  if (!GUARD_ARCHITECTURES.includes(architecture ?? ''))
    faults.push(
      `holds a model of the kind "${architecture ?? 'unknown'}", not a Llama, Gemma or Granite as guard models are. ${USE}`,
    );
  if (header.tensors.length === 0) faults.push(`holds no weights, only a vocabulary. ${USE}`);
  if (!header.metadata.has('tokenizer.ggml.tokens')) faults.push(`has no vocabulary. ${USE}`);
  if (header.duplicateToken !== undefined)
    faults.push(
      `is damaged: the token ${JSON.stringify(header.duplicateToken)} stands in its vocabulary twice. Convert or download it again.`,
    );
  if (templateOf(header) === undefined)
    faults.push(
      `has no chat template, and the guard's prompt is built from it. Use a conversion that kept it. ${USE}`,
    );
  return faults;
}

/** The chat template's Jinja source. */
export function templateOf({ metadata }: Pick<GgufHeader, 'metadata'>): string | undefined {
  const template = metadata.get('tokenizer.chat_template');
  return typeof template === 'string' && template !== '' ? template : undefined;
}

/** What the metadata say about the kind of model. */
export function hintsOf({ metadata }: Pick<GgufHeader, 'metadata'>): ModelHints {
  const text = (key: string): string | undefined => {
    const value = metadata.get(key);
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const names = [text('general.name'), text('general.basename')].filter((name) => name !== undefined);
  return { architecture: text('general.architecture'), name: names.join(' ') };
}
