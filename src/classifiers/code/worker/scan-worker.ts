/** The worker thread: loads the rules once, then scans one snippet after the other. */
import { parentPort, workerData } from 'node:worker_threads';
import { BudgetError } from '../matcher/budget.js';
import { loadRuleSet, type RuleSet } from '../rules/rule-set.js';
import { scanGrowing, scanSnippet } from '../scan/scan-code.js';
import type { ScanJob, WorkerMessage, WorkerSettings } from './messages.js';

const port = parentPort;
if (port === null) throw new Error('This script runs as a worker thread of Code Shield only.');

const send = (message: WorkerMessage): void => port.postMessage(message);

async function scan(rules: RuleSet, job: ScanJob): Promise<WorkerMessage> {
  try {
    const deadline = performance.now() + job.timeoutMs;
    const scan = job.growing ? scanGrowing : scanSnippet;
    return { type: 'result', id: job.id, result: await scan(rules, job.code, job.language, deadline) };
  } catch (error) {
    if (error instanceof BudgetError)
      return { type: 'unavailable', id: job.id, reason: 'timeout', detail: error.message };
    // Never the message of an unknown error: it might quote the code.
    const name = error instanceof Error ? error.name : 'unknown error';
    return { type: 'unavailable', id: job.id, reason: 'internal', detail: `the scan failed: ${name}` };
  }
}

try {
  const rules = await loadRuleSet((workerData as WorkerSettings).rulesDir);
  port.on('message', (job: ScanJob) => {
    void scan(rules, job).then(send);
  });
  send({ type: 'ready' });
} catch (error) {
  send({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
}
