/** What a Content-Type says about how a body can be read. */

export interface MediaType {
  /** `application/json`: lower case, without parameters; empty when there is none. */
  readonly type: string;
  /** Lower case, without quotes; undefined when it is not named. */
  readonly charset: string | undefined;
}

/** The parts of a Content-Type header. Reference: RFC 9110, section 8.3. */
export function parseMediaType(header: unknown): MediaType {
  const [type = '', ...parameters] = (typeof header === 'string' ? header : '').split(';');
  const charset = parameters
    .map((parameter) => /^\s*charset\s*=\s*"?([^"\s]*)"?\s*$/i.exec(parameter)?.[1])
    .find((value) => value !== undefined);
  return { type: type.trim().toLowerCase(), charset: charset?.toLowerCase() };
}

/** True when the bytes are UTF-8, as far as the header goes. */
export function isUtf8({ charset }: MediaType): boolean {
  return charset === undefined || ['utf-8', 'utf8', 'us-ascii', 'ascii'].includes(charset);
}

/** `application/json`, `application/problem+json`, … */
export function isJson({ type }: MediaType): boolean {
  return type === 'application/json' || type.endsWith('+json');
}

const NDJSON = [
  ...['application/x-ndjson', 'application/ndjson', 'application/jsonl', 'application/jsonlines'],
  ...['application/x-jsonlines', 'application/x-jsonl'],
];
const TEXT = [
  ...['application/javascript', 'application/x-javascript', 'application/xml', 'application/yaml'],
  ...['application/x-yaml', 'application/x-www-form-urlencoded', 'application/graphql', 'application/sql'],
];

export type BodyKind = 'sse' | 'ndjson' | 'json' | 'text' | 'opaque';

/** How a reply's body can be judged; `opaque`: not at all. A body without a type is taken for text. */
export function bodyKind(media: MediaType): BodyKind {
  const { type } = media;
  if (!isUtf8(media)) return 'opaque';
  if (type === 'text/event-stream') return 'sse';
  if (NDJSON.includes(type)) return 'ndjson';
  if (isJson(media)) return 'json';
  if (type === '' || type.startsWith('text/') || type.endsWith('+xml') || TEXT.includes(type)) return 'text';
  return 'opaque';
}
