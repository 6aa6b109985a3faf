/** Every backend, held to the same table. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { createRemoteJudge } from '../../../src/classifiers/guard/backends/remote-judge.js';
import { createJudge } from '../../../src/classifiers/guard/create-judge.js';
import { packageRoot } from '../../../src/runtime/entry.js';
import { writeToyGuard } from '../../support/gguf/toy-guard.js';
import { startGuardServer, TOY_MODEL, type GuardServer } from '../../support/remote-guard/guard-server.js';
import { describeJudge } from './conformance.js';

const CONTEXT = 2048;
const folder = mkdtempSync(join(tmpdir(), 'portcullis-conformance-'));
const toy = join(folder, 'toy.gguf');
const modelsDir = join(packageRoot(), 'models');
const servers = new Map<string, GuardServer>();

const REMOTE = [
  ['openai', 'told'],
  ['openai', 'refused'],
  ['ollama', 'told'],
  ['ollama', 'omitted'],
] as const;

beforeAll(async () => {
  writeToyGuard(toy);
  for (const [kind, logprobs] of REMOTE)
    servers.set(`${kind} ${logprobs}`, await startGuardServer({ kind, logprobs, contextTokens: CONTEXT }));
});
afterAll(async () => {
  for (const server of servers.values()) await server.close();
  rmSync(folder, { recursive: true });
});

describeJudge('a GGUF on this machine', {
  open: () => createJudge({ kind: 'gguf', path: toy }, { modelsDir, threads: 1, contextTokens: CONTEXT }),
  generative: true,
  graded: true,
});

describeJudge('the embedded guard', {
  open: () => createJudge({ kind: 'embedded' }, { modelsDir, threads: 1 }),
  generative: false,
  graded: true,
});

for (const [kind, logprobs] of REMOTE)
  describeJudge(`a remote guard: ${kind}, logprobs ${logprobs}`, {
    open: () =>
      Promise.resolve(
        createRemoteJudge(
          { kind, urls: [new URL(servers.get(`${kind} ${logprobs}`)?.url ?? '')], model: TOY_MODEL },
          { contextTokens: CONTEXT },
        ),
      ),
    generative: true,
    graded: logprobs === 'told',
  });
