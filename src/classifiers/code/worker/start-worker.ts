/** Starts the worker's script, from built code or from TypeScript. */
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { entryPoint } from '../../../runtime/entry.js';
import type { WorkerSettings } from './messages.js';

/**
 * From source (tests) the thread registers the TypeScript loader itself: on Node 20 the flags that
 * `entryPoint` gives for child processes have no effect on a worker thread's own entry file.
 */
export function startWorker(workerData: WorkerSettings): Worker {
  const entry = entryPoint(import.meta.url, './scan-worker');
  if (entry.execArgv.length === 0) return new Worker(entry.path, { workerData });
  const loader = JSON.stringify(import.meta.resolve('tsx/esm/api'));
  const script = JSON.stringify(pathToFileURL(entry.path).href);
  const boot = `import(${loader}).then(({ register }) => { register(); return import(${script}); })`;
  return new Worker(boot, { eval: true, workerData });
}
