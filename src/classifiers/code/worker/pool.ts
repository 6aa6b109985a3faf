/**
 * Worker threads that scan, with a deadline each scan. A worker that does not come back in time, or
 * crashes, is replaced; who waited for it is told `unavailable`, never that the code is fine.
 */
import type { Worker } from 'node:worker_threads';
import type { UnavailableReason } from '../../../core/assessment.js';
import type { CodeScanOutcome, ScanOptions } from '../../../core/code-scanner.js';
import { GuardError } from '../../../core/errors.js';
import type { ScanJob, WorkerMessage, WorkerSettings } from './messages.js';
import { startWorker } from './start-worker.js';

/** How long past its deadline a worker may take to notice by itself before it is ended. */
const GRACE_MS = 100;
const RETRY_MS = 5000;
const MAX_QUEUED = 1000;

/** Of growing code also how many of its lines may leave. */
export type PoolOutcome = CodeScanOutcome & { readonly settledLines?: number | undefined };

interface Waiting {
  readonly job: Omit<ScanJob, 'timeoutMs'>;
  readonly startedAt: number;
  readonly deadline: number;
  readonly settle: (outcome: PoolOutcome) => void;
  settled: boolean;
}

interface Slot {
  worker: Worker | undefined;
  ready: boolean;
  current: Waiting | undefined;
  killer: NodeJS.Timeout | undefined;
}

export interface PoolOptions {
  readonly rulesDir: string;
  readonly workers: number;
  readonly log: (message: string) => void;
  /** How a worker is started; default: `startWorker`. */
  readonly start?: ((settings: WorkerSettings) => Worker) | undefined;
}

export class WorkerPool {
  private readonly slots: Slot[];
  private readonly queue: Waiting[] = [];
  private nextId = 1;
  private closed = false;
  private starting: Promise<void> | undefined;
  private loadFault: string | undefined;
  private failedAt = 0;

  constructor(private readonly options: PoolOptions) {
    this.slots = Array.from({ length: options.workers }, () => ({
      worker: undefined,
      ready: false,
      current: undefined,
      killer: undefined,
    }));
  }

  /** Rejects with GuardError `config_invalid` that names the rules' faults, or `guard_not_ready`. */
  ready(): Promise<void> {
    this.starting ??= Promise.all(this.slots.map((slot) => this.start(slot))).then(() => undefined);
    return this.starting;
  }

