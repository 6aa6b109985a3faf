/**
 * What one stream costs the gate in memory: many gates in one process, each in front of a client that reads
 * slowly. The guard answers "safe" at once and keeps nothing; the frames are OpenAI's chunks, decoded. Run:
 *
 *   node --expose-gc --import tsx bench/gate-memory.ts
 *
 * Options: --gates N (500) · --chars N (20000; of each reply) · --mode window|sentence|buffer|monitor
 */
import { parseArgs } from 'node:util';
import type { ReplyFrame } from '../src/core/wire-format.js';
import { gateReply } from '../src/enforcement/gate.js';
import type { ReplyReview } from '../src/engine/reply-review.js';
import { parsePolicy } from '../src/policy/policy.js';
import { openAiChat } from '../src/protocols/index.js';
import { loadTaxonomies } from '../src/taxonomy/taxonomy.js';

const { values } = parseArgs({
  options: {
    gates: { type: 'string', default: '500' },
    chars: { type: 'string', default: '20000' },
    mode: { type: 'string', default: 'window' },
  },
});
const gates = Number(values.gates);
const chars = Number(values.chars);
const WORD = 'words '; // one token
const policy = parsePolicy(`stream: { mode: ${values.mode} }`, loadTaxonomies(), 'bench.yaml');
const { decision } = {
  decision: {
    direction: 'reply',
    action: 'allow',
    intended: 'allow',
    reason: 'safe',
    categories: [],
    findings: [],
    policy: policy.id,
  } as const,
};

const review = (): ReplyReview => ({
  judge: () => Promise.resolve({ decision, notes: [] }),
  holdFrom: ({ text }) => text.length,
  close: () => undefined,
});

async function* reply(): AsyncGenerator<ReplyFrame> {
  const request = { model: 'm', stream: true, messages: [{ role: 'user', content: 'Hi' }] };
  const codec = openAiChat.openStream(openAiChat.decodeRequest(request));
  const head = { id: 'c1', object: 'chat.completion.chunk', created: 1, model: 'm' };
  for (let sent = 0; sent < chars; sent += WORD.length) {
    const delta = { content: `${WORD.slice(0, -1)} ` };
    yield await Promise.resolve(
      codec.decode({ ...head, choices: [{ index: 0, delta, finish_reason: null }] }),
    );
  }
  yield codec.decode({ ...head, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] });
}

const heapMiB = (): number => {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 2 ** 20;
};

const open = Array.from({ length: gates }, () =>
  gateReply(reply(), {
    review: review(),
    policy,
    editable: true,
    streamed: true,
    onProgress: () => undefined,
  }),
);
const before = heapMiB();
const atOnce = process.hrtime.bigint();
let frames = 0;
const perStream = (used: number): string => `${((used * 1024) / gates).toFixed(1)} KiB`;
console.log(`${gates} gates, ${chars} characters each, mode ${values.mode}`);
const total = Math.ceil(chars / WORD.length) + 1;
let highest = 0;
for (let round = 1; round <= total; round += 1) {
  // Every client takes one frame, then all wait for each other.
  for (const gate of open) if ((await gate.next()).done !== true) frames += 1;
  if (round % Math.ceil(total / 5) !== 0) continue;
  const used = heapMiB() - before;
  highest = Math.max(highest, used);
  console.log(
    `  after ${String(round).padStart(5)} frames each: ${used.toFixed(1)} MiB, ${perStream(used)} a stream`,
  );
}
for (const gate of open) while ((await gate.next()).done !== true) frames += 1;
const us = Number(process.hrtime.bigint() - atOnce) / 1000 / frames;
open.length = 0;
console.log(
  `  highest: ${perStream(highest)} a stream; left when all have ended: ${perStream(heapMiB() - before)}`,
);
console.log(`  ${us.toFixed(1)} us a frame, decoding and garbage collection included`);
