import OpenAI, { APIError, OpenAIError } from 'openai';
import { all, WEATHER, type Call, type Client, type Raised } from './client.js';

const client = ({ url }: Call): OpenAI => new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 });
const messages = ({ prompt }: Call) => [{ role: 'user' as const, content: prompt }];
const chatTools = [
  {
    type: 'function' as const,
    function: { name: WEATHER.name, description: WEATHER.description, parameters: WEATHER.schema },
  },
];
const responseTools = [
  {
    type: 'function' as const,
    name: WEATHER.name,
    description: WEATHER.description,
    parameters: WEATHER.schema,
    strict: true,
  },
];

function raised(error: unknown): Raised | undefined {
  if (error instanceof APIError)
    return {
      status: error.status as number | undefined,
      code: error.code ?? undefined,
      message: error.message,
    };
  if (error instanceof OpenAIError || error instanceof TypeError || error instanceof SyntaxError)
    return { status: undefined, code: undefined, message: error.message };
  return undefined;
}

const chat = {
  path: '/v1/chat/completions',
  has: ['text', 'tools', 'reasoning'],
  filtered: 'content_filter',
  raised,
} as const;
const completions = { path: '/v1/completions', has: ['text'], filtered: 'content_filter', raised } as const;
const responses = {
  path: '/v1/responses',
  has: ['text', 'tools', 'reasoning'],
  filtered: 'content_filter',
  raised,
} as const;

export const OPENAI_CLIENTS: readonly Client[] = [
  {
    ...chat,
    name: 'openai: chat.completions.create',
    streams: false,
    async ask(call) {
      const reply = await client(call).chat.completions.create({
        model: call.model,
        messages: messages(call),
        tools: chatTools,
      });
      const [choice] = reply.choices;
      return { all: reply, text: choice?.message.content ?? '', finish: choice?.finish_reason };
    },
  },
  {
    ...chat,
    name: 'openai: chat.completions.create, streamed',
    streams: true,
    async ask(call) {
      const chunks = await all(
        await client(call).chat.completions.create({
          model: call.model,
          messages: messages(call),
          tools: chatTools,
          stream: true,
        }),
      );
      const choices = chunks.flatMap((chunk) => chunk.choices);
      return {
        all: chunks,
        text: choices.map(({ delta }) => delta.content ?? '').join(''),
        finish: choices.findLast(({ finish_reason: reason }) => reason !== null)?.finish_reason,
      };
    },
  },
  {
    ...chat,
    name: 'openai: chat.completions.stream',
    streams: true,
    async ask(call) {
      const reply = await client(call)
        .chat.completions.stream({ model: call.model, messages: messages(call), tools: chatTools })
        .finalChatCompletion();
      const [choice] = reply.choices;
      return { all: reply, text: choice?.message.content ?? '', finish: choice?.finish_reason };
    },
  },
  {
    ...completions,
    name: 'openai: completions.create',
    streams: false,
    async ask(call) {
      const reply = await client(call).completions.create({ model: call.model, prompt: call.prompt });
      const [choice] = reply.choices;
      return { all: reply, text: choice?.text ?? '', finish: choice?.finish_reason };
    },
  },
  {
    ...completions,
    name: 'openai: completions.create, streamed',
    streams: true,
    async ask(call) {
      const chunks = await all(
        await client(call).completions.create({ model: call.model, prompt: call.prompt, stream: true }),
      );
      const choices = chunks.flatMap((chunk) => chunk.choices);
      return {
        all: chunks,
        text: choices.map(({ text }) => text).join(''),
        // The type says that there always is a reason; servers send null until the end.
        finish: choices.findLast(({ finish_reason: reason }) => (reason as string | null) !== null)
          ?.finish_reason,
      };
    },
  },
  {
    ...responses,
    name: 'openai: responses.create',
    streams: false,
    async ask(call) {
      const reply = await client(call).responses.create({
        model: call.model,
        input: call.prompt,
        tools: responseTools,
      });
      return {
        all: reply,
        text: reply.output_text,
        finish: reply.incomplete_details?.reason ?? reply.status,
      };
    },
  },
  {
    ...responses,
    name: 'openai: responses.create, streamed',
    streams: true,
    async ask(call) {
      const events = await all(
        await client(call).responses.create({
          model: call.model,
          input: call.prompt,
          tools: responseTools,
          stream: true,
        }),
      );
      const text = events.map((event) => (event.type === 'response.output_text.delta' ? event.delta : ''));
      const last = events.at(-1);
      const end =
        last?.type === 'response.completed' || last?.type === 'response.incomplete'
          ? last.response
          : undefined;
      return { all: events, text: text.join(''), finish: end?.incomplete_details?.reason ?? end?.status };
    },
  },
  {
    ...responses,
    name: 'openai: responses.stream',
    streams: true,
    async ask(call) {
      const reply = await client(call)
        .responses.stream({ model: call.model, input: call.prompt, tools: responseTools })
        .finalResponse();
      return {
        all: reply,
        text: reply.output_text,
        finish: reply.incomplete_details?.reason ?? reply.status,
      };
    },
  },
  {
    name: 'openai: embeddings.create',
    path: '/v1/embeddings',
    streams: false,
    has: [],
    raised,
    async ask(call) {
      const reply = await client(call).embeddings.create({
        model: call.model,
        input: call.prompt,
        encoding_format: 'float',
      });
      return { all: reply, text: '', finish: undefined };
    },
  },
];
