#!/usr/bin/env node
/**
 * The least that a proxy can do: reads nothing, passes both bodies on as they come, over connections that
 * are kept. What Portcullis is compared with.
 *
 *   node bench/bare-proxy.mjs http://127.0.0.1:11434
 */
import { createServer } from 'node:http';
import { pipeline } from 'node:stream';
import { Pool } from 'undici';

const pool = new Pool(process.argv[2], { connections: 256, pipelining: 1 });
/** These belong to one connection, not to the message. */
const OWN = new Set(['connection', 'keep-alive', 'transfer-encoding', 'host']);
const passedOn = (headers) => Object.fromEntries(Object.entries(headers).filter(([name]) => !OWN.has(name)));

const server = createServer((incoming, outgoing) => {
  const { method, url: path } = incoming;
  const body = method === 'GET' ? null : incoming;
  pool.request({ method, path, headers: passedOn(incoming.headers), body }).then(
    (answer) => {
      outgoing.writeHead(answer.statusCode, passedOn(answer.headers));
      pipeline(answer.body, outgoing, () => undefined);
    },
    (error) => outgoing.headersSent || outgoing.writeHead(502).end(error.message),
  );
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
