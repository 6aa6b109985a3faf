/** A server on loopback that answers every request with one prepared response. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface PreparedResponse {
  readonly status?: number;
  readonly contentType: string;
  readonly body: string;
}

/** Runs `use` with the server's URL and closes it afterwards. */
export async function withReplayServer<Result>(
  response: PreparedResponse,
  use: (url: string) => Promise<Result>,
): Promise<Result> {
  const server = createServer((request, reply) => {
    request.resume();
    reply.writeHead(response.status ?? 200, { 'content-type': response.contentType });
    reply.end(response.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}
