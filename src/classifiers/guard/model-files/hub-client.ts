/**
 * The model hub's public HTTP interface, as far as downloads need it: what a repository holds
 * (`GET /api/models/USER/REPO?blobs=true`) and a file's bytes (`GET /USER/REPO/resolve/REVISION/FILE`,
 * which answers with a redirect to a file server; `x-linked-size` and `x-linked-etag` of that answer are
 * the file's size and SHA-256). https://huggingface.co/docs/hub/api; mirrors speak the same.
 */
import { Agent, EnvHttpProxyAgent, errors, request, type Dispatcher } from 'undici';
import { z } from 'zod';
import { GuardError } from '../../../core/errors.js';
import { isModelFileName } from './file-names.js';
import { HubInterruption, refused } from './hub-errors.js';
import type { HubDownload, HubFile, HubRepository } from './hub-types.js';

export interface HubClientOptions {
  /** Base URL without a slash at its end. */
  readonly hub: string;
  /** Sent to the hub's own origin and nowhere else. */
  readonly token?: string | undefined;
}

export interface FileRequest {
  readonly repository: string;
  readonly revision: string;
  readonly name: string;
  /** First byte wanted. Default 0. */
  readonly from?: number;
  /** Only if the file still has this entity tag the rest is wanted, else all of it. */
  readonly etag?: string | undefined;
  readonly signal: AbortSignal;
}

/**
 * Rejections: HubInterruption where another attempt may help, GuardError('config_invalid') where it
 * cannot, and the signal's reason after an abort.
 */
export interface HubClient {
  repository(name: string, signal: AbortSignal): Promise<HubRepository>;
  /** Size and SHA-256 of one file, for lists that do not say. */
  file(wanted: FileRequest): Promise<HubFile>;
  download(wanted: FileRequest): Promise<HubDownload>;
  close(): Promise<void>;
}

const CONNECT_MS = 15_000;
/** A server that is silent for so long is not coming back. */
const SILENCE_MS = 60_000;
const MOST_REDIRECTS = 10;
const LARGEST_LIST = 32 * 1024 ** 2;

const repositorySchema = z.looseObject({
  sha: z
    .string()
    .regex(/^[0-9a-f]{40}$/)
    .nullish()
    .catch(undefined),
  gated: z.union([z.boolean(), z.string()]).nullish(),
  tags: z.array(z.string()).nullish().catch(undefined),
  cardData: z
    .looseObject({
      license: z.union([z.string(), z.array(z.string())]).nullish(),
      license_name: z.string().nullish(),
      license_link: z.string().nullish(),
    })
    .nullish()
    .catch(undefined),
  siblings: z.array(
    z.looseObject({
      rfilename: z.string(),
      size: z.int().nonnegative().nullish(),
      lfs: z.looseObject({ sha256: z.string().nullish(), size: z.int().nonnegative().nullish() }).nullish(),
    }),
  ),
});

