/** Remote judges and the servers behind them, all closed after each test. */
import { afterEach } from 'vitest';
import {
  createRemoteJudge,
  type RemoteJudgeOptions,
} from '../../../src/classifiers/guard/backends/remote-judge.js';
import type { HostedJudge } from '../../../src/classifiers/guard/hosted-judge.js';
import { parseJudgeSpec } from '../../../src/classifiers/guard/spec.js';
import { startGuardServer, type GuardServer, type GuardServerOptions } from './guard-server.js';

export interface RemoteBench {
  serve(options?: GuardServerOptions): Promise<GuardServer>;
  /** Hedging is off unless the options turn it on. */
  open(spec: string, options?: RemoteJudgeOptions): HostedJudge;
  /** What the judges wrote into their log. */
  readonly lines: readonly string[];
}

/** To be called once in a test file. */
export function remoteBench(): RemoteBench {
  const ending: (() => Promise<void>)[] = [];
  const lines: string[] = [];
  afterEach(async () => {
    for (const end of ending.splice(0).reverse()) await end();
    lines.length = 0;
  });
  return {
    lines,
    async serve(options) {
      const server = await startGuardServer(options);
      ending.push(() => server.close());
      return server;
    },
    open(text, options = {}) {
      const spec = parseJudgeSpec(text);
      if (spec.kind !== 'openai' && spec.kind !== 'ollama') throw new Error('not a remote guard');
      const log = (level: string, line: string): void => void lines.push(`${level}: ${line}`);
      const judge = createRemoteJudge(spec, { hedgePercentile: 0, log, ...options });
      ending.push(() => judge.close());
      return judge;
    },
  };
}

/** Waits until something is so; the test's own time limit ends a wait in vain. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}
