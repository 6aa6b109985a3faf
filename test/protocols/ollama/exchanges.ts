/** Exchanges in the shapes that Ollama documents for `/api/chat` and `/api/generate`; texts are our own. */
import type { JsonObject } from '../../../src/core/json.js';

export interface OllamaExchange {
  readonly name: string;
  readonly format: 'ollama-chat' | 'ollama-generate';
  readonly request: JsonObject;
  /** One JSON object, or the lines of a stream. */
  readonly reply: JsonObject | readonly JsonObject[];
  readonly stream: boolean;
  readonly structured?: boolean;
  readonly segments: readonly string[];
  readonly texts: Readonly<Record<string, string>>;
  /** Fields of the reply that the decoder removes. */
  readonly removed?: readonly string[];
}

const COUNTS: JsonObject = {
  total_duration: 4_353_619_900,
  load_duration: 63_915_300,
  prompt_eval_count: 10,
  prompt_eval_duration: 246_847_000,
  eval_count: 17,
  eval_duration: 4_032_296_000,
};
const HEAD: JsonObject = { model: 'llama3.2', created_at: '2025-01-01T10:00:00.123456789Z' };

const chat = (message: JsonObject, more: JsonObject = { done: false }): JsonObject => ({
  ...HEAD,
  message: { role: 'assistant', ...message },
  ...more,
});
const END: JsonObject = { done: true, done_reason: 'stop', ...COUNTS };

export const OLLAMA_EXCHANGES: readonly OllamaExchange[] = [
  {
    name: 'chat, streamed by default',
    format: 'ollama-chat',
    request: {
      model: 'llama3.2',
      messages: [
        { role: 'system', content: 'Be kind.' },
        { role: 'user', content: 'Why is the sky blue?' },
      ],
      options: { temperature: 0.1, stop: ['<end of it>'] },
      keep_alive: '5m',
    },
    reply: [chat({ content: 'Light ' }), chat({ content: 'scatters.' }), chat({ content: '' }, END)],
    stream: true,
    segments: [
      'User/system text: Be kind.',
      'User/user text: Why is the sky blue?',
      'User/user other: <end of it>',
    ],
    texts: { '0/text': 'Light scatters.' },
  },
  {
    name: 'chat with thinking and log probabilities, whole',
    format: 'ollama-chat',
    request: {
      model: 'm',
      stream: false,
      think: 'high',
      logprobs: true,
      messages: [{ role: 'user', content: 'Hm?' }],
    },
    reply: {
      ...chat({ thinking: 'Let me see.', content: 'Yes.' }, END),
      logprobs: [{ token: 'Yes.', logprob: -0.1, bytes: [89], top_logprobs: [{ token: 'No', logprob: -2 }] }],
    },
    stream: false,
    segments: ['User/user text: Hm?'],
    texts: { '0/thinking': 'Let me see.', '0/text': 'Yes.' },
  },
  {
    name: 'chat with tools, streamed',
    format: 'ollama-chat',
    request: {
      model: 'm',
      messages: [
        { role: 'user', content: 'Weather?' },
        {
          role: 'assistant',
          content: '',
          tool_calls: [{ function: { name: 'weather', arguments: { city: 'Oslo' } } }],
        },
        { role: 'tool', tool_name: 'weather', content: 'rain' },
      ],
      tools: [{ type: 'function', function: { name: 'weather', description: 'Tells it.', parameters: {} } }],
    },
    reply: [
      chat({
        content: '',
        tool_calls: [{ function: { index: 0, name: 'weather', arguments: { city: 'Rome' } } }],
      }),
      chat({ content: '', tool_calls: [{ id: 'call_2', function: { name: 'time', arguments: {} } }] }),
      chat({ content: '' }, END),
    ],
    stream: true,
    segments: [
      'User/system tool_definition: weather',
      'User/system tool_definition: Tells it.',
      'User/user text: Weather?',
      'Agent/assistant tool_name: weather',
      'Agent/assistant tool_arguments: {"city":"Oslo"}',
      'User/tool tool_name: weather',
      'User/tool tool_result: rain',
    ],
    texts: {
      '0/tool/0/name': 'weather',
      '0/tool/0/arguments': '{"city":"Rome"}',
      '0/tool/1/name': 'time',
      '0/tool/1/arguments': '{}',
    },
  },
  {
    name: 'chat that only loads the model',
    format: 'ollama-chat',
    request: { model: 'm', messages: [] },
    reply: [chat({ content: '' }, { done: true, done_reason: 'load' })],
    stream: true,
    segments: [],
    texts: {},
  },
  {
    name: 'chat with a JSON schema',
    format: 'ollama-chat',
    request: {
      model: 'm',
      stream: false,
      messages: [{ role: 'user', content: 'Ada, 36' }],
      format: { type: 'object', properties: { age: { type: 'integer' } }, required: ['age'] },
    },
    reply: chat({ content: '{"age":36}' }, END),
    stream: false,
    structured: true,
    segments: [
      'User/system tool_definition: age',
      'User/system tool_definition: age',
      'User/user text: Ada, 36',
    ],
    texts: { '0/text': '{"age":36}' },
  },
  {
    name: 'generate, streamed, with token ids in the reply',
    format: 'ollama-generate',
    request: {
      model: 'm',
      system: 'Short.',
      template: '{{ .Prompt }} now',
      prompt: 'def f(',
      suffix: 'return x',
      raw: false,
    },
    reply: [
      { ...HEAD, response: '', thinking: 'easy', done: false },
      { ...HEAD, response: 'x):', done: false },
      { ...HEAD, response: '', context: [1, 2, 3], ...END },
    ],
    stream: true,
    segments: [
      'User/system text: {{ .Prompt }} now',
      'User/system text: Short.',
      'User/user text: return x',
      'User/user text: def f(',
    ],
    texts: { '0/thinking': 'easy', '0/text': 'x):' },
    removed: ['context'],
  },
  {
    name: 'generate in JSON, whole',
    format: 'ollama-generate',
    request: { model: 'm', prompt: 'Give JSON.', format: 'json', stream: false },
    reply: { ...HEAD, response: '{}', ...END },
    stream: false,
    structured: true,
    segments: ['User/user text: Give JSON.'],
    texts: { '0/text': '{}' },
  },
  {
    name: 'generate that only unloads the model',
    format: 'ollama-generate',
    request: { model: 'm', keep_alive: 0 },
    reply: [{ ...HEAD, response: '', done: true, done_reason: 'unload' }],
    stream: true,
    segments: [],
    texts: {},
  },
];
