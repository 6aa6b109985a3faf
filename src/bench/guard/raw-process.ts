/** The bare llama.cpp process, as the benchmark sees it. */
import { fork } from 'node:child_process';
import { entryPoint } from '../../runtime/entry.js';
import type { FromRaw, RawSpec, RawWork, ToRaw } from './raw-protocol.js';

export interface RawProcess {
  /** One at a time. `ms` is on the clock of the process; rejects when llama.cpp fails or the process ends. */
  work(work: RawWork): Promise<{ readonly ms: number; readonly evaluated: number }>;
  close(): void;
}

/** Resolves once the model is loaded. */
export async function startRawProcess(spec: RawSpec): Promise<RawProcess> {
  const { path, execArgv } = entryPoint(import.meta.url, './raw-main');
  const child = fork(path, { execArgv: [...execArgv], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  const ask = (message: ToRaw): Promise<FromRaw> =>
    new Promise((resolve, reject) => {
      const done = (): void => {
        child.off('message', onMessage).off('exit', onExit).off('error', onError);
      };
      const onMessage = (answer: unknown): void => {
        done();
        resolve(answer as FromRaw);
      };
      const onError = (error: Error): void => {
        done();
        reject(error);
      };
      const onExit = (code: number | null, signal: string | null): void =>
        onError(new Error(`The bare llama.cpp process ended (${signal ?? `code ${code ?? 'none'}`}).`));
      child.once('message', onMessage).once('exit', onExit).once('error', onError);
      child.send(message);
    });
  const close = (): void => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  };
  try {
    const answer = await ask({ type: 'load', spec });
    if (answer.type === 'failed') throw new Error(answer.message);
  } catch (error) {
    close();
    throw error;
  }
  return {
    async work(work) {
      const answer = await ask({ type: 'work', work });
      if (answer.type === 'worked') return answer;
      throw new Error(answer.type === 'failed' ? answer.message : 'The bare llama.cpp process lost its way.');
    },
    close,
  };
}