export function createHubClient({ hub, token }: HubClientOptions): HubClient {
  const { origin, protocol, hostname } = new URL(hub);
  const loopback = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname);
  const limits = {
    connect: { timeout: CONNECT_MS },
    headersTimeout: SILENCE_MS,
    bodyTimeout: SILENCE_MS,
  };
  // HTTP_PROXY, HTTPS_PROXY and NO_PROXY are undici's to read. No proxy leads back to this machine.
  const agent = loopback ? new Agent(limits) : new EnvHttpProxyAgent(limits);
  const maySendToken = token !== undefined && (protocol === 'https:' || loopback);

  /** The last answer after the redirects, and the hub's own words about the file on the way. */
  async function get(
    address: string,
    {
      method = 'GET',
      headers = {},
      signal,
    }: {
      readonly method?: 'GET' | 'HEAD';
      readonly headers?: Readonly<Record<string, string>>;
      readonly signal: AbortSignal;
    },
  ): Promise<Answer> {
    let url = new URL(address);
    let linked: Linked = { size: undefined, sha256: undefined };
    for (let hop = 0; hop <= MOST_REDIRECTS; hop++) {
      const own = url.origin === origin;
      let response: Dispatcher.ResponseData;
      try {
        response = await request(url, {
          method,
          dispatcher: agent,
          signal,
          headers: {
            ...headers,
            // Compressed bytes would have other ranges, and another size.
            'accept-encoding': 'identity',
            'user-agent': 'portcullis',
            ...(own && maySendToken ? { authorization: `Bearer ${token}` } : {}),
          },
        });
      } catch (error) {
        signal.throwIfAborted();
        throw new HubInterruption(networkFault(error, url), { cause: error });
      }
      const answer: Answer = { response, url, own, linked };
      if (own) linked = { ...linked, ...linkedFacts(response) };
      const location = single(response, 'location');
      if (response.statusCode < 300 || response.statusCode >= 400 || location === undefined)
        return { ...answer, linked };
      discard(response);
      const next = URL.canParse(location, url.href) ? new URL(location, url) : undefined;
      if (
        next === undefined ||
        !/^https?:$/.test(next.protocol) ||
        (url.protocol === 'https:' && next.protocol === 'http:')
      )
        throw new GuardError(
          'config_invalid',
          `${url.origin} sends downloads to an address that is not encrypted, or none at all. Check HF_ENDPOINT.`,
        );
      url = next;
    }
    throw new GuardError('config_invalid', `${origin} sends downloads round in circles. Check HF_ENDPOINT.`);
  }

  /** Throws what an answer that is not the wanted one means. */
  function check({ response, url, own }: Answer, repository: string): void {
    const { statusCode: status } = response;
    if (status === 200 || status === 206) return;
    discard(response);
    if (own && [401, 403, 404, 410].includes(status))
      throw refused({
        hub,
        repository,
        status,
        code: single(response, 'x-error-code'),
        withToken: maySendToken,
        tokenWithheld: token !== undefined && !maySendToken,
      });
    const retryAfter = Number(single(response, 'retry-after'));
    throw new HubInterruption(`${url.host} answered with the HTTP status ${status}`, {
      retryAfter: Number.isFinite(retryAfter) ? retryAfter : undefined,
      status,
    });
  }

  const fileUrl = ({ repository, revision, name }: FileRequest): string =>
    `${hub}/${repository}/resolve/${revision}/${name.split('/').map(encodeURIComponent).join('/')}`;

  return {
    async repository(name, signal) {
      const answer = await get(`${hub}/api/models/${name}?blobs=true`, {
        headers: { accept: 'application/json' },
        signal,
      });
      check(answer, name);
      const parsed = repositorySchema.safeParse(await readJson(answer, signal));
      if (!parsed.success)
        throw new GuardError(
          'config_invalid',
          `${hub} does not answer as a model hub does (${parsed.error.issues[0]?.path.join('.') ?? ''}). Check HF_ENDPOINT, which should be like https://huggingface.co`,
        );
      return describe(name, `${hub}/${name}`, parsed.data);
    },

    async file(wanted) {
      const answer = await get(fileUrl(wanted), { method: 'HEAD', signal: wanted.signal });
      check(answer, wanted.repository);
      discard(answer.response);
      const { linked, response } = answer;
      return {
        name: wanted.name,
        size: linked.size ?? wholeNumber(single(response, 'content-length')),
        sha256: linked.sha256,
      };
    },

    async download(wanted) {
      const { from = 0, etag, signal, repository } = wanted;
      const headers: Record<string, string> =
        from === 0 ? {} : { range: `bytes=${from}-`, ...(etag === undefined ? {} : { 'if-range': etag }) };
      let answer = await get(fileUrl(wanted), { headers, signal });
      if (answer.response.statusCode === 416 && from > 0) {
        // The file is shorter than what is here of it: all of it, then.
        discard(answer.response);
        answer = await get(fileUrl(wanted), { signal });
      }
      check(answer, repository);
      const { response, linked } = answer;
      const range = contentRange(response);
      if (response.statusCode === 206 && range?.from !== from) {
        discard(response);
        throw new HubInterruption(`${answer.url.host} sent another part of the file than was asked for`);
      }
      const length = wholeNumber(single(response, 'content-length'));
      return {
        from: range?.from ?? 0,
        size: range === undefined ? length : range.size,
        sha256: linked.sha256,
        etag: strongTag(single(response, 'etag')),
        body: readable(response, answer.url, signal),
        discard: () => discard(response),
      };
    },

    close: () => agent.destroy(),
  };
}

interface Linked {
  readonly size: number | undefined;
  readonly sha256: string | undefined;
}

interface Answer {
  readonly response: Dispatcher.ResponseData;
  readonly url: URL;
  /** The hub itself answered, no other server. */
  readonly own: boolean;
  readonly linked: Linked;
}

