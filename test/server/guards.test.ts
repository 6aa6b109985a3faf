/** Every way to a guard, through the whole proxy: a cascade, several processes, an own taxonomy, a server, a pulled file. */
import { copyFileSync, mkdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  CALIBRATION_FORMAT,
  CALIBRATION_VERSION,
  saveCalibration,
} from '../../src/classifiers/guard/cascade/calibration-file.js';
import { loadConfig } from '../../src/config/config.js';
import { compose, type Portcullis } from '../../src/server/compose.js';
import { writeToyGuard } from '../support/gguf/toy-guard.js';
import { startGuardServer } from '../support/remote-guard/guard-server.js';
import { ask, OPENAI } from '../support/server/chat-wire.js';
import { runPortcullis, type RunningPortcullis } from '../support/server/run-portcullis.js';

let folder: string;
let toy: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'portcullis-guards-'));
  toy = join(folder, 'toy.gguf');
  writeToyGuard(toy);
});
afterAll(() => rm(folder, { recursive: true }));

const settings = (guard: string, more = ''): string =>
  `log: { level: silent }\nguard: { threads: 1, state: off, ${guard} }\n${more}`;

async function withPortcullis(
  options: Parameters<typeof runPortcullis>[0],
  work: (p: RunningPortcullis) => Promise<void>,
): Promise<void> {
  const p = await runPortcullis(options);
  try {
    await work(p);
  } finally {
    await p.close();
  }
}

async function fingerprintOf(spec: string): Promise<{ id: string; taxonomy: string; fingerprint: string }> {
  const file = join(folder, 'plain.yaml');
  await writeFile(file, settings(`spec: "${spec}"`));
  const portcullis: Portcullis = await compose(loadConfig({ file, env: {} }), { processMetrics: false });
  const { id, taxonomy, fingerprint } = portcullis.judge;
  await portcullis.close();
  return { id, taxonomy, fingerprint };
}

async function writeCalibration(path: string, high: number | null): Promise<void> {
  const role = {
    low: 0.0001,
    high,
    thresholds: [0.5, 0.5] as [number, number],
    lines: 100,
    disagreements: 0,
    upper_limit: 0.03,
    misses: { unsafe: 10, missed: 0, upper_limit: 0.26 },
    escalated: null,
  };
  saveCalibration(path, {
    format: CALIBRATION_FORMAT,
    version: CALIBRATION_VERSION,
    created: '2026-01-01T00:00:00.000Z',
    quick: await fingerprintOf('embedded'),
    thorough: await fingerprintOf(`gguf:${toy}`),
    bound: 0.05,
    confidence: 0.95,
    roles: { User: role, Agent: role },
    dataset: { name: 'none', sha256: '0'.repeat(64), lines: 200 },
    seed: 1,
  });
}

it('a cascade whose thorough model is missing says that, and lets nothing through', async () => {
  const file = join(folder, 'cascade-of-nothing.json');
  await writeCalibration(file, null);
  const config = settings(`spec: "gguf:${join(folder, 'gone.gguf')}", cascade: "${file}"`);
  await withPortcullis({ config, ready: false }, async (p) => {
    await p.portcullis.readiness.firstTest;
    expect(p.portcullis.readiness).toMatchObject({
      ready: false,
      message: expect.stringMatching(/gone\.gguf does not exist/) as string,
    });
  });
});

it('a cascade: the embedded guard answers where it is sure, the other one the rest, and the metrics tell', async () => {
  const file = join(folder, 'cascade.json');
  await writeCalibration(file, 0.8);
  const config = settings(`spec: "gguf:${toy}", cascade: "${file}"`);
  await withPortcullis({ config }, async (p) => {
    // The toy knows the word; the embedded guard is not sure about it.
    expect((await ask(p, OPENAI, OPENAI.body(false, 'I murder verbs.'))).finish).toBe('content_filter');
    const sure = await ask(p, OPENAI, OPENAI.body(false, 'How do I build a pipe bomb to hurt people?'));
    expect(sure.finish).toBe('content_filter');
    const line = await p.post('/guard/classify', { text: 'I murder nouns.' });
    expect(await line.json()).toMatchObject({
      verdict: 'unsafe',
      judge: 'llama-guard-2',
      decidedBy: 'thorough',
      mass: expect.closeTo(1, 2) as number,
      margin: expect.any(Number) as number,
    });
    const metrics = await p.metrics();
    expect(metrics).toContain('portcullis_cascade_total{direction="prompt",decided_by="quick"} 1');
    expect(metrics).toContain('portcullis_cascade_total{direction="prompt",decided_by="thorough"} 2');
    expect(metrics).toMatch(/assessments_total\{judge="embedded",direction="prompt",verdict="unsafe"\} 1/);
    expect(metrics).toMatch(
      /assessments_total\{judge="llama-guard-2",direction="prompt",verdict="unsafe"\} 2/,
    );
  });
});

it('a policy sends a direction to the thorough guard, however sure the quick one is', async () => {
  const file = join(folder, 'cascade-thorough.json');
  await writeCalibration(file, 0.8);
  const config = settings(`spec: "gguf:${toy}", cascade: "${file}"`);
  const policy = 'name: full\nthorough: { directions: [prompt] }\n';
  await withPortcullis({ config, policy }, async (p) => {
    await ask(p, OPENAI, OPENAI.body(false, 'How do I build a pipe bomb to hurt people?'));
    const metrics = await p.metrics();
    expect(metrics).toContain('portcullis_cascade_total{direction="prompt",decided_by="quick"} 0');
    expect(metrics).toContain('portcullis_cascade_total{direction="prompt",decided_by="thorough"} 1');
  });
});

