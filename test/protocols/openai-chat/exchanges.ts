/**
 * Exchanges in the shapes that each server documents for chat completions; texts are our own.
 * `texts` are the reply's texts by id, all pieces joined.
 */
import type { JsonObject } from '../../../src/core/json.js';

export interface Exchange {
  readonly name: string;
  readonly request: JsonObject;
  /** One JSON object, or the whole stream as it came. */
  readonly reply: JsonObject | string;
  readonly segments: readonly string[];
  readonly texts: Readonly<Record<string, string>>;
  /** What of the reply must not reach the client: removed by the decoder. */
  readonly removed?: readonly string[];
}

const user = (content: string): JsonObject => ({ role: 'user', content });

const sse = (...events: (JsonObject | string)[]): string =>
  events.map((event) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`).join('');

const chunk = (choices: JsonObject[], more: JsonObject = {}): JsonObject => ({
  id: 'chatcmpl-abc123',
  object: 'chat.completion.chunk',
  created: 1_700_000_000,
  model: 'llama-3.1-8b',
  ...more,
  choices,
});

const delta = (delta: JsonObject, more: JsonObject = {}): JsonObject => ({
  index: 0,
  delta,
  finish_reason: null,
  ...more,
});

export const EXCHANGES: readonly Exchange[] = [
  {
    name: 'OpenAI, whole reply',
    request: {
      model: 'llama-3.1-8b',
      messages: [
        { role: 'developer', content: 'Be brief.' },
        { role: 'user', name: 'Ada', content: [{ type: 'text', text: 'Hi.' }] },
      ],
      temperature: 0.2,
      user: 'user-17',
      stop: ['THE END'],
      metadata: { trace: 'abc-1' },
    },
    reply: {
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 1_700_000_000,
      model: 'llama-3.1-8b',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'Hello Ada.', refusal: null, annotations: [] },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage: { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 },
      service_tier: 'default',
      system_fingerprint: 'fp_1',
    },
    segments: [
      'User/developer text: Be brief.',
      'User/user other: Ada',
      'User/user text: Hi.',
      'User/user other: THE END',
    ],
    texts: { '0/text': 'Hello Ada.' },
  },
  {
    name: 'OpenAI, stream with usage',
    request: {
      model: 'm',
      stream: true,
      stream_options: { include_usage: true },
      messages: [user('Say hello.')],
    },
    reply: sse(
      chunk([delta({ role: 'assistant', content: '', refusal: null })]),
      chunk([delta({ content: 'Hel' })]),
      chunk([delta({ content: 'lo.' })]),
      chunk([delta({}, { finish_reason: 'stop' })]),
      chunk([], { usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 } }),
      '[DONE]',
    ),
    segments: ['User/user text: Say hello.'],
    texts: { '0/text': 'Hello.' },
  },
  {
    name: 'OpenAI, two choices streamed in turns, one refused',
    request: { model: 'm', stream: true, n: 2, messages: [user('Go on.')] },
    reply: sse(
      chunk([delta({ role: 'assistant', content: 'one ' }), delta({ role: 'assistant' }, { index: 1 })]),
      chunk([delta({ refusal: 'I would ' }, { index: 1 })]),
      chunk([delta({ content: 'two' })]),
      chunk([delta({ refusal: 'rather not.' }, { index: 1 })]),
      chunk([delta({}, { index: 1, finish_reason: 'stop' })]),
      chunk([delta({}, { finish_reason: 'length' })]),
      '[DONE]',
    ),
    segments: ['User/user text: Go on.'],
    texts: { '0/text': 'one two', '1/refusal': 'I would rather not.' },
  },
  {
    name: 'OpenAI, tool calls streamed, with a tool result going in',
    request: {
      model: 'm',
      stream: true,
      tool_choice: 'auto',
      tools: [
        {
          type: 'function',
          function: {
            name: 'get_weather',
            description: 'The weather in a city.',
            strict: true,
            parameters: {
              type: 'object',
              properties: { city: { type: 'string', enum: ['Rome', 'Oslo'] } },
              required: ['city'],
            },
          },
        },
      ],
      messages: [
        user('Weather in Rome?'),
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            {
              id: 'call_1',
              type: 'function',
              function: { name: 'get_weather', arguments: '{"city":"Rome"}' },
            },
          ],
        },
        { role: 'tool', tool_call_id: 'call_1', content: 'Sunny, 25 degrees.' },
      ],
    },
    reply: sse(
      chunk([
        delta({
          role: 'assistant',
          content: null,
          tool_calls: [
            { index: 0, id: 'call_2', type: 'function', function: { name: 'get_weather', arguments: '' } },
          ],
        }),
      ]),
      chunk([delta({ tool_calls: [{ index: 0, function: { arguments: '{"ci' } }] })]),
      chunk([delta({ tool_calls: [{ index: 0, function: { arguments: 'ty":"Oslo"}' } }] })]),
      chunk([
        delta({
          tool_calls: [{ index: 1, id: 'call_3', type: 'custom', custom: { name: 'sh', input: 'ls' } }],
        }),
      ]),
      chunk([delta({}, { finish_reason: 'tool_calls' })]),
      '[DONE]',
    ),
    segments: [
      'User/system tool_definition: get_weather',
      'User/system tool_definition: The weather in a city.',
      'User/system tool_definition: city',
      'User/system tool_definition: Rome',
      'User/system tool_definition: Oslo',
      'User/system tool_definition: city',
      'User/user text: Weather in Rome?',
      'Agent/assistant tool_name: get_weather',
      'Agent/assistant tool_arguments: {"city":"Rome"}',
      'User/tool tool_result: Sunny, 25 degrees.',
    ],
    texts: {
      '0/tool/0/name': 'get_weather',
      '0/tool/0/arguments': '{"city":"Oslo"}',
      '0/tool/1/name': 'sh',
      '0/tool/1/input': 'ls',
    },
  },
  {
    name: 'OpenAI, older function calls and log probabilities',
    request: {
      model: 'm',
      logprobs: true,
      top_logprobs: 1,
      functions: [{ name: 'add', parameters: {} }],
      messages: [user('1+1'), { role: 'function', name: 'add', content: '2' }],
    },
    reply: {
      id: 'x',
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: 'It is 2',
            function_call: { name: 'add', arguments: '{"a":1}' },
          },
          logprobs: {
            content: [
              { token: 'It', logprob: -0.1, bytes: [73, 116], top_logprobs: [{ token: 'So', logprob: -1 }] },
              { token: ' is 2', logprob: -0.2, bytes: null, top_logprobs: [] },
            ],
          },
          finish_reason: 'stop',
        },
      ],
    },
    segments: [
      'User/system tool_definition: add',
      'User/user text: 1+1',
      'User/tool tool_name: add',
      'User/tool tool_result: 2',
    ],
    texts: { '0/text': 'It is 2', '0/function_call/name': 'add', '0/function_call/arguments': '{"a":1}' },
  },
  {
    name: 'vLLM, reasoning and token ids in a stream',
    request: {
      model: '/models/Llama-3.1-8B',
      stream: true,
      messages: [user('Think.')],
      chat_template_kwargs: { enable_thinking: true },
      return_token_ids: true,
      structured_outputs: { choice: ['yes', 'no'] },
    },
    reply: sse(
      chunk([delta({ role: 'assistant', content: '' }, { token_ids: null })], {
        prompt_token_ids: [1, 2, 3],
      }),
      chunk([delta({ reasoning_content: 'Well, ' }, { token_ids: [4, 5] })]),
      chunk([delta({ reasoning_content: 'yes.', reasoning: 'yes.' }, { token_ids: [6] })]),
      chunk([delta({ content: 'yes' }, { finish_reason: 'stop', stop_reason: 128009, token_ids: [7] })]),
      '[DONE]',
    ),
    segments: [
      'User/system tool_definition: choice',
      'User/system tool_definition: yes',
      'User/system tool_definition: no',
      'User/user text: Think.',
    ],
    texts: { '0/reasoning_content': 'Well, yes.', '0/reasoning': 'yes.', '0/text': 'yes' },
    removed: ['prompt_token_ids', '"token_ids":[4,5]', '"token_ids":[6]', '"token_ids":[7]'],
  },
  {
    name: 'llama.cpp, timings and usage in the last chunk',
    request: { messages: [user('Hi')], stream: true, cache_prompt: true, grammar: 'root ::= "a"' },
    reply: sse(
      chunk([delta({ role: 'assistant', content: null })], { system_fingerprint: 'b6210-a094f38' }),
      chunk([delta({ content: 'a' })]),
      chunk([{ index: 0, delta: {}, finish_reason: 'stop' }], {
        usage: { completion_tokens: 1, prompt_tokens: 2, total_tokens: 3 },
        timings: { prompt_n: 2, prompt_ms: 10.5, predicted_per_second: 30.1 },
      }),
      '[DONE]',
    ),
    segments: ['User/user text: Hi', 'User/user other: root ::= "a"'],
    texts: { '0/text': 'a' },
  },
  {
    name: 'Fields nobody knows',
    request: {
      messages: [{ role: 'user', content: 'Hi', mood: 'a merry one' }],
      extra: { note: ['deep text here'], level: 3 },
    },
    reply: {
      choices: [
        {
          message: { role: 'assistant', content: 'Hi', footnote: { text: 'see below' } },
          finish_reason: 'stop',
          remark: 'at the side',
        },
      ],
      greeting: 'from the server',
    },
    segments: ['User/user text: Hi', 'User/user other: a merry one', 'User/user other: deep text here'],
    texts: {
      '0/text': 'Hi',
      '0/other/message.footnote.text': 'see below',
      '0/other/remark': 'at the side',
      '0/other/greeting': 'from the server',
    },
  },
];
