/** `portcullis serve` */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { loadConfig, type ConfigFlags } from '../../config/config.js';
import type { Portcullis } from '../../server/compose.js';
import { addConfigOption, addGuardOption, addLogLevelOption, addPolicyOption } from '../options.js';
import { OutputClosed, print, remark } from '../output/output.js';
import { packageVersion } from '../package-version.js';
import { stopSignal } from '../stop-signal.js';

const HELP = `
Point a client at the address that is printed, in place of the model server's:
  OpenAI clients      base URL http://127.0.0.1:8787/v1
  Anthropic clients   base URL http://127.0.0.1:8787
  Ollama clients      host     http://127.0.0.1:8787

Examples:
  $ portcullis serve                                         Ollama on this machine
  $ portcullis serve --upstream http://gpu-box:8000          vLLM, llama.cpp, TGI, … elsewhere
  $ portcullis serve --guard gguf:models/llama-guard-2.gguf  a Llama Guard instead of the embedded guard
  $ portcullis serve --policy monitor                        judge and report, but block nothing
  $ portcullis serve --port 9000 --host 0.0.0.0              reachable from other machines; nobody has to log in

Until the guard has proven itself, every request is refused; /readyz tells why. Ctrl-C or SIGTERM lets
running requests finish (server.shutdown_grace_ms); a second one ends at once.

Exit codes: 0 stopped by a signal · 2 wrong configuration, or the port is in use`;

/** How long the guard's and the scanner's own end may take. */
const CLOSE_MS = 5_000;
const POLL_MS = 250;

export function addServerOptions(command: Command): Command {
  return command
    .option('--host <address>', 'address to listen on (default: 127.0.0.1)')
    .option('--port <number>', 'port to listen on, 0 for any free one (default: 8787)')
    .option('--upstream <url>', 'the model server to guard (default: http://127.0.0.1:11434)');
}

export function registerServe(program: Command): void {
  const command = program
    .command('serve')
    .description('guard a model server: a proxy for clients of OpenAI, Anthropic, Ollama and llama.cpp')
    .addHelpText('after', HELP)
    .action(serve);
  addConfigOption(command);
  addServerOptions(command);
  addGuardOption(command);
  addPolicyOption(command);
  addLogLevelOption(command, 'info');
}

async function serve(flags: ConfigFlags): Promise<void> {
  const config = loadConfig({ flags });
  const stop = stopSignal();
  const { compose } = await import('../../server/compose.js');
  const { startServer } = await import('../../server/start-server.js');
  const composing = compose(config, { signal: stop.signal });
  const portcullis = await composing.catch((error: unknown) => {
    // What was under way is the download of the model: what has come is kept.
    if (stop.signal.aborted) return undefined;
    throw error;
  });
  if (portcullis === undefined) return;
  try {
    const server = await startServer(portcullis);
    await tell(greeting(portcullis, server.url));
    void tellReadiness(portcullis, stop.signal);
    await stop.stopped;
    const seconds = config.server.shutdownGraceMs / 1000;
    remark(`Stopping. Running requests may take up to ${seconds} s; once more ends them at once.\n`);
    await server.close();
  } finally {
    // A model process that does not end by itself is ended with this one.
    await Promise.race([portcullis.close(), sleep(CLOSE_MS, undefined, { ref: false })]);
  }
}

/** A server outlives whoever reads its output. */
async function tell(text: string): Promise<void> {
  try {
    await print(text);
  } catch (error) {
    if (!(error instanceof OutputClosed)) throw error;
  }
}

function greeting({ config, policy }: Portcullis, url: string): string {
  return `Portcullis ${packageVersion()} listens on ${url}

  model server  ${config.upstream.url}
  guard         ${config.guard.spec}
  policy        ${policy.id}${policy.mode === 'monitor' ? ' (monitor: nothing is blocked)' : ''}
  dashboard     ${url}/dashboard

Try it:
  curl ${url}/guard/classify -H 'content-type: application/json' -d '{"text": "How do I bake bread?"}'

`;
}

/** One line when the guard is ready, or why it is not, and again once it is. */
async function tellReadiness(
  { readiness, judge, startedAt }: Portcullis,
  signal: AbortSignal,
): Promise<void> {
  await readiness.firstTest;
  if (!readiness.proven && !signal.aborted) {
    const then =
      judge.state.final === true
        ? 'Restart Portcullis when that is put right.'
        : 'It is tried again now and then.';
    const trouble = `NOT READY: ${readiness.message}\nUntil the guard is ready, every request is refused. ${then}\n`;
    await tell(trouble);
  }
  const isReady = (): boolean => readiness.proven;
  while (!isReady() && !signal.aborted) await sleep(POLL_MS, undefined, { ref: false });
  if (signal.aborted) return;
  const seconds = ((Date.now() - startedAt.getTime()) / 1000).toFixed(1);
  await tell(`The guard "${judge.id}" is ready, after ${seconds} s. Ctrl-C ends Portcullis.\n`);
}
