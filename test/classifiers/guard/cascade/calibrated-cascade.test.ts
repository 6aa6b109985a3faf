/** From labelled lines to a cascade that keeps its promise: the embedded guard in front of a toy Llama Guard. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  createCascadeJudge,
  loadCalibration,
  thresholdMisfit,
  type Calibration,
  type CalibrationFile,
  type CascadeJudge,
} from '../../../../src/classifiers/guard/cascade/index.js';
import { createJudge } from '../../../../src/classifiers/guard/create-judge.js';
import type { HostedJudge } from '../../../../src/classifiers/guard/hosted-judge.js';
import { packageRoot } from '../../../../src/runtime/entry.js';
import { loadTaxonomies } from '../../../../src/taxonomy/taxonomy.js';
import { runCli } from '../../../cli/run-cli.js';
import { writeToyGuard } from '../../../support/gguf/toy-guard.js';
import { toyLines } from './toy-lines.js';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const BOUND = 0.05;
const PATIENT = { timeoutMs: 60_000 };
const CONTEXT = 2048;

const folder = mkdtempSync(join(tmpdir(), 'cascade-'));
const toy = join(folder, 'toy.gguf');
const out = join(folder, 'cascade.json');
const jsonl = (lines: readonly object[]): string => lines.map((line) => JSON.stringify(line) + '\n').join('');

const judges: HostedJudge[] = [];
let cascade: CascadeJudge;
let calibration: Calibration;
let printed: Awaited<ReturnType<typeof runCli>>;

async function open(spec: Parameters<typeof createJudge>[0]): Promise<HostedJudge> {
  const judge = await createJudge(spec, {
    modelsDir: join(packageRoot(), 'models'),
    threads: 1,
    contextTokens: CONTEXT,
  });
  judges.push(judge);
  return judge;
}

beforeAll(async () => {
  writeToyGuard(toy);
  const dataset = join(folder, 'lines.jsonl');
  writeFileSync(dataset, jsonl(toyLines(320, 1, 0.06)));
  printed = await runCli(
    [
      ...['eval', '--calibrate', '--dataset', dataset, '--guard', `gguf:${toy}`],
      ...['--bound', String(BOUND), '--out', out],
    ],
    { env: { PORTCULLIS_GUARD_THREADS: '1', PORTCULLIS_GUARD_CONTEXT_TOKENS: String(CONTEXT) } },
  );
  const quick = await open({ kind: 'embedded' });
  const thorough = await open({ kind: 'gguf', path: toy });
  calibration = loadCalibration(out, { quick, thorough });
  cascade = createCascadeJudge({ quick, thorough, band: calibration.band, taxonomies: loadTaxonomies() });
  await cascade.ready();
});
afterAll(async () => {
  await Promise.all(judges.map((judge) => judge.close()));
  rmSync(folder, { recursive: true });
});

describe('eval --calibrate', () => {
  test('tells and writes a band for the role that had lines; the other goes to the thorough judge', () => {
    expect(printed).toMatchObject({ code: 0, stderr: '' });
    expect(printed.stdout).toMatch(
      /Agent: too few lines.*There are none\. All texts of this role go to the thorough judge\./,
    );
    const { User, Agent } = calibration.file.roles;
    expect(User.upper_limit).toBeLessThanOrEqual(BOUND);
    expect(User).toMatchObject({ lines: 160, thresholds: [0.5, 0.5] });
    expect(User.escalated?.share).toBeLessThan(1);
    expect(Agent).toMatchObject({ low: null, high: null, lines: 0, escalated: null });
    expect(calibration.file).toMatchObject({
      quick: { id: 'embedded' },
      thorough: { id: 'llama-guard-2', taxonomy: 'mlcommons-v0.5' },
      bound: BOUND,
      dataset: { name: 'lines.jsonl', lines: 320 },
    });
  });

  test('on fresh lines the cascade differs from its thorough judge less than the bound, and spares it work', async () => {
    let differing = 0;
    let escalated = 0;
    const fresh = toyLines(100, 2, 0.06);
    for (const { text } of fresh) {
      const request = { messages: [{ role: 'User', text }] as const, categoriesFrom: 0.5 };
      const verdict = await cascade.assess(request, PATIENT);
      const truth = await cascade.thorough.assess(request, PATIENT);
      if (verdict.verdict === 'unavailable' || truth.verdict === 'unavailable')
        throw new Error('no verdict on a fresh line');
      if (verdict.verdict !== truth.verdict) differing += 1;
      if (verdict.decidedBy === 'thorough') escalated += 1;
    }
    expect(differing / fresh.length).toBeLessThanOrEqual(BOUND);
    expect(escalated).toBeLessThan(fresh.length);
  });

  test('a reply, for which nothing was proven, always goes to the thorough judge', async () => {
    const messages = [{ role: 'Agent', text: 'Bread is nice.' }] as const;
    expect(await cascade.assess({ messages, categoriesFrom: 0.5 }, PATIENT)).toMatchObject({
      verdict: 'safe',
      judge: 'llama-guard-2',
      decidedBy: 'thorough',
    });
  });
});

describe('a calibration file', () => {
  const changed = (name: string, change: Partial<CalibrationFile>): string => {
    const path = join(folder, `${name}.json`);
    writeFileSync(path, JSON.stringify({ ...(JSON.parse(readFileSync(out, 'utf8')) as object), ...change }));
    return path;
  };
  const load = (path: string): Calibration =>
    loadCalibration(path, { quick: cascade.quick, thorough: cascade.thorough });

  test('made for another judge, or the same with another setting, is refused', async () => {
    const other = await open({ kind: 'gguf', path: toy });
    const roomier = await createJudge(
      { kind: 'gguf', path: toy },
      { modelsDir: folder, threads: 1, contextTokens: 1024 },
    );
    judges.push(roomier);
    expect(loadCalibration(out, { quick: cascade.quick, thorough: other }).band).toEqual(calibration.band);
    expect(() => loadCalibration(out, { quick: cascade.quick, thorough: roomier })).toThrow(
      /made for another thorough judge.*calibrate again with "portcullis eval --calibrate"/,
    );
    expect(() => loadCalibration(out, { quick: roomier, thorough: other })).toThrow(/another quick judge/);
  });

  test('that is damaged is refused with the place', () => {
    expect(() => load(changed('version', { version: 2 as 1 }))).toThrow(/version\.json:.*version/s);
    expect(() => load(changed('bound', { bound: 3 }))).toThrow(/bound/);
    const { User, Agent } = calibration.file.roles;
    expect(() => load(changed('band', { roles: { User: { ...User, low: 0.9, high: 0.2 }, Agent } }))).toThrow(
      /low end has to be below/,
    );
    expect(() => load(join(folder, 'none.json'))).toThrow(/does not exist/);
  });

  test('tells when the policy reacts at other scores than it was made for', () => {
    const same = { User: [0.5, 0.5], Agent: [0.5, 0.5] } as const;
    expect(thresholdMisfit(calibration, same)).toBeUndefined();
    expect(thresholdMisfit(calibration, { ...same, User: [0.3, 0.5] })).toMatch(
      /User: 0\.5 to 0\.5, now 0\.3 to 0\.5.*calibrate again/,
    );
  });
});