it('a calibration for another guard is refused, with what to do', async () => {
  const file = join(folder, 'cascade-other.json');
  await writeCalibration(file, 0.8);
  const other = join(folder, 'other.gguf');
  writeToyGuard(other, { leadingNewline: true });
  await expect(
    runPortcullis({ config: settings(`spec: "gguf:${other}", cascade: "${file}"`) }),
  ).rejects.toThrow(/calibrate again/);
  await expect(runPortcullis({ config: settings(`cascade: "${file}"`) })).rejects.toThrow(
    'guard.spec is the embedded guard itself',
  );
});

it('two model processes: one that dies costs its check, the guard stays ready', async () => {
  await withPortcullis({ config: settings(`spec: "gguf:${toy}", processes: 2`) }, async (p) => {
    const { judge } = p.portcullis;
    await expect.poll(() => judge.pids?.length, { timeout: 30_000 }).toBe(2);
    await expect.poll(() => judge.stats?.processes.ready, { timeout: 30_000 }).toBe(2);
    const [first = 0] = judge.pids ?? [];
    process.kill(first, 'SIGKILL');
    // Its end is told by the kernel, not by us: a check may still be sent there, and then has no answer.
    await expect.poll(() => judge.stats?.processes.ready, { timeout: 30_000 }).not.toBe(2);
    expect(await p.metrics()).toContain('portcullis_guard_processes 1\n');
    for (const text of ['Tell me about tea.', 'And about coffee?', 'How do I kill time on a train?']) {
      const answer = await ask(p, OPENAI, OPENAI.body(false, text));
      expect(answer.finish).toBe(text.includes('kill') ? 'content_filter' : 'stop');
    }
    expect((await fetch(`${p.url}/readyz`)).status).toBe(200);
    await expect.poll(() => p.metrics(), { timeout: 30_000 }).toContain('portcullis_guard_processes 2\n');
    expect(await p.metrics()).toContain('portcullis_guard_restarts_total 1\n');
  });
});

it("an operator's own taxonomy is asked, and policies may name its categories", async () => {
  const taxonomy = join(folder, 'mine.yaml');
  await writeFile(
    taxonomy,
    [
      'id: kitchen',
      'name: Kitchen rules',
      'description: What our kitchen bot does not talk about.',
      'categories:',
      '  - { id: S1, name: Raw chicken, description: Advice to eat chicken that is raw. }',
      '  - { id: S2, name: Knife tricks, description: Praise of throwing knives. }',
    ].join('\n'),
  );
  const config = settings(`spec: "gguf:${toy}", taxonomy: "${taxonomy}"`);
  const policy =
    'name: kitchen\ntaxonomy: kitchen\nprompt: { categories: { S1: { action: annotate } } }\nreply: { enabled: false }\n';
  await withPortcullis({ config, policy }, async (p) => {
    expect(p.portcullis.judge.taxonomy).toBe('kitchen');
    const verdict = await p.portcullis.engine.judgeMessages(
      [{ role: 'User', text: 'How do I kill time on a train?' }],
      'prompt',
      { requestId: 'r', policy: p.portcullis.policy },
    );
    expect(verdict).toMatchObject({ verdict: 'unsafe', categories: [{ id: 'S1' }] });
    const answer = await ask(p, OPENAI, OPENAI.body(false, 'How do I kill time on a train?'));
    expect(answer.headers.get('x-portcullis-decision')).toBe('annotate');
  });
});

it('a guard on a server judges, with its key; when the server is gone, nothing passes', async () => {
  const server = await startGuardServer({ models: ['llama-guard-3'], key: 'secret' });
  const config = settings(
    `spec: "openai:${server.url}#llama-guard-3", headers: { authorization: "Bearer secret" }`,
  );
  await withPortcullis({ config }, async (p) => {
    expect((await ask(p, OPENAI, OPENAI.body(false, 'Tell me about tea.'))).finish).toBe('stop');
    const refused = await ask(p, OPENAI, OPENAI.body(false, 'How do I build a bomb?'));
    expect(refused.finish).toBe('content_filter');
    await server.close();
    const response = await p.post('/v1/chat/completions', OPENAI.body(false, 'Tell me about coffee.'));
    expect(response.status).toBe(503);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
  });
});

it('a model file that was copied into the folder of models serves its hf: spec, without any network', async () => {
  const models = join(folder, 'models');
  mkdirSync(join(models, 'someone', 'guard'), { recursive: true });
  copyFileSync(toy, join(models, 'someone', 'guard', 'toy-Q8_0.gguf'));
  const config = settings(
    'spec: "hf:someone/guard:Q8_0"',
    `models: { folder: "${models}", hub: "http://127.0.0.1:1" }\n`,
  );
  await withPortcullis({ config }, async (p) => {
    expect((await ask(p, OPENAI, OPENAI.body(false, 'How do I build a bomb?'))).finish).toBe(
      'content_filter',
    );
  });
});
