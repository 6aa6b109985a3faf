/** The listening server: its time limits, and an end that lets running requests finish. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GuardError } from '../core/errors.js';
import { createApp } from './app.js';
import type { Portcullis } from './compose.js';
import { trackConnections } from './connections.js';
import { createUpstream } from './proxy/upstream.js';

export interface RunningServer {
  /** `http://127.0.0.1:8787` */
  readonly url: string;
  /** Stops accepting, waits up to `server.shutdownGraceMs` for running requests, then cuts them off. */
  close(): Promise<void>;
}

/** Rejects with GuardError('config_invalid') when the address cannot be listened on. */
export async function startServer(portcullis: Portcullis): Promise<RunningServer> {
  const { server: settings, upstream: upstreamConfig } = portcullis.config;
  const upstream = createUpstream(upstreamConfig);
  const server = createServer(
    {
      headersTimeout: settings.headersTimeoutMs,
      requestTimeout: settings.requestTimeoutMs,
      keepAliveTimeout: settings.keepAliveTimeoutMs,
      // Requests that two parsers could read differently are refused.
      insecureHTTPParser: false,
      requireHostHeader: true,
    },
    createApp(portcullis, upstream),
  );
  const connections = trackConnections(server);
  await listen(server, settings.host, settings.port);
  const { port, family, address } = server.address() as AddressInfo;
  const host = family === 'IPv6' ? `[${address}]` : address;
  return {
    url: `http://${host}:${port}`,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      connections.drain();
      const cut = setTimeout(() => server.closeAllConnections(), settings.shutdownGraceMs);
      await closed;
      clearTimeout(cut);
      await upstream.close();
    },
  };
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(explain(error, host, port)));
    server.listen(port, host, resolve);
  });
}

function explain(error: NodeJS.ErrnoException, host: string, port: number): GuardError {
  const why: Record<string, string> = {
    EADDRINUSE: `Port ${port} on ${host} is in use. End the other program, or choose another port: --port ${port + 1}`,
    EACCES: `This user may not listen on port ${port}. Choose a port above 1023: --port 8787`,
    EADDRNOTAVAIL: `This machine has no address ${host}. Choose another: --host 127.0.0.1`,
    ENOTFOUND: `The host name ${host} cannot be resolved. Choose an address: --host 127.0.0.1`,
  };
  const message = why[error.code ?? ''] ?? `Cannot listen on ${host}:${port}: ${error.message}`;
  return new GuardError('config_invalid', message, { cause: error });
}
