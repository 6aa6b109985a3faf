/** One model process: started, listened to, ended. Knows nothing of queues or restarts. */
import { fork, type ChildProcess } from 'node:child_process';
import { entryPoint } from '../../../runtime/entry.js';
import { createOutputTail } from './output-tail.js';
import type { FromHost, ToHost } from './protocol.js';

export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last lines it wrote, for the log. */
  readonly lastLines: readonly string[];
}

export interface HostProcess {
  readonly pid: number | undefined;
  /** Messages to a process that has ended are dropped: its end is told by `onEnd`. */
  send(message: ToHost): void;
  kill(): void;
  /** Resolves when the process is gone and its output read. */
  readonly ended: Promise<ProcessEnd>;
}

/** @param onMessage called for every message, never after `ended` resolved */
export function startHostProcess(onMessage: (message: FromHost) => void): HostProcess {
  const entry = entryPoint(import.meta.url, './host-main');
  const child: ChildProcess = fork(entry.path, [], {
    execArgv: [...entry.execArgv],
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const tail = createOutputTail();
  tail.follow(child.stdout);
  tail.follow(child.stderr);
  child.on('message', (message) => onMessage(message as FromHost));

  const ended = new Promise<ProcessEnd>((resolve) => {
    const finish = (code: number | null, signal: NodeJS.Signals | null): void =>
      resolve({ code, signal, lastLines: tail.lines() });
    // 'close' comes after 'exit', when the pipes are read to their end.
    child.once('close', finish);
    child.once('error', (error) => {
      // The process could not be started; there is no 'close' in that case.
      if (child.pid === undefined) resolve({ code: null, signal: null, lastLines: [error.message] });
    });
  });

  return {
    pid: child.pid,
    send(message) {
      if (child.connected) child.send(message, () => undefined);
    },
    kill: () => void child.kill('SIGKILL'),
    ended,
  };
}

/** `it was ended by SIGABRT; its last words: …`. */
export function describeEnd(end: ProcessEnd): string {
  const how =
    end.signal !== null
      ? `it was ended by ${end.signal}`
      : end.code === null
        ? 'it could not be started'
        : `it exited with code ${end.code}`;
  return end.lastLines.length === 0 ? how : `${how}; its last words: ${end.lastLines.join(' | ')}`;
}
