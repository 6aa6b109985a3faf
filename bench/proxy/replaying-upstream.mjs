#!/usr/bin/env node
/**
 * An upstream that costs as little as an upstream can, so that the proxies are what is measured: it has the
 * scripted upstream answer one request of each kind, and replays the bytes. Streams leave event by event, a
 * turn of the event loop between two writes; `--burst N` puts N events into a write, as busy model servers do.
 *
 *   node bench/proxy/replaying-upstream.mjs http://127.0.0.1:11434 --burst 1
 */
import { createServer } from 'node:http';

const origin = process.argv[2];
const flag = process.argv.indexOf('--burst');
const burst = flag === -1 ? 1 : Number(process.argv[flag + 1]);
const recorded = new Map();

async function record(path, body) {
  const answer = await fetch(origin + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  const text = await answer.text();
  const type = answer.headers.get('content-type') ?? 'application/json';
  if (!type.startsWith('text/event-stream')) return { type, writes: [Buffer.from(text)] };
  const events = text.split(/(?<=\n\n)/);
  const writes = [];
  for (let at = 0; at < events.length; at += burst)
    writes.push(Buffer.from(events.slice(at, at + burst).join('')));
  return { type, writes };
}

function replay({ type, writes }, response) {
  if (writes.length === 1) {
    response.writeHead(200, { 'content-type': type, 'content-length': writes[0].length });
    response.end(writes[0]);
    return;
  }
  response.writeHead(200, { 'content-type': type });
  let next = 0;
  const write = () => {
    if (response.destroyed) return;
    const flowing = response.write(writes[next]);
    next += 1;
    if (next === writes.length) response.end();
    else if (flowing) setImmediate(write);
    else response.once('drain', write);
  };
  write();
}

createServer((request, response) => {
  const pieces = [];
  request.on('data', (piece) => pieces.push(piece));
  request.on('end', () => {
    const body = Buffer.concat(pieces).toString();
    const key = `${request.url} ${body.includes('"stream":true')}`;
    let reply = recorded.get(key);
    if (reply === undefined) {
      reply = record(request.url, body);
      recorded.set(key, reply);
    }
    reply.then(
      (known) => replay(known, response),
      (error) => response.writeHead(502).end(String(error)),
    );
  });
}).listen(0, '127.0.0.1', function () {
  console.log(`http://127.0.0.1:${this.address().port}`);
});
