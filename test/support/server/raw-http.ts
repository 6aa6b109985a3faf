/** HTTP by hand, for what no proper client sends. */
import { connect } from 'node:net';

/** Sends the text, collects what comes until the connection closes or `untilMs` passed. */
export async function exchangeRaw(url: string, text: string | Buffer, untilMs = 3_000): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let received = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (received += chunk));
  socket.on('error', () => undefined);
  socket.write(text);
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, untilMs);
    socket.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
  socket.destroy();
  return received;
}

/** A complete request with the target exactly as given. */
export function rawRequest(
  method: string,
  target: string,
  body = '',
  headers: readonly string[] = [],
): string {
  const lines = [
    `${method} ${target} HTTP/1.1`,
    'host: 127.0.0.1',
    'connection: close',
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    ...headers,
  ];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}