function describe(name: string, page: string, data: z.infer<typeof repositorySchema>): HubRepository {
  const card = data.cardData;
  const licence = [card?.license].flat()[0] ?? data.tags?.find((tag) => tag.startsWith('license:'))?.slice(8);
  // `other` is the hub's word for a licence that it has no word for; the card names it then.
  const named = licence === 'other' ? (card?.license_name ?? licence) : licence;
  const link = card?.license_link ?? undefined;
  return {
    name,
    revision: data.sha ?? 'main',
    files: data.siblings
      .filter(({ rfilename }) => isModelFileName(rfilename))
      .map(({ rfilename, size, lfs }) => ({
        name: rfilename,
        size: lfs?.size ?? size ?? undefined,
        sha256: sha256Of(lfs?.sha256 ?? undefined),
      })),
    fileCount: data.siblings.length,
    licence: oneLine(named),
    licenceLink: link === undefined || !URL.canParse(link) ? undefined : oneLine(link),
    gated: (data.gated ?? false) !== false,
    page,
  };
}

/** Text of a stranger for a terminal: no control characters, and not long. */
function oneLine(text: string | undefined): string | undefined {
  const clean = text?.replaceAll(/[^\x20-\x7e]/g, '').slice(0, 200);
  return clean === '' ? undefined : clean;
}

function linkedFacts(response: Dispatcher.ResponseData): Partial<Linked> {
  const size = wholeNumber(single(response, 'x-linked-size'));
  const sha256 = sha256Of(single(response, 'x-linked-etag')?.replace(/^(?:W\/)?"|"$/g, ''));
  return { ...(size === undefined ? {} : { size }), ...(sha256 === undefined ? {} : { sha256 }) };
}

async function readJson({ response, url }: Answer, signal: AbortSignal): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of readable(response, url, signal)) {
    bytes += chunk.length;
    if (bytes > LARGEST_LIST)
      throw new GuardError(
        'config_invalid',
        `${url.origin} sends a list of files that is larger than any. Check HF_ENDPOINT.`,
      );
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    // A web page, perhaps: the schema says that it is no answer of a hub.
    return undefined;
  }
}

async function* readable(
  response: Dispatcher.ResponseData,
  url: URL,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of response.body) yield chunk as Uint8Array;
  } catch (error) {
    signal.throwIfAborted();
    throw new HubInterruption(networkFault(error, url), { cause: error });
  } finally {
    discard(response);
  }
}

function discard(response: Dispatcher.ResponseData): void {
  // A destroyed body reports its end as an error, which nobody is left to handle.
  response.body.on('error', () => undefined).destroy();
}

function single(response: Dispatcher.ResponseData, name: string): string | undefined {
  const value = response.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function sha256Of(text: string | undefined): string | undefined {
  return text !== undefined && /^[0-9a-f]{64}$/i.test(text) ? text.toLowerCase() : undefined;
}

/** Weak tags do not promise the same bytes (RFC 9110, 13.1.5). */
function strongTag(tag: string | undefined): string | undefined {
  return tag !== undefined && /^"[\x21\x23-\x7e]*"$/.test(tag) ? tag : undefined;
}

function contentRange(
  response: Dispatcher.ResponseData,
): { from: number; size: number | undefined } | undefined {
  if (response.statusCode !== 206) return undefined;
  const found = /^bytes (\d{1,15})-\d{1,15}\/(\d{1,15}|\*)$/.exec(single(response, 'content-range') ?? '');
  return found === null ? undefined : { from: Number(found[1]), size: wholeNumber(found[2]) };
}

const FAULTS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its name is not known here (no network, or no DNS)',
  EAI_AGAIN: 'its name cannot be looked up now (no network, or no DNS)',
  ECONNREFUSED: 'the connection was refused',
  ENETUNREACH: 'there is no network',
  EHOSTUNREACH: 'there is no way to it',
  ETIMEDOUT: 'the connection timed out',
  UND_ERR_CONNECT_TIMEOUT: `no connection came about in ${CONNECT_MS / 1000} s`,
  UND_ERR_HEADERS_TIMEOUT: `no answer came in ${SILENCE_MS / 1000} s`,
  UND_ERR_BODY_TIMEOUT: `nothing more came for ${SILENCE_MS / 1000} s`,
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  UND_ERR_SOCKET: 'the connection was cut',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'the connection was cut',
};

function networkFault(error: unknown, url: URL): string {
  // Several addresses of one name fail as one error that holds the others.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const code = (first instanceof Error && 'code' in first ? String(first.code) : '') || '';
  const known = FAULTS[code];
  if (known !== undefined) return `${url.host}: ${known}`;
  if (/CERT|SIGNED|TLS|SSL/.test(code))
    return `${url.host}: its certificate is not accepted (${code}); for a company's own, set NODE_EXTRA_CA_CERTS`;
  const text = first instanceof errors.UndiciError || code === '' ? String(first) : code;
  return `${url.host}: ${text}`;
}
