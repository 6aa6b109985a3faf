/** What the name of a GGUF file tells: its quantization, its place among the parts of a split model. */

/**
 * A segment of a name as a spec may write it (spec.ts). Names that the hub gives have to be of this
 * kind too: what it lists is not trusted to be a path inside our folder.
 */
const SEGMENT = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/;

/** True for a relative path of a `.gguf` file that may be made into a path below the models' folder. */
export function isModelFileName(name: string): boolean {
  return /\.gguf$/i.test(name) && name.split('/').every((segment) => SEGMENT.test(segment));
}

/** True for `USER/REPO`. */
export function isRepositoryName(name: string): boolean {
  const segments = name.split('/');
  return segments.length === 2 && segments.every((segment) => SEGMENT.test(segment));
}

export interface SplitName {
  /** Path without the numbers and the ending. */
  readonly stem: string;
  /** 1 to `parts`. */
  readonly part: number;
  readonly parts: number;
}

/** Parts at most; llama.cpp's own splits have fewer than a hundred. */
const MOST_PARTS = 999;

/** `model-00002-of-00003.gguf` (the naming of llama.cpp's gguf-split) -> its numbers; undefined for a whole file. */
export function splitOf(name: string): SplitName | undefined {
  const found = /^(.*)-(\d{5})-of-(\d{5})\.gguf$/i.exec(name);
  if (found === null) return undefined;
  const [, stem = '', part = '', parts = ''] = found;
  const split = { stem, part: Number(part), parts: Number(parts) };
  return split.part >= 1 && split.part <= split.parts && split.parts <= MOST_PARTS ? split : undefined;
}

/** The names of all parts, in order, of the model that `name` is a part of; `[name]` for a whole file. */
export function partNames(name: string): string[] {
  const split = splitOf(name);
  if (split === undefined) return [name];
  const ending = name.slice(-'.gguf'.length);
  const five = (count: number): string => String(count).padStart(5, '0');
  return Array.from(
    { length: split.parts },
    (_, index) => `${split.stem}-${five(index + 1)}-of-${five(split.parts)}${ending}`,
  );
}

/** Whole files and first parts: one name for each model. */
export function isFirstPart(name: string): boolean {
  return (splitOf(name)?.part ?? 1) === 1;
}

/** The types of ggml and the mixtures of llama.cpp's quantize, as file names write them. */
const QUANTIZATION =
  /(?:^|[-._])((?:UD-)?(?:I?Q\d(?:_[A-Z0-9]+)*|TQ\d_\d|MXFP4(?:_[A-Z0-9]+)*|BF16|FP?16|FP?32))(?=$|[-.])/gi;

/**
 * The quantization that a file's name tells, as written there: `Llama-Guard-3-8B.Q4_K_M.gguf` -> `Q4_K_M`.
 * The last one counts; when the name has none, that of its folder. Undefined when there is none.
 */
export function quantizationOf(name: string): string | undefined {
  const segments = name.split('/');
  const last = segments.pop() ?? '';
  const stem = last.replace(/\.gguf$/i, '').replace(/-\d{5}-of-\d{5}$/, '');
  for (const text of [stem, ...segments.reverse()]) {
    const found = [...text.matchAll(QUANTIZATION)].at(-1)?.[1];
    if (found !== undefined) return found;
  }
  return undefined;
}

/** `fp16` is another word for `f16`, and the `UD-` of some repositories is no other type. */
function canonical(quantization: string): string {
  return quantization
    .toUpperCase()
    .replace(/^UD-/, '')
    .replace(/^FP(?=16|32)/, 'F');
}

/**
 * The models of a list that have a quantization, upper and lower case alike. Of a split model, the
 * first part. Files beside the model (the vision part of a multimodal one) are not models.
 */
export function withQuantization(names: readonly string[], quantization: string): string[] {
  const wanted = canonical(quantization);
  const models = names.filter((name) => isFirstPart(name) && !isAccessory(name));
  const found = models.filter((name) => {
    const own = quantizationOf(name);
    return own !== undefined && canonical(own) === wanted;
  });
  // A repository may have both kinds, Q4_K_XL and UD-Q4_K_XL: then the words have to be the same.
  if (found.length < 2) return found;
  const exact = found.filter((name) => quantizationOf(name)?.toUpperCase() === quantization.toUpperCase());
  return exact.length > 0 ? exact : found;
}

/** True for what lies beside models in a repository and is none: projectors, importance matrices. */
export function isAccessory(name: string): boolean {
  return /^(?:mmproj|imatrix)|[-._](?:mmproj|imatrix)(?:[-._]|$)/i.test(name.split('/').at(-1) ?? '');
}
