/** The three chat endpoints as a client sees them, written without any of Portcullis's own code. */
import type { RunningPortcullis } from './run-portcullis.js';

export interface ChatWire {
  readonly name: string;
  readonly path: string;
  readonly framing: 'sse' | 'ndjson';
  /** SSE only: the end of a stream is an event with `stop: true`, not `[DONE]`. */
  readonly terminator?: 'stop';
  /** A request with these texts as the turns of user and assistant, alternating. */
  body(stream: boolean, ...turns: readonly string[]): Record<string, unknown>;
}

/** Fields of a reply's message, or of one message of its stream. */
type Json = Record<string, unknown>;

const messages = (turns: readonly string[]): object[] =>
  turns.map((content, index) => ({ role: index % 2 === 0 ? 'user' : 'assistant', content }));

export const OPENAI: ChatWire = {
  name: 'OpenAI chat',
  path: '/v1/chat/completions',
  framing: 'sse',
  body: (stream, ...turns) => ({ model: 'scripted', stream, messages: messages(turns) }),
};
export const OLLAMA_CHAT: ChatWire = {
  name: 'Ollama chat',
  path: '/api/chat',
  framing: 'ndjson',
  body: (stream, ...turns) => ({ model: 'scripted', stream, messages: messages(turns) }),
};
export const OLLAMA_GENERATE: ChatWire = {
  name: 'Ollama generate',
  path: '/api/generate',
  framing: 'ndjson',
  body: (stream, ...turns) => ({ model: 'scripted', stream, prompt: turns.join('\n') }),
};
export const OPENAI_COMPLETIONS: ChatWire = {
  name: 'OpenAI completions',
  path: '/v1/completions',
  framing: 'sse',
  body: (stream, ...turns) => ({ model: 'scripted', stream, prompt: turns.join('\n') }),
};
export const LLAMA_COMPLETION: ChatWire = {
  name: 'llama.cpp completion',
  path: '/completion',
  framing: 'sse',
  terminator: 'stop',
  body: (stream, ...turns) => ({ model: 'scripted', stream, prompt: turns.join('\n') }),
};
/** Endpoints that complete plain text: no roles, no tools, no reasoning. */
export const PLAIN_WIRES = [OPENAI_COMPLETIONS, LLAMA_COMPLETION];
export const WIRES = [OPENAI, OLLAMA_CHAT, OLLAMA_GENERATE];
/** Every endpoint, streamed and not. */
export const CASES = WIRES.flatMap((wire) =>
  [true, false].map((stream) => ({ wire, stream, name: `${wire.name}, ${stream ? 'streamed' : 'whole'}` })),
);

export interface ChatAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** The body as it came. */
  readonly raw: string;
  /** The JSON of a whole reply, or of each message of a stream. */
  readonly messages: readonly Json[];
  /** Visible text of choice 0. */
  readonly text: string;
  /** `finish_reason` or `done_reason`, the last one that is set. */
  readonly finish: string | undefined;
  /** Message of the error, wherever it stands. */
  readonly error: string | undefined;
  readonly errorCode: string | undefined;
  /** The `portcullis` object, wherever it stands. */
  readonly facts: Json | undefined;
  /** The stream ended as its format ends; true for a whole reply. */
  readonly ended: boolean;
}

export async function ask(
  p: Pick<RunningPortcullis, 'post'>,
  wire: ChatWire,
  body: unknown,
  headers?: Record<string, string>,
): Promise<ChatAnswer> {
  return readAnswer(wire, await p.post(wire.path, body, headers));
}

export async function readAnswer(wire: ChatWire, response: Response): Promise<ChatAnswer> {
  const raw = await response.text();
  const type = response.headers.get('content-type') ?? '';
  const streamed = type.includes('event-stream') || type.includes('ndjson');
  const parts = !streamed
    ? [raw]
    : wire.framing === 'ndjson'
      ? raw.split('\n').filter((line) => line !== '')
      : raw
          .split('\n\n')
          .filter((event) => event !== '')
          .map((event) => event.replace(/^data: /, ''));
  const all = parts.filter((part) => part !== '[DONE]').map((part) => JSON.parse(part) as Json);
  const error = all.map((message) => message.error).find((value) => value !== undefined);
  const errorObject = typeof error === 'object' ? (error as Json) : undefined;
  return {
    status: response.status,
    headers: response.headers,
    raw,
    messages: all,
    text: all.map((message) => textOf(message, 0)).join(''),
    finish: all.map(finishOf).findLast((reason) => reason !== undefined),
    error: typeof error === 'string' ? error : (errorObject?.message as string | undefined),
    errorCode: (errorObject?.reason ??
      errorObject?.code ??
      all.find(({ code }) => code !== undefined)?.code) as string | undefined,
    facts: all.map((message) => message.portcullis).find((value) => value !== undefined) as Json | undefined,
    ended: !streamed || endsAs(wire, parts.at(-1), all.at(-1)),
  };
}

function endsAs(wire: ChatWire, part: string | undefined, last: Json | undefined): boolean {
  if (wire.terminator === 'stop') return last?.stop === true;
  return wire.framing === 'sse' ? part === '[DONE]' : last?.done === true;
}

function choicesOf(message: Json): Json[] {
  return Array.isArray(message.choices) ? (message.choices as Json[]) : [];
}

/** Visible text of one choice in a message. */
export function textOf(message: Json, choice: number): string {
  if (typeof message.response === 'string') return message.response;
  if (typeof message.content === 'string') return message.content;
  const found = choicesOf(message).find(({ index }) => index === choice);
  if (typeof found?.text === 'string') return found.text;
  const holder = (found?.delta ?? found?.message ?? message.message) as Json | undefined;
  return typeof holder?.content === 'string' ? holder.content : '';
}

function finishOf(message: Json): string | undefined {
  const reasons = [
    message.done_reason,
    message.stop === true ? message.stop_type : undefined,
    ...choicesOf(message).map((choice) => choice.finish_reason),
  ];
  return reasons.find((reason): reason is string => typeof reason === 'string');
}
