/** Many streams that clients break off at any moment leave nothing behind. The long version is bench/soak.ts. */
import { createConnection } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ask, OPENAI } from '../support/server/chat-wire.js';
import { runPortcullis, type RunningPortcullis } from '../support/server/run-portcullis.js';

const ABORTS = 300;
const AT_ONCE = 30;

let p: RunningPortcullis;
beforeAll(async () => {
  p = await runPortcullis();
});
afterAll(() => p.close());

const resources = (): Record<string, number> => {
  const counts: Record<string, number> = { Timeout: 0, TCPSocketWrap: 0 };
  for (const name of process.getActiveResourcesInfo()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
};

function breakOff(index: number): Promise<void> {
  const prompt = `[[delay=5]] echo: Bed ${index} of the garden has green beans. `.repeat(4);
  const body = JSON.stringify(OPENAI.body(true, prompt));
  return new Promise((resolve) => {
    const socket = createConnection(Number(new URL(p.url).port), '127.0.0.1');
    socket.on('error', () => undefined).on('close', () => resolve());
    socket.resume();
    socket.write(
      `POST ${OPENAI.path} HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    setTimeout(() => socket.destroy(), (index * 37) % 150);
  });
}

it('300 streams that are broken off leave no request, no check, no socket and no timer', async () => {
  const before = resources();
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < ABORTS) await breakOff(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  const { upstream, portcullis } = p;
  const open = (): number => upstream.requests.filter((r) => !r.aborted && !r.finished).length;
  await expect.poll(open, { timeout: 10_000 }).toBe(0);
  await expect.poll(() => portcullis.judge.queueDepth, { timeout: 20_000 }).toBe(0);
  // What lingers on purpose (connections kept for the next request) does so for a second at most.
  await sleep(1_200);
  const after = resources();
  expect(after.Timeout ?? 0).toBeLessThanOrEqual((before.Timeout ?? 0) + 5);
  // The upstream runs in this process too: both ends of each kept connection are counted.
  expect(after.TCPSocketWrap ?? 0).toBeLessThanOrEqual((before.TCPSocketWrap ?? 0) + 2 * AT_ONCE);
  expect((await ask(p, OPENAI, OPENAI.body(true, 'echo: Still here.'))).text).toBe('Still here.');
}, 60_000);

it("an error that the upstream tells in its stream is counted as one, and the stream ends in its format's way", async () => {
  const answer = await ask(p, OPENAI, OPENAI.body(true, '[[fault=error]] Tell me of your garden, please.'));
  expect(answer).toMatchObject({ status: 200, error: 'the scripted model fell over', ended: true });
  await expect
    .poll(() => p.portcullis.recent.list()[0])
    .toMatchObject({ action: 'error', error: 'upstream_interrupted' });
});
