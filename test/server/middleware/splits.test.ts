/**
 * However a handler cuts its reply into writes, the client gets the same bytes, and no part of them
 * leaves before a verdict covers it.
 */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createExpressMiddleware } from '../../../src/server/middleware/index.js';
import { closeScanner, createParts, createScriptedJudge, dataOf, scannerReady, UNSAFE } from './run-app.js';

beforeAll(scannerReady);
afterAll(closeScanner);

/** How one kind of body carries pieces of text, and how they are read from what the client got. */
interface Kind {
  readonly type: string;
  readonly write: (pieces: readonly string[]) => string;
  readonly read: (body: string) => string;
}

/** Without an event that has not come to its end. */
const whole = (body: string): string => body.slice(0, body.lastIndexOf('\n\n') + 1);
const tokenOf = (json: string): string => (JSON.parse(json) as { token?: string }).token ?? '';

const KINDS: Record<string, Kind> = {
  'JSON events': {
    type: 'text/event-stream',
    write: (pieces) => pieces.map((token) => `data: ${JSON.stringify({ token })}\n\n`).join(''),
    read: (body) => dataOf(whole(body)).map(tokenOf).join(''),
  },
  'text events': {
    type: 'text/event-stream',
    write: (pieces) => pieces.map((text) => `data: =${text.replaceAll(/[\r\n]/g, ' ')}\r\n\r\n`).join(''),
    read: (body) => dataOf(whole(body)).join(''),
  },
  'JSON lines': {
    type: 'application/x-ndjson',
    write: (pieces) => pieces.map((token) => JSON.stringify({ token }) + '\n').join(''),
    read: (body) => body.split('\n').slice(0, -1).map(tokenOf).join(''),
  },
  'plain text': { type: 'text/plain', write: (pieces) => pieces.join(''), read: (body) => body },
};

/** One reply: what the handler writes, cut at `cuts`, with the event loop turning where `pauses` says. */
async function run(kind: Kind, bytes: Buffer, cuts: readonly number[], pauses: readonly boolean[]) {
  const judge = createScriptedJudge();
  judge.before = () => new Promise((resolve) => setImmediate(resolve));
  const policy = { stream: { first_window: 20, max_window: 60, idle_ms: 3 } };
  const { parts } = createParts(judge, policy);
  const guard = createExpressMiddleware(parts, { bodyLimitBytes: 1000 });
  const early: string[] = [];

  /** Watches what the guard itself writes, against what was judged by then. */
  function watch(response: ServerResponse): void {
    const write = response.write.bind(response);
    let sent = '';
    response.write = ((piece: string) => {
      sent += piece;
      // The last one may be a normalised view of it.
      const judged = judge.judged.filter(({ role }) => role === 'Agent').map(({ text }) => text);
      // A refusal comes last and is the guard's own.
      const released = kind.read(sent).split("I can't share")[0]?.trimEnd() ?? '';
      const plain = (text: string): string => text.replaceAll('\n', '');
      if (released !== '' && !judged.some((text) => plain(text).startsWith(plain(released))))
        early.push(released);
      return write(piece);
    }) as typeof response.write;
  }

  async function handle(response: ServerResponse): Promise<void> {
    response.setHeader('content-type', kind.type);
    const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
    let start = 0;
    for (const [index, end] of [...ends, bytes.length].entries()) {
      response.write(bytes.subarray(start, end));
      start = end;
      if (pauses[index % Math.max(1, pauses.length)] === true) await new Promise(setImmediate);
    }
    response.end();
  }

  const server = createServer((request, response) => {
    watch(response);
    guard(request, response, () => void handle(response));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    return { body: await response.text(), early };
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const piece = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.stringMatching(/^[a-z ]{0,20}$/),
  fc.constantFrom('```', '`', '\n', '\n```python\nx = 1\n```\n'),
);
const reply = {
  pieces: fc.array(piece, { maxLength: 25 }),
  cuts: fc.array(fc.nat(2000), { maxLength: 30 }),
  pauses: fc.array(fc.boolean(), { maxLength: 5 }),
};

it.each(Object.entries(KINDS))('%s arrive the same over any split', async (_name, kind) => {
  await fc.assert(
    fc.asyncProperty(reply.pieces, reply.cuts, reply.pauses, async (pieces, cuts, pauses) => {
      const bytes = Buffer.from(kind.write(pieces));
      const cut = await run(kind, bytes, cuts, pauses);
      expect(cut.early).toEqual([]);
      const whole = await run(kind, bytes, [], []);
      expect(cut.body).toBe(whole.body);
      expect(kind.read(cut.body)).toBe(kind.read(kind.write(pieces).replaceAll('\r\n\r\n', '\n\n')));
    }),
    { numRuns: 25 },
  );
});

it.each(Object.entries(KINDS))('%s stop before what is unsafe, over any split', async (_name, kind) => {
  await fc.assert(
    fc.asyncProperty(reply.pieces, reply.cuts, reply.pauses, async (pieces, cuts, pauses) => {
      const halves = [UNSAFE.slice(0, 3), UNSAFE.slice(3)];
      const all =
        kind === KINDS['text events'] ? [...pieces, UNSAFE, ...pieces] : [...pieces, ...halves, ...pieces];
      const { body, early } = await run(kind, Buffer.from(kind.write(all)), cuts, pauses);
      expect(early).toEqual([]);
      expect(kind.read(body)).not.toContain(UNSAFE);
      expect(kind.read(body)).toContain("I can't share the answer to that request.");
    }),
    { numRuns: 25 },
  );
});
