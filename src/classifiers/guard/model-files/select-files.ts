/** Which files of a repository a spec means. */
import { GuardError } from '../../../core/errors.js';
import { formatJudgeSpec, type JudgeSpec } from '../spec.js';
import { isAccessory, isFirstPart, partNames, quantizationOf, withQuantization } from './file-names.js';
import type { HubFile, HubRepository } from './hub-types.js';
import { formatBytes } from './sizes.js';

export type HubSpec = Extract<JudgeSpec, { kind: 'hf' }>;

/** More candidates than this help nobody. */
const MOST_SHOWN = 40;

/**
 * The files of a spec (an empty quantization is none), all parts of a split model, in order.
 * @throws GuardError('config_invalid') that lists what there is, when it is none or more than one model
 */
export function selectFiles(spec: HubSpec, repository: HubRepository): HubFile[] {
  const { files, name } = repository;
  if (files.length === 0) throw new GuardError('config_invalid', noGguf(repository));
  const byName = new Map(files.map((file) => [file.name, file]));
  const first = 'file' in spec ? byNameAnyCase(files, spec.file) : chosen(spec, repository);
  if (first === undefined)
    throw new GuardError(
      'config_invalid',
      `${name} has no file ${'file' in spec ? spec.file : ''}. It has:\n${candidates(name, files)}`,
    );
  return partNames(first).map((part) => {
    const found = byName.get(part);
    if (found === undefined)
      throw new GuardError(
        'config_invalid',
        `${name} lacks ${part}, a part of the model: it cannot be used. Choose another file:\n${candidates(name, files)}`,
      );
    return found;
  });
}

/** The name as it is on the hub; people mix up upper and lower case. */
function byNameAnyCase(files: readonly HubFile[], wanted: string): string | undefined {
  const same = files.find(({ name }) => name === wanted);
  if (same !== undefined) return same.name;
  const alike = files.filter(({ name }) => name.toLowerCase() === wanted.toLowerCase());
  return alike.length === 1 ? alike[0]?.name : undefined;
}

function chosen(spec: Extract<HubSpec, { quantization: string }>, { name, files }: HubRepository): string {
  const found = withQuantization(
    files.map((file) => file.name),
    spec.quantization,
  );
  const [first] = found;
  if (first !== undefined && found.length === 1) return first;
  if (spec.quantization === '')
    throw new GuardError('config_invalid', `Say which model of ${name}; it has:\n${candidates(name, files)}`);
  throw new GuardError(
    'config_invalid',
    first === undefined
      ? `${name} has no file with the quantization ${spec.quantization}. It has:\n${candidates(name, files)}`
      : `${name} has ${found.length} models with the quantization ${spec.quantization}; name the file:\n${candidates(
          name,
          files.filter((file) => found.includes(file.name)),
          files,
        )}`,
  );
}

/** One line for each model: its spec, size and quantization. `all` holds the parts whose sizes count. */
function candidates(repository: string, files: readonly HubFile[], all: readonly HubFile[] = files): string {
  const sizes = new Map(all.map(({ name, size }) => [name, size]));
  const models = files.filter(({ name }) => isFirstPart(name) && !isAccessory(name));
  const lines = models.map(({ name }) => {
    const parts = partNames(name);
    const bytes = parts.reduce((sum, part) => sum + (sizes.get(part) ?? 0), 0);
    const size = bytes === 0 ? 'size unknown' : formatBytes(bytes);
    const quantization = quantizationOf(name);
    const details = [
      size,
      ...(quantization === undefined ? [] : [quantization]),
      ...(parts.length > 1 ? [`${parts.length} parts`] : []),
    ];
    return `  ${formatJudgeSpec({ kind: 'hf', repository, file: name })}   ${details.join(', ')}`;
  });
  const more = lines.length - MOST_SHOWN;
  return [...lines.slice(0, MOST_SHOWN), ...(more > 0 ? [`  and ${more} more`] : [])].join('\n');
}

function noGguf({ name, fileCount, page }: HubRepository): string {
  return `${name} holds no GGUF file${fileCount === 0 ? '' : ` (${fileCount} files of other kinds)`}. Portcullis needs the model as GGUF: many models have a repository of that kind by somebody else, named ${name.split('/')[1] ?? ''}-GGUF for instance. Or convert it yourself (docs/models.md). Its page: ${page}`;
}
