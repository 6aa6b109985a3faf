import Anthropic, { AnthropicError, APIError } from '@anthropic-ai/sdk';
import { all, WEATHER, type Call, type Client, type Raised } from './client.js';

const client = ({ url }: Call): Anthropic => new Anthropic({ baseURL: url, apiKey: 'none', maxRetries: 0 });
const body = ({ model, prompt }: Call) => ({
  model,
  max_tokens: 500,
  system: 'Be brief.',
  messages: [{ role: 'user' as const, content: prompt }],
  tools: [{ name: WEATHER.name, description: WEATHER.description, input_schema: WEATHER.schema }],
});

function raised(error: unknown): Raised | undefined {
  if (error instanceof APIError)
    return {
      status: error.status as number | undefined,
      code: error.errorCode ?? undefined,
      message: error.message,
    };
  if (error instanceof AnthropicError || error instanceof TypeError || error instanceof SyntaxError)
    return { status: undefined, code: undefined, message: error.message };
  return undefined;
}

const textOf = ({ content }: Anthropic.Message): string =>
  content.map((block) => (block.type === 'text' ? block.text : '')).join('');

const common = {
  path: '/v1/messages',
  has: ['text', 'tools', 'reasoning'],
  filtered: 'refusal',
  raised,
} as const;

export const ANTHROPIC_CLIENTS: readonly Client[] = [
  {
    ...common,
    name: 'anthropic: messages.create',
    streams: false,
    async ask(call) {
      const reply = await client(call).messages.create(body(call));
      return { all: reply, text: textOf(reply), finish: reply.stop_reason };
    },
  },
  {
    ...common,
    name: 'anthropic: messages.create, streamed',
    streams: true,
    async ask(call) {
      const events = await all(await client(call).messages.create({ ...body(call), stream: true }));
      const text = events.map((event) =>
        event.type === 'content_block_delta' && event.delta.type === 'text_delta' ? event.delta.text : '',
      );
      const reasons = events.map((event) =>
        event.type === 'message_delta' ? event.delta.stop_reason : null,
      );
      return { all: events, text: text.join(''), finish: reasons.findLast((reason) => reason !== null) };
    },
  },
  {
    ...common,
    name: 'anthropic: messages.stream',
    streams: true,
    async ask(call) {
      const reply = await client(call).messages.stream(body(call)).finalMessage();
      return { all: reply, text: textOf(reply), finish: reply.stop_reason };
    },
  },
  {
    name: 'anthropic: messages.countTokens',
    path: '/v1/messages/count_tokens',
    streams: false,
    has: [],
    raised,
    async ask(call) {
      const { model, messages, system } = body(call);
      const reply = await client(call).messages.countTokens({ model, messages, system });
      return { all: reply, text: '', finish: undefined };
    },
  },
];
