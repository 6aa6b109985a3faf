/** What a model file is and whether it can serve as a guard, read off the file without loading the model. */
import { stat } from 'node:fs/promises';
import { faultsOf, hintsOf, templateOf } from './guard-file.js';
import { PromptChoiceError } from './llama-guard/choice-error.js';
import type { GuardFamilyId } from '../../core/guard-families.js';
import { planPrompt } from './llama-guard/recognise.js';
import { openTemplate, textOf, type GuardTemplate } from './llama-guard/template.js';
import { GgufError, readGgufHeader, type GgufHeader } from './native/gguf-header.js';
import { modelFingerprint } from './native/model-fingerprint.js';
import type { PromptChoice } from './native/protocol.js';

export interface DescribeOptions {
  /** For the memory estimate; default 4096. */
  readonly contextTokens?: number | undefined;
  /** For the memory estimate; default 4. */
  readonly lanes?: number | undefined;
  /** Whether this choice fits is part of the verdict. Default: the model's own prompt. */
  readonly prompt?: PromptChoice | undefined;
}

export interface QuantizationShare {
  /** `Q4_K`, `F16`, …; `type 99` for one that is not known here. */
  readonly type: string;
  readonly tensors: number;
  readonly parameters: number;
}

export interface GuardFileFamily {
  readonly id: GuardFamilyId;
  /** As the end of "It is one because …". */
  readonly why: string;
  readonly taxonomy: string;
  /** Categories that the model is asked about and names; empty for a family that names none. */
  readonly categories: readonly string[];
  readonly words: { readonly safe: string; readonly unsafe: string };
  /** How a choice of categories gets into the prompt. */
  readonly takesCategories: 'template variable' | 'edited list' | 'no';
  /** Length of the prompt around an empty question. */
  readonly promptCharacters: number;
}

/** In bytes; estimates, right to a few per cent for models without sliding windows, too high for those with. */
export interface MemoryEstimate {
  readonly weights: number;
  readonly kvPerToken: number;
  readonly contextTokens: number;
  readonly lanes: number;
  readonly kv: number;
  readonly total: number;
}

export interface GuardFileReport {
  readonly path: string;
  readonly verdict: 'usable' | 'unusable';
  /** Why it is unusable and what to do, in whole sentences; empty when it is usable. */
  readonly problems: readonly string[];
  /** What is worth knowing about a usable file. */
  readonly notes: readonly string[];
  readonly fileBytes: number | undefined;
  readonly fingerprint: string | undefined;
  readonly name: string | undefined;
  readonly architecture: string | undefined;
  readonly parameters: number | undefined;
  /** Largest share of the parameters first. */
  readonly quantization: readonly QuantizationShare[];
  readonly layers: number | undefined;
  /** Longest context that the model was trained for. */
  readonly contextTokens: number | undefined;
  readonly vocabulary: { readonly size: number; readonly kind: string } | undefined;
  readonly chatTemplate: boolean;
  /** Undefined when the file is no known guard's. */
  readonly family: GuardFileFamily | undefined;
  /** Undefined when the file does not tell its shape. */
  readonly memory: MemoryEstimate | undefined;
}

const OWN_PROMPT: PromptChoice = { family: undefined, categories: [], taxonomy: undefined };

/** Numbers of tensor types in GGUF files, from ggml.h. */
const TYPE_NAMES: Readonly<Record<number, string>> = {
  0: 'F32',
  1: 'F16',
  2: 'Q4_0',
  3: 'Q4_1',
  6: 'Q5_0',
  7: 'Q5_1',
  8: 'Q8_0',
  10: 'Q2_K',
  11: 'Q3_K',
  12: 'Q4_K',
  13: 'Q5_K',
  14: 'Q6_K',
  15: 'Q8_K',
  16: 'IQ2_XXS',
  17: 'IQ2_XS',
  18: 'IQ3_XXS',
  19: 'IQ1_S',
  20: 'IQ4_NL',
  21: 'IQ3_S',
  22: 'IQ2_S',
  23: 'IQ4_XS',
  28: 'F64',
  29: 'IQ1_M',
  30: 'BF16',
  34: 'TQ1_0',
  35: 'TQ2_0',
  39: 'MXFP4',
};

