/** A model server on loopback that answers each request with the recording it was given last. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JsonObject } from '../../../src/core/json.js';

export interface Recording {
  readonly status?: number;
  /** `application/json` for anything but text, `text/event-stream` for text, unless told otherwise. */
  readonly contentType?: string;
  /** JSON of a whole reply, or the bytes of a stream. */
  readonly body: unknown;
  /** The socket is cut after the body, without the response's end. */
  readonly cut?: boolean;
}

export interface ReplayUpstream {
  readonly url: string;
  /** Paths and bodies, in order of arrival. */
  readonly requests: { readonly path: string; readonly body: JsonObject }[];
  answer(recording: Recording): void;
  close(): Promise<void>;
}

export async function createReplayUpstream(): Promise<ReplayUpstream> {
  let recording: Recording = { body: {} };
  const requests: { path: string; body: JsonObject }[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('error', () => undefined);
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as JsonObject;
      requests.push({ path: request.url ?? '', body });
      const text = typeof recording.body === 'string' ? recording.body : JSON.stringify(recording.body);
      const type = typeof recording.body === 'string' ? 'text/event-stream' : 'application/json';
      response.writeHead(recording.status ?? 200, { 'content-type': recording.contentType ?? type });
      if (recording.cut === true) response.write(text, () => response.destroy());
      else response.end(text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    answer: (next) => void (recording = next),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
