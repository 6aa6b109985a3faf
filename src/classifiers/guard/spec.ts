/** The `--guard SPEC` strings: which guard model, and where it comes from. */
import { GuardError } from '../../core/errors.js';

export type JudgeSpec =
  | { readonly kind: 'embedded' }
  | { readonly kind: 'gguf'; readonly path: string }
  | { readonly kind: 'hf'; readonly repository: string; readonly file: string }
  | { readonly kind: 'hf'; readonly repository: string; readonly quantization: string }
  | RemoteJudgeSpec;

/** A guard model behind one or more servers that are alike. */
export interface RemoteJudgeSpec {
  readonly kind: 'openai' | 'ollama';
  /** At least one; each once; without credentials, query and fragment. */
  readonly urls: readonly URL[];
  readonly model: string;
}

const FORMS =
  'Use one of: embedded · gguf:PATH · hf:USER/REPO/FILE.gguf · hf:USER/REPO:QUANT · openai:URL#MODEL · ollama:URL#MODEL (several servers: openai:URL1,URL2#MODEL)';

/** Throws GuardError('config_invalid') naming the fault and the allowed forms. */
export function parseJudgeSpec(text: string): JudgeSpec {
  const spec = text.trim();
  if (spec === 'embedded') return { kind: 'embedded' };
  const colon = spec.indexOf(':');
  const scheme = colon < 0 ? spec : spec.slice(0, colon);
  const rest = colon < 0 ? '' : spec.slice(colon + 1);
  switch (scheme) {
    case 'gguf':
      if (rest === '') throw bad(spec, 'the path is missing');
      return { kind: 'gguf', path: rest };
    case 'hf':
      return huggingFace(spec, rest);
    case 'openai':
    case 'ollama':
      return remote(spec, scheme, rest);
    default:
      if (/\.gguf$/i.test(spec)) throw bad(spec, `for a file on this machine write gguf:${spec}`);
      throw bad(spec, spec === '' ? 'it is empty' : `"${scheme}" is no kind of guard`);
  }
}

/** The canonical string of a spec: `parseJudgeSpec(formatJudgeSpec(s))` equals `s`. */
export function formatJudgeSpec(spec: JudgeSpec): string {
  switch (spec.kind) {
    case 'embedded':
      return 'embedded';
    case 'gguf':
      return `gguf:${spec.path}`;
    case 'hf':
      return 'file' in spec
        ? `hf:${spec.repository}/${spec.file}`
        : `hf:${spec.repository}:${spec.quantization}`;
    case 'openai':
    case 'ollama':
      return `${spec.kind}:${spec.urls.map((url) => url.href).join(',')}#${spec.model}`;
  }
}

function huggingFace(spec: string, rest: string): JudgeSpec {
  const name = '[A-Za-z0-9][A-Za-z0-9._-]*';
  const file = new RegExp(`^(${name}/${name})/((?:${name}/)*${name}\\.gguf)$`, 'i').exec(rest);
  if (file?.[1] !== undefined && file[2] !== undefined)
    return { kind: 'hf', repository: file[1], file: file[2] };
  const quantization = new RegExp(`^(${name}/${name}):([A-Za-z0-9_-]+)$`).exec(rest);
  if (quantization?.[1] !== undefined && quantization[2] !== undefined)
    return { kind: 'hf', repository: quantization[1], quantization: quantization[2] };
  throw bad(spec, 'the repository needs USER/REPO and then /FILE.gguf or :QUANT');
}

function remote(spec: string, kind: 'openai' | 'ollama', rest: string): JudgeSpec {
  const hash = rest.indexOf('#');
  const model = hash < 0 ? '' : rest.slice(hash + 1);
  if (model === '') throw bad(spec, 'the model is missing after #');
  // A comma may stand in a path: only one in front of a scheme separates.
  const addresses = rest.slice(0, hash).split(/,(?=[a-z][a-z0-9+.-]*:\/\/)/i);
  const urls = new Map(addresses.map((address) => serverUrl(spec, address)).map((url) => [url.href, url]));
  return { kind, urls: [...urls.values()], model };
}

function serverUrl(spec: string, address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  // A comma in the host: "http://a,b", where the second address lacks its http://.
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || url.host.includes(','))
    throw bad(spec, `"${address}" is no http or https address; several are written like http://a,http://b`);
  if (url.username !== '' || url.password !== '')
    throw bad(spec, 'an address has a user name or password in it; send them with guard.headers instead');
  if (url.search !== '') throw bad(spec, 'an address may not have a ? part');
  return url;
}

function bad(spec: string, why: string): GuardError {
  // An address may carry credentials: they must not end up in a terminal or a log.
  const message = `The guard "${spec}" cannot be used: ${why}. ${FORMS}`;
  return new GuardError('config_invalid', message.replace(/\/\/[^/\s]*@/g, '//…@'));
}
