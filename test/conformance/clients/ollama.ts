import { Ollama } from 'ollama';
import { all, WEATHER, type Call, type Client, type Raised } from './client.js';

const client = ({ url }: Call): Ollama => new Ollama({ host: url });
const messages = ({ prompt }: Call) => [{ role: 'user', content: prompt }];
const tools = [
  {
    type: 'function',
    function: { name: WEATHER.name, description: WEATHER.description, parameters: WEATHER.schema },
  },
];

/** The package's own error class is not exported. */
function raised(error: unknown): Raised | undefined {
  if (!(error instanceof Error)) return undefined;
  const status = 'status_code' in error ? (error.status_code as number) : undefined;
  return { status, code: undefined, message: error.message };
}

export const OLLAMA_CLIENTS: readonly Client[] = [
  {
    name: 'ollama: chat',
    path: '/api/chat',
    streams: false,
    has: ['text', 'tools', 'reasoning'],
    filtered: 'content_filter',
    raised,
    async ask(call) {
      const reply = await client(call).chat({ model: call.model, messages: messages(call), tools });
      return { all: reply, text: reply.message.content, finish: reply.done_reason };
    },
  },
  {
    name: 'ollama: chat, streamed',
    path: '/api/chat',
    streams: true,
    has: ['text', 'tools', 'reasoning'],
    filtered: 'content_filter',
    raised,
    async ask(call) {
      const lines = await all(
        await client(call).chat({ model: call.model, messages: messages(call), tools, stream: true }),
      );
      const text = lines.map(({ message }) => message.content).join('');
      return { all: lines, text, finish: lines.at(-1)?.done_reason };
    },
  },
  {
    name: 'ollama: generate',
    path: '/api/generate',
    streams: false,
    has: ['text', 'reasoning'],
    filtered: 'content_filter',
    raised,
    async ask(call) {
      const reply = await client(call).generate({ model: call.model, prompt: call.prompt });
      return { all: reply, text: reply.response ?? '', finish: reply.done_reason };
    },
  },
  {
    name: 'ollama: generate, streamed',
    path: '/api/generate',
    streams: true,
    has: ['text', 'reasoning'],
    filtered: 'content_filter',
    raised,
    async ask(call) {
      const lines = await all(
        await client(call).generate({ model: call.model, prompt: call.prompt, stream: true }),
      );
      const text = lines.map(({ response }) => response).join('');
      return { all: lines, text, finish: lines.at(-1)?.done_reason };
    },
  },
  {
    name: 'ollama: embed',
    path: '/api/embed',
    streams: false,
    has: [],
    raised,
    async ask(call) {
      const reply = await client(call).embed({ model: call.model, input: call.prompt });
      return { all: reply, text: '', finish: undefined };
    },
  },
];
