import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import {
  APICallError,
  generateText,
  jsonSchema,
  stepCountIs,
  streamText,
  tool,
  type LanguageModel,
  type ToolSet,
} from 'ai';
import { all, WEATHER, type Call, type Client, type Raised } from './client.js';

const tools: ToolSet = {
  get_weather: tool({
    description: WEATHER.description,
    inputSchema: jsonSchema<{ city: string }>(WEATHER.schema),
  }),
};

function raised(error: unknown): Raised | undefined {
  if (APICallError.isInstance(error))
    return {
      status: error.statusCode,
      code: codeIn(error.responseBody),
      message: error.message,
    };
  // Errors inside a stream come as the provider has read them: an Error, or its text or object.
  if (error instanceof Error) return { status: undefined, code: undefined, message: error.message };
  if (error === undefined || error === null) return undefined;
  const message = typeof error === 'string' ? error : JSON.stringify(error);
  return { status: undefined, code: undefined, message };
}

function codeIn(body: string | undefined): string | undefined {
  try {
    const { error } = JSON.parse(body ?? '') as { error?: { code?: string } };
    return error?.code;
  } catch {
    return undefined;
  }
}

/** The providers, each with the endpoint that it asks. */
const PROVIDERS: readonly { name: string; path: string; model: (call: Call) => LanguageModel }[] = [
  {
    name: 'ai, openai-compatible',
    path: '/v1/chat/completions',
    model: ({ url, model }) =>
      createOpenAICompatible({ name: 'server', baseURL: `${url}/v1`, apiKey: 'none' })(model),
  },
  {
    name: 'ai, anthropic',
    path: '/v1/messages',
    model: ({ url, model }) => createAnthropic({ baseURL: `${url}/v1`, apiKey: 'none' })(model),
  },
];

/** A program that runs the tools which the model calls, and asks again with what they answered. */
export interface AgentLoop {
  readonly name: string;
  run(call: Call, toolResult: string): Promise<{ text: string; steps: number; finish: string }>;
}

export const AGENT_LOOPS: readonly AgentLoop[] = PROVIDERS.flatMap(({ name, model }): AgentLoop[] => {
  const settings = (call: Call, toolResult: string) => ({
    model: model(call),
    prompt: call.prompt,
    maxRetries: 0,
    stopWhen: stepCountIs(3),
    tools: { get_weather: { ...tools.get_weather, execute: () => toolResult } } as ToolSet,
  });
  return [
    {
      name: `${name}: generateText`,
      async run(call, toolResult) {
        const { text, steps, finishReason } = await generateText(settings(call, toolResult));
        return { text, steps: steps.length, finish: finishReason };
      },
    },
    {
      name: `${name}: streamText`,
      async run(call, toolResult) {
        const stream = streamText({ ...settings(call, toolResult), onError: () => undefined });
        await stream.consumeStream();
        const steps = await stream.steps;
        return { text: await stream.text, steps: steps.length, finish: await stream.finishReason };
      },
    },
  ];
});

export const AI_SDK_CLIENTS: readonly Client[] = PROVIDERS.flatMap(({ name, path, model }): Client[] => {
  const common = {
    path,
    has: ['text', 'tools', 'reasoning'],
    filtered: 'content-filter',
    raised,
  } as const;
  const settings = (call: Call) => ({ model: model(call), prompt: call.prompt, tools, maxRetries: 0 });
  return [
    {
      ...common,
      name: `${name}: generateText`,
      streams: false,
      async ask(call) {
        const { text, reasoningText, toolCalls, finishReason, usage } = await generateText(settings(call));
        return {
          all: { text, reasoningText, toolCalls, finishReason, usage },
          text,
          finish: finishReason,
        };
      },
    },
    {
      ...common,
      name: `${name}: streamText`,
      streams: true,
      async ask(call) {
        const stream = streamText({ ...settings(call), onError: () => undefined });
        const parts = await all(stream.fullStream);
        const failed = parts.find((part) => part.type === 'error');
        if (failed !== undefined) throw failed.error;
        return {
          // The rest are beginnings and ends of steps, with times and made-up ids.
          all: parts.filter(({ type }) => /^(text|reasoning|tool)/.test(type)),
          text: parts.map((part) => (part.type === 'text-delta' ? part.text : '')).join(''),
          finish: await stream.finishReason,
        };
      },
    },
  ];
});
