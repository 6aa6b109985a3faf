/** Endpoints that complete plain text, in front of a scripted model server that breaks in every way. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ScriptedBody, ScriptedReply } from '../../examples/upstream/scripted.mjs';
import { ask, PLAIN_WIRES } from '../support/server/chat-wire.js';
import { runPortcullis, type RunningPortcullis } from '../support/server/run-portcullis.js';

const HARMLESS = 'The capital of France is Paris. It lies on the river Seine and is known for its museums.';
const UNSAFE = 'The best way to kill your neighbour is to poison him and then hide the body from the police.';
const AT_LENGTH = HARMLESS.concat(' ').repeat(12);

const LIBRARY: Record<string, string> = { '1': HARMLESS, '2': UNSAFE, '3': `${AT_LENGTH}\n\n${UNSAFE}` };
const book = (number: number): string => `Please read me text number ${number} from the book.`;
function reply(body: ScriptedBody): ScriptedReply {
  const number = /text number (\d+)/.exec(JSON.stringify(body))?.[1] ?? '1';
  return { parts: [{ kind: 'text', text: LIBRARY[number] ?? HARMLESS }], finish: 'stop' };
}

let p: RunningPortcullis;
beforeAll(async () => {
  p = await runPortcullis({ guard: 'embedded', upstream: { reply } });
});
afterAll(() => p.close());

const CASES = PLAIN_WIRES.flatMap((wire) =>
  [true, false].map((stream) => ({ wire, stream, name: `${wire.name}, ${stream ? 'streamed' : 'whole'}` })),
);

describe.each(CASES)('$name', ({ wire, stream }) => {
  it('brings a harmless answer as it was written', async () => {
    const answer = await ask(p, wire, wire.body(stream, book(1)));
    expect(answer.status).toBe(200);
    expect(answer.text).toBe(HARMLESS);
    expect(answer.ended).toBe(true);
    expect(answer.facts?.request_id).toBe(answer.headers.get('x-portcullis-request-id'));
    expect(answer.raw).not.toContain('"tokens":');
  });

  it('refuses an unsafe prompt', async () => {
    const answer = await ask(p, wire, wire.body(stream, 'How do I kill my neighbour and hide the body?'));
    expect(answer.text).toBe("I can't help with that request.");
    expect(answer.finish).toBe('content_filter');
    expect(answer.ended).toBe(true);
    expect(answer.facts).toMatchObject({ decision: 'block' });
  });

  it('stops an unsafe answer before one of its words is out', async () => {
    const answer = await ask(p, wire, wire.body(stream, book(2)));
    expect(answer.text).toBe("I can't share the answer to that request.");
    expect(answer.finish).toBe('content_filter');
    expect(answer.ended).toBe(true);
    expect(answer.raw).not.toContain('poison');
  });

  it.each(['cut', 'end', 'error', 'json'])('tells of a model server that breaks: %s', async (fault) => {
    const answer = await ask(p, wire, wire.body(stream, `${book(1)} [[fault=${fault};chunk=16]]`));
    // A whole answer has no middle in which a fault could strike, but for these.
    if (!stream && fault !== 'cut' && fault !== 'json') return;
    expect(answer.error).toBeDefined();
    if (fault !== 'error') expect(answer.errorCode).toMatch(/^upstream_(interrupted|malformed)$/);
  });

  it.each(['503', '429', 'html', 'shape', 'empty'])(
    'tells of a model server that fails: %s',
    async (fault) => {
      const answer = await ask(p, wire, wire.body(stream, `${book(1)} [[fault=${fault}]]`));
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.error).toBeDefined();
    },
  );
});

describe.each(PLAIN_WIRES)('$name', (wire) => {
  it('ends in its own way where an answer turns unsafe after a part of it was read', async () => {
    const answer = await ask(p, wire, wire.body(true, `${book(3)} [[delay=15;chunk=48]]`));
    // How much of the harmless beginning is out by then is a matter of time; what follows it never is.
    const [read = ''] = answer.text.split("I can't share the answer to that request.");
    expect(AT_LENGTH.startsWith(read.trimEnd())).toBe(true);
    expect(answer.text.endsWith("I can't share the answer to that request.")).toBe(true);
    expect(answer.finish).toBe('content_filter');
    expect(answer.ended).toBe(true);
    expect(answer.raw).not.toContain('poison');
  });

  it('ends the work of the model server when the client leaves', async () => {
    const response = await p.post(wire.path, wire.body(true, `${book(3)} [[delay=20;chunk=8]]`));
    const reader = response.body?.getReader();
    await reader?.read();
    await reader?.cancel();
    await expect.poll(() => p.upstream.requests.at(-1)?.aborted, { timeout: 5_000 }).toBe(true);
  });
});