/** Values of `tokenizer.ggml.model`, from llama.cpp. */
const VOCABULARY_KINDS: Readonly<Record<string, string>> = {
  gpt2: 'byte-level BPE',
  llama: 'SentencePiece',
  bert: 'WordPiece',
  t5: 'Unigram',
};

/** Never rejects for what is wrong with the file: that is among its `problems`. */
export async function describeGuardFile(
  path: string,
  options: DescribeOptions = {},
): Promise<GuardFileReport> {
  let header: GgufHeader;
  try {
    header = await readGgufHeader(path);
  } catch (error) {
    if (!(error instanceof GgufError)) throw error;
    const fileBytes = (await stat(path).catch(() => undefined))?.size;
    return { ...UNREADABLE, path, problems: [error.message], fileBytes };
  }
  const { contextTokens, prompt = OWN_PROMPT } = options;
  const problems = faultsOf(header).map((fault) => `${path} ${fault}`);
  const trained = numberAt(header, 'context_length');
  const notes: string[] = [];
  if (trained !== undefined && contextTokens !== undefined && contextTokens > trained)
    notes.push(`A context of ${contextTokens} tokens is more than the ${trained} it was trained for.`);
  const source = templateOf(header);
  let family: GuardFileFamily | undefined;
  if (source !== undefined)
    try {
      family = describeFamily(source, header, prompt);
    } catch (error) {
      problems.push(explain(path, error));
    }
  const parts = scalarAt(header, 'split.count') ?? 1;
  if (parts > 1) notes.push(`It is one of ${parts} parts; sizes are of this part alone.`);
  if (family?.takesCategories === 'no') notes.push('Its categories cannot be chosen.');
  return {
    path,
    verdict: problems.length === 0 ? 'usable' : 'unusable',
    problems,
    notes,
    fileBytes: header.fileBytes,
    fingerprint: await modelFingerprint(path, header.dataOffset),
    ...shapeOf(header),
    chatTemplate: source !== undefined,
    family,
    memory: estimateMemory(header, contextTokens ?? 4096, options.lanes ?? 4),
  };
}

const UNREADABLE: Omit<GuardFileReport, 'path'> = {
  verdict: 'unusable',
  problems: [],
  notes: [],
  fileBytes: undefined,
  fingerprint: undefined,
  name: undefined,
  architecture: undefined,
  parameters: undefined,
  quantization: [],
  layers: undefined,
  contextTokens: undefined,
  vocabulary: undefined,
  chatTemplate: false,
  family: undefined,
  memory: undefined,
};

function shapeOf(
  header: GgufHeader,
): Pick<
  GuardFileReport,
  'name' | 'architecture' | 'parameters' | 'quantization' | 'layers' | 'contextTokens' | 'vocabulary'
> {
  const { architecture, name } = hintsOf(header);
  const shares = new Map<number, { tensors: number; parameters: number }>();
  for (const { type, dimensions } of header.tensors) {
    const share = shares.get(type) ?? { tensors: 0, parameters: 0 };
    share.tensors += 1;
    share.parameters += product(dimensions);
    shares.set(type, share);
  }
  const quantization = [...shares]
    .map(([type, share]) => ({ type: TYPE_NAMES[type] ?? `type ${type}`, ...share }))
    .sort((a, b) => b.parameters - a.parameters);
  const tokens = header.metadata.get('tokenizer.ggml.tokens');
  const kind = header.metadata.get('tokenizer.ggml.model');
  return {
    name: name === '' ? undefined : name,
    architecture,
    parameters: quantization.reduce((sum, share) => sum + share.parameters, 0),
    quantization,
    layers: numberAt(header, 'block_count'),
    contextTokens: numberAt(header, 'context_length'),
    vocabulary:
      typeof tokens === 'object'
        ? {
            size: tokens.length,
            kind: typeof kind === 'string' ? (VOCABULARY_KINDS[kind] ?? kind) : 'unknown',
          }
        : undefined,
  };
}

