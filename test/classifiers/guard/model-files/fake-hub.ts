/**
 * A model hub on 127.0.0.1: the list of a repository, redirects to a file server on another port (another
 * origin, as real hubs have it), ranges, gates, and whatever can go wrong on the way.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeFile {
  readonly content: Buffer;
  /** What the list says instead of the true one; null: nothing. */
  sha256?: string | null;
  size?: number | null;
}

export interface FakeRepository {
  readonly files: Record<string, FakeFile>;
  gated?: boolean | 'auto' | 'manual';
  licence?: string;
}

export interface Seen {
  readonly server: 'hub' | 'files';
  readonly method: string;
  readonly url: string;
  readonly authorization: string | undefined;
  readonly range: string | undefined;
  readonly ifRange: string | undefined;
}

export interface FakeHub {
  /** Base URL of the hub. */
  readonly url: string;
  readonly repositories: Record<string, FakeRepository>;
  readonly seen: Seen[];
  /** Changes how the file server answers. */
  behaviour: {
    /**
     * Cut the connection after so many bytes of a body, the next so many times: once the client says by
     * `arrived` that it has them.
     */
    cutAfter?: { bytes: number; times: number };
    /** Send so many bytes and then nothing more, keeping the connection. */
    stallAfter?: number;
    /** Ignore Range. */
    noRanges?: boolean;
    /** No `x-linked-*` headers, and none of the list's hashes. */
    noHashes?: boolean;
    /** Answer with this status. */
    status?: number;
    /** Sent instead of the content, with its length. */
    instead?: Buffer;
    /** Entity tag of the file server. */
    etag?: string;
  };
  /** What the client has of all that it wants, for `cutAfter`. */
  arrived(bytes: number): void;
  /** Token that opens gated repositories, and one that is known but not let in. */
  readonly token: string;
  readonly strangerToken: string;
  close(): Promise<void>;
}

export const sha256 = (content: Buffer): string => createHash('sha256').update(content).digest('hex');

export async function startFakeHub(repositories: Record<string, FakeRepository>): Promise<FakeHub> {
  const seen: Seen[] = [];
  let arrived = 0;
  let cut: { readonly at: number; readonly response: ServerResponse } | undefined;
  const note = (server: Seen['server'], { method = '', url = '', headers }: IncomingMessage): void =>
    void seen.push({
      server,
      method,
      url,
      authorization: headers.authorization,
      range: headers.range,
      ifRange: headers['if-range'] as string | undefined,
    });
  const files = createServer((request, response) => {
    note('files', request);
    sendFile(request, response);
  });
  const front = createServer((request, response) => {
    note('hub', request);
    answer(request, response);
  });
  const filesUrl = await listen(files);
  const hub: FakeHub = {
    url: await listen(front),
    repositories,
    seen,
    behaviour: {},
    arrived(bytes) {
      arrived = bytes;
      if (cut === undefined || arrived < cut.at) return;
      cut.response.destroy();
      cut = undefined;
    },
    token: 'hf_tokenofafriend',
    strangerToken: 'hf_tokenofastranger',
    close: async () => {
      for (const server of [files, front]) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
  return hub;

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const path = decodeURIComponent(new URL(request.url ?? '/', hub.url).pathname);
    const list = /^\/api\/models\/([^/]+\/[^/]+)$/.exec(path);
    const file = /^\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(path);
    const name = list?.[1] ?? file?.[1] ?? '';
    const repository = repositories[name];
    const token = request.headers.authorization?.replace('Bearer ', '');
    if (token !== undefined && token !== hub.token && token !== hub.strangerToken) {
      refuse(response, 401, 'InvalidToken');
      return;
    }
    if (repository === undefined) {
      refuse(response, 401, 'RepoNotFound');
      return;
    }
    if (list !== null) {
      const siblings = Object.entries(repository.files).map(
        ([rfilename, { content, size, sha256: sum }]) => ({
          rfilename,
          ...(size === null ? {} : { size: size ?? content.length }),
          ...(sum === null || hub.behaviour.noHashes === true
            ? {}
            : { lfs: { sha256: sum ?? sha256(content), size: size ?? content.length, pointerSize: 134 } }),
        }),
      );
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({
          id: name,
          sha: 'a'.repeat(40),
          gated: repository.gated ?? false,
          tags: ['gguf', ...(repository.licence === undefined ? [] : [`license:${repository.licence}`])],
          siblings: [{ rfilename: 'README.md', size: 12 }, ...siblings],
        }),
      );
      return;
    }
    if (repository.gated !== undefined && repository.gated !== false && token !== hub.token) {
      refuse(response, token === undefined ? 401 : 403, 'GatedRepo');
      return;
    }
    const found = repository.files[file?.[3] ?? ''];
    if (found === undefined) {
      refuse(response, 404, 'EntryNotFound');
      return;
    }
    if (hub.behaviour.noHashes !== true)
      response
        .setHeader('x-linked-etag', `"${sha256(found.content)}"`)
        .setHeader('x-linked-size', found.content.length);
    response
      .writeHead(302, { location: `${filesUrl}/${name}/${file?.[3] ?? ''}?signature=abc` })
      .end('Found. Redirecting');
  }

  function sendFile(request: IncomingMessage, response: ServerResponse): void {
    const path = decodeURIComponent(new URL(request.url ?? '/', filesUrl).pathname);
    const [, user = '', repo = '', ...rest] = path.split('/');
    const found = repositories[`${user}/${repo}`]?.files[rest.join('/')];
    const { behaviour } = hub;
    if (behaviour.status !== undefined) {
      finish(response.writeHead(behaviour.status));
      return;
    }
    if (found === undefined) {
      finish(response.writeHead(404));
      return;
    }
    const content = behaviour.instead ?? found.content;
    const etag = behaviour.etag ?? `"cdn-${sha256(content).slice(0, 8)}"`;
    const wanted = /^bytes=(\d+)-$/.exec(request.headers.range ?? '');
    const from = wanted === null ? 0 : Number(wanted[1]);
    const ifRange = request.headers['if-range'];
    const partial =
      wanted !== null && behaviour.noRanges !== true && (ifRange === undefined || ifRange === etag);
    if (partial && from >= content.length) {
      finish(response.writeHead(416, { 'content-range': `bytes */${content.length}` }));
      return;
    }
    const body = partial ? content.subarray(from) : content;
    response.writeHead(partial ? 206 : 200, {
      'content-length': body.length,
      etag,
      ...(partial ? { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` } : {}),
    });
    if (request.method === 'HEAD') {
      finish(response);
      return;
    }
    const { cutAfter, stallAfter } = behaviour;
    if (stallAfter !== undefined) {
      response.write(body.subarray(0, stallAfter));
      return;
    }
    if (cutAfter !== undefined && cutAfter.times > 0 && body.length > cutAfter.bytes) {
      cutAfter.times--;
      cut = { at: arrived + cutAfter.bytes, response };
      response.write(body.subarray(0, cutAfter.bytes));
      return;
    }
    response.end(body);
  }
}

function finish(response: ServerResponse): void {
  response.end();
}

function refuse(response: ServerResponse, status: number, code: string): void {
  response
    .writeHead(status, { 'x-error-code': code, 'content-type': 'application/json' })
    .end('{"error":"no"}');
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
