/** Is there a server, does it let us in, and does it have the model? Says what to do where not. */
import type { Clock } from './clock.js';
import type { Dialect } from './dialect.js';
import type { ChatMessage } from './outgoing-messages.js';
import type { CheckOutcome, ServerAnswer, ServerFault } from './server-answer.js';

export interface ProbeOptions {
  readonly name: string;
  readonly model: string;
  readonly dialect: Dialect;
  readonly contextTokens: number;
  readonly clock: Clock;
  /** A model in the server's list needs no further proof. */
  readonly listSuffices: boolean;
  readonly probeTimeoutMs: number;
  readonly loadTimeoutMs: number;
  readonly signal: AbortSignal;
  send(method: 'GET' | 'POST', path: string, body: object | null, signal: AbortSignal): Promise<ServerAnswer>;
  chat(messages: readonly ChatMessage[], signal: AbortSignal): Promise<CheckOutcome>;
}

/** Models named in a message at most. */
const MOST_NAMED = 10;

/** @returns undefined when checks can be sent. Never rejects. */
export async function probeServer(options: ProbeOptions): Promise<ServerFault | undefined> {
  const { name, model, dialect, probeTimeoutMs } = options;
  const listed = await withLimit(options, probeTimeoutMs, (signal) =>
    options.send('GET', dialect.listPath, null, signal),
  );
  if (listed === 'late') return late(name, probeTimeoutMs);
  // A server without a list (404) or with an unusual one may judge all the same.
  if (
    !listed.ok &&
    (listed.fault.unsent === true || ['credentials', 'stopped'].includes(listed.fault.kind ?? ''))
  )
    return explained(listed.fault, name);
  const models = listed.ok ? dialect.readModels(listed.body) : undefined;
  const known = models?.some((other) => dialect.sameModel(other, model)) ?? false;

  const load = dialect.loadBody(options);
  if (load !== undefined) {
    const loaded = await withLimit(options, options.loadTimeoutMs, (signal) =>
      options.send('POST', dialect.chatPath, load, signal),
    );
    if (loaded === 'late') return late(name, options.loadTimeoutMs);
    // A server that takes no chat without messages may judge all the same.
    if (!loaded.ok && loaded.fault.kind !== 'rejected')
      return explained(loaded.fault, name, missing(options, models));
    if (loaded.ok && options.listSuffices) return undefined;
  } else if (known && options.listSuffices) return undefined;

  const chat = await withLimit(options, probeTimeoutMs, (signal) =>
    options.chat([{ role: 'user', content: 'Hello' }], signal),
  );
  if (chat === 'late') return late(name, probeTimeoutMs);
  return chat.ok ? undefined : explained(chat.fault, name, missing(options, models));
}

function explained(fault: ServerFault, name: string, aboutModel = ''): ServerFault {
  if (fault.unsent === true)
    return {
      ...fault,
      detail: `${fault.detail} Start the server, or correct the URL in guard.spec.`,
    };
  if (fault.kind === 'model' && aboutModel !== '')
    return { ...fault, detail: `The guard server ${name} ${aboutModel}` };
  return fault;
}

function missing({ model, dialect }: ProbeOptions, models: readonly string[] | undefined): string {
  // Names come from the server: nothing but names may get into a message.
  const names = (models ?? []).filter((other) => /^[\w./:@+-]{1,100}$/.test(other)).sort();
  const some = names.slice(0, MOST_NAMED).join(', ') + (names.length > MOST_NAMED ? ', …' : '');
  const has = names.length === 0 ? 'and lists none' : `but ${some}`;
  return `has no model "${model}", ${has}. ${dialect.adviceForMissing(model)}`;
}

function late(name: string, ms: number): ServerFault {
  return {
    reason: 'not_ready',
    detail: `The guard server ${name} did not answer a probe within ${ms} ms.`,
    server: 'failing',
  };
}

/** Runs one request with a time limit of its own. */
async function withLimit<R>(
  { clock, signal }: ProbeOptions,
  ms: number,
  run: (signal: AbortSignal) => Promise<R>,
): Promise<R | 'late'> {
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  const cancel = clock.after(ms, stop);
  try {
    const result = await run(controller.signal);
    return controller.signal.aborted && !signal.aborted ? 'late' : result;
  } finally {
    cancel();
    signal.removeEventListener('abort', stop);
  }
}