/** Throws as `planPrompt` does. */
function describeFamily(source: string, header: GgufHeader, choice: PromptChoice): GuardFileFamily {
  // Which special tokens stand in the prompt makes no difference to what is told here.
  const template = openTemplate(source, { bos: '', eos: '' });
  const hints = hintsOf(header);
  const { definition, why, plan } = planPrompt(template, hints, choice);
  const rendering = template.render(['User'], plan.variables);
  return {
    id: definition.id,
    why,
    taxonomy: plan.family.taxonomy,
    categories: plan.family.categoryIds,
    words: { safe: plan.family.words.safe.trim(), unsafe: plan.family.words.unsafe.trim() },
    takesCategories: wayOfChoosing(template, hints, choice.family),
    promptCharacters: textOf(plan.edit?.(rendering) ?? rendering).length,
  };
}

/** Tries: a choice of one category either gets in or does not. */
function wayOfChoosing(
  template: GuardTemplate,
  hints: ReturnType<typeof hintsOf>,
  family: GuardFamilyId | undefined,
): GuardFileFamily['takesCategories'] {
  const { plan: own } = planPrompt(template, hints, { ...OWN_PROMPT, family });
  try {
    const categories = [own.family.categoryIds[0] ?? 'S1'];
    const { plan } = planPrompt(template, hints, { ...OWN_PROMPT, family, categories });
    return plan.way === 'as it is' ? 'no' : plan.way;
  } catch (error) {
    if (error instanceof PromptChoiceError) return 'no';
    throw error;
  }
}

function explain(path: string, error: unknown): string {
  const why = error instanceof Error ? error.message : String(error);
  return error instanceof PromptChoiceError
    ? `${path} cannot be asked that way: ${why}.`
    : `${path} does not look like a guard model: ${why}.`;
}

/** llama.cpp rounds the cells of a sequence up to a multiple of this. */
const CELL_STEP = 256;

/**
 * Weights, and the KV cache as llama.cpp sets it aside for unquantized (F16) caches: for each cell, layer and
 * key-value head, a key and a value of 2 bytes a number. For Llama 3 8B: 32 layers x 8 heads x (128 + 128) x 2 =
 * 128 KiB a token. llama.cpp's own working memory (mostly logits: 4 bytes x vocabulary x batch) comes on top, some
 * tens of MB.
 */
function estimateMemory(
  header: GgufHeader,
  contextTokens: number,
  lanes: number,
): MemoryEstimate | undefined {
  const layers = numberAt(header, 'block_count');
  const heads = numberAt(header, 'attention.head_count');
  // Given as a list where layers differ; then all heads count.
  const kvHeads = numberAt(header, 'attention.head_count_kv') ?? heads;
  const width = numberAt(header, 'embedding_length');
  if (layers === undefined || heads === undefined || kvHeads === undefined || width === undefined)
    return undefined;
  const key = numberAt(header, 'attention.key_length') ?? width / heads;
  const value = numberAt(header, 'attention.value_length') ?? width / heads;
  const weights = header.tensors.reduce((sum, { bytes = 0 }) => sum + bytes, 0);
  const kvPerToken = layers * kvHeads * (key + value) * 2;
  const kv = lanes * Math.ceil(contextTokens / CELL_STEP) * CELL_STEP * kvPerToken;
  return { weights, kvPerToken, contextTokens, lanes, kv, total: weights + kv };
}

/** A number among the architecture's own metadata: `llama.block_count`. */
function numberAt(header: GgufHeader, key: string): number | undefined {
  return scalarAt(header, `${hintsOf(header).architecture ?? ''}.${key}`);
}

function scalarAt({ metadata }: GgufHeader, key: string): number | undefined {
  const value = metadata.get(key);
  return typeof value === 'number' ? value : typeof value === 'bigint' ? Number(value) : undefined;
}

function product(numbers: readonly number[]): number {
  return numbers.reduce((result, number) => result * number, 1);
}
