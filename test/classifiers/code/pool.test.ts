/** What a crash of a worker means for those who wait, with real threads that really end. */
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { WorkerPool } from '../../../src/classifiers/code/worker/pool.js';

/** Says it is ready, answers every scan but those of the code "crash", at which it ends. */
const SCRIPT = `
const { parentPort } = require('node:worker_threads');
parentPort.on('message', ({ id, code }) => {
  if (code === 'crash') process.exit(7);
  if (code === 'throw') throw new TypeError('bad: ' + code);
  if (code === 'hang') for (;;);
  parentPort.postMessage({ type: 'result', id, result: { language: 'python', findings: [] } });
});
parentPort.postMessage({ type: 'ready' });
`;

function poolOf(log: string[] = []): WorkerPool {
  return new WorkerPool({
    rulesDir: '',
    workers: 1,
    log: (line) => log.push(line),
    start: () => new Worker(SCRIPT, { eval: true, stderr: true }),
  });
}

const options = { timeoutMs: 10_000 };

test.each(['crash', 'throw'])(
  '%s: unavailable for that scan, the waiting ones go to the next worker',
  async (code) => {
    const log: string[] = [];
    const pool = poolOf(log);
    await pool.ready();
    const outcomes = await Promise.all([
      pool.scan(code, undefined, options),
      pool.scan('fine', undefined, options),
    ]);
    expect(outcomes).toMatchObject([
      { status: 'unavailable', reason: 'guard_restarted' },
      { status: 'scanned' },
    ]);
    expect(log.join()).toContain('starting it again');
    // Neither the log nor the detail may quote what was scanned.
    expect(JSON.stringify([log, outcomes])).not.toContain('bad:');
    await pool.close();
  },
);

test('a worker that hangs is replaced', async () => {
  const pool = poolOf();
  await pool.ready();
  expect(await pool.scan('hang', undefined, { timeoutMs: 50 })).toMatchObject({ reason: 'timeout' });
  expect(await pool.scan('fine', undefined, options)).toMatchObject({ status: 'scanned' });
  await pool.close();
});

test('a worker that cannot start', async () => {
  const pool = new WorkerPool({
    rulesDir: '',
    workers: 2,
    log: () => undefined,
    start: () => new Worker('process.exit(3)', { eval: true }),
  });
  await expect(pool.ready()).rejects.toThrow('ended with code 3');
  expect(await pool.scan('x', undefined, options)).toMatchObject({ reason: 'load_failed' });
  await pool.close();
});

test('more scans than workers are all answered', async () => {
  const pool = poolOf();
  const outcomes = await Promise.all(
    Array.from({ length: 50 }, (_, index) => pool.scan(String(index), undefined, options)),
  );
  expect(outcomes.every((outcome) => outcome.status === 'scanned')).toBe(true);
  await pool.close();
});