  /**
   * Never rejects.
   *
   * @param growing more of the code will come
   */
  scan(
    code: string,
    language: string | undefined,
    options: ScanOptions,
    growing = false,
  ): Promise<PoolOutcome> {
    const startedAt = performance.now();
    const no = (reason: UnavailableReason, detail: string): Promise<PoolOutcome> =>
      Promise.resolve({ status: 'unavailable', reason, detail, ms: performance.now() - startedAt });
    if (this.closed) return no('not_ready', 'the scanner is closed');
    if (options.signal?.aborted === true) return no('aborted', 'the scan was cancelled');
    if (this.loadFault !== undefined) {
      this.tryAgain();
      return no('load_failed', this.loadFault);
    }
    if (this.queue.length >= MAX_QUEUED) return no('overloaded', 'too many scans are waiting');
    this.ready().catch(() => undefined);
    return new Promise((resolve) => {
      const onAbort = (): void => this.giveUp(waiting, 'aborted', 'the scan was cancelled');
      const timer = setTimeout(
        () => this.giveUp(waiting, 'timeout', 'the scan took too long'),
        options.timeoutMs,
      );
      const waiting: Waiting = {
        job: { id: this.nextId++, code, language, growing },
        startedAt,
        deadline: startedAt + options.timeoutMs,
        settled: false,
        settle: (outcome) => {
          if (waiting.settled) return;
          waiting.settled = true;
          clearTimeout(timer);
          options.signal?.removeEventListener('abort', onAbort);
          resolve(outcome);
        },
      };
      options.signal?.addEventListener('abort', onAbort, { once: true });
      this.queue.push(waiting);
      this.dispatch();
    });
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const waiting of this.queue.splice(0)) this.settle(waiting, 'aborted', 'the scanner was closed');
    await Promise.all(
      this.slots.map(async (slot) => {
        if (slot.current !== undefined) this.settle(slot.current, 'aborted', 'the scanner was closed');
        const worker = slot.worker;
        this.clear(slot);
        await worker?.terminate();
      }),
    );
  }

  private start(slot: Slot): Promise<void> {
    return new Promise((resolve, reject) => {
      const worker = (this.options.start ?? startWorker)({ rulesDir: this.options.rulesDir });
      slot.worker = worker;
      worker.on('message', (message: WorkerMessage) => {
        if (slot.worker !== worker) return;
        if (message.type === 'ready') {
          slot.ready = true;
          this.loadFault = undefined;
          resolve();
          // Work keeps the process alive, an idle scanner must not.
          worker.unref();
          this.dispatch();
        } else if (message.type === 'failed') {
          this.failToLoad(slot, message.message);
          reject(new GuardError('config_invalid', message.message));
        } else this.finish(slot, message);
      });
      const died = (detail: string): void => {
        if (slot.worker !== worker || this.closed) return;
        const wasReady = slot.ready;
        const current = slot.current;
        this.clear(slot);
        if (current !== undefined) this.settle(current, 'guard_restarted', detail);
        if (wasReady) {
          this.options.log(`Code Shield: ${detail}; starting it again`);
          this.restart(slot);
        } else {
          this.failToLoad(slot, detail);
          reject(new GuardError('guard_not_ready', `Code Shield could not start: ${detail}`));
        }
      };
      worker.on('error', (error) => died(`the scan worker failed: ${error.name}`));
      worker.on('exit', (code) => died(`the scan worker ended with code ${code}`));
    });
  }

  /** After a failed start: at most one new try in a while, for later scans. */
  private tryAgain(): void {
    if (performance.now() - this.failedAt < RETRY_MS) return;
    this.failedAt = performance.now();
    for (const slot of this.slots) if (slot.worker === undefined) this.restart(slot);
  }

  private restart(slot: Slot): void {
    this.start(slot).catch((error: unknown) => {
      this.options.log(
        `Code Shield cannot start again: ${error instanceof Error ? error.message : String(error)}`,
      );
    });
  }

  /** No worker will come: whoever waits is told why. */
  private failToLoad(slot: Slot, detail: string): void {
    this.loadFault = detail;
    this.failedAt = performance.now();
    const worker = slot.worker;
    this.clear(slot);
    void worker?.terminate();
    for (const waiting of this.queue.splice(0)) this.settle(waiting, 'load_failed', detail);
  }

  private dispatch(): void {
    for (const slot of this.slots) {
      if (!slot.ready || slot.current !== undefined || slot.worker === undefined) continue;
      let waiting = this.queue.shift();
      while (waiting?.settled === true) waiting = this.queue.shift();
      if (waiting === undefined) return;
      const left = Math.max(1, waiting.deadline - performance.now());
      slot.current = waiting;
      slot.killer = setTimeout(() => this.kill(slot), left + GRACE_MS);
      slot.worker.ref();
      slot.worker.postMessage({ ...waiting.job, timeoutMs: left } satisfies ScanJob);
    }
  }

  private kill(slot: Slot): void {
    const { worker, current } = slot;
    this.clear(slot);
    if (current !== undefined) this.settle(current, 'timeout', 'the scan took too long');
    void worker?.terminate();
    this.options.log('Code Shield: a scan did not end in time; its worker was replaced');
    this.restart(slot);
  }

  private finish(slot: Slot, message: Extract<WorkerMessage, { id: number }>): void {
    const current = slot.current;
    if (current?.job.id !== message.id) return;
    clearTimeout(slot.killer);
    slot.current = undefined;
    slot.worker?.unref();
    if (message.type === 'unavailable') this.settle(current, message.reason, message.detail);
    else
      current.settle({
        status: 'scanned',
        ...message.result,
        ms: performance.now() - current.startedAt,
      });
    this.dispatch();
  }

  private giveUp(waiting: Waiting, reason: UnavailableReason, detail: string): void {
    this.settle(waiting, reason, detail);
    const index = this.queue.indexOf(waiting);
    if (index >= 0) this.queue.splice(index, 1);
  }

  private settle(waiting: Waiting, reason: UnavailableReason, detail: string): void {
    waiting.settle({ status: 'unavailable', reason, detail, ms: performance.now() - waiting.startedAt });
  }

  private clear(slot: Slot): void {
    clearTimeout(slot.killer);
    slot.worker = undefined;
    slot.ready = false;
    slot.current = undefined;
  }
}
