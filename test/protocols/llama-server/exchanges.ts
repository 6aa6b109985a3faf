/** Exchanges in the shapes that llama.cpp's server documents for its own endpoints; texts are our own. */
import type { JsonObject } from '../../../src/core/json.js';
import { sse, type Exchange } from '../../support/wire/exchange.js';

const SETTINGS: JsonObject = {
  n_predict: 8,
  seed: 4_294_967_295,
  stop: [],
  grammar: '',
  samplers: ['penalties', 'dry', 'top_k', 'temperature'],
  chat_format: 'Content-only',
  lora: [],
};
const END: JsonObject = {
  id_slot: 0,
  stop: true,
  model: 'llama-3.1-8b',
  tokens_predicted: 4,
  tokens_evaluated: 9,
  generation_settings: SETTINGS,
  has_new_line: false,
  truncated: false,
  stop_type: 'eos',
  stopping_word: '',
  tokens_cached: 12,
  timings: { prompt_n: 9, predicted_per_second: 90.5 },
};
const piece = (content: string, more: JsonObject = {}): JsonObject => ({
  index: 0,
  content,
  stop: false,
  id_slot: 0,
  tokens_predicted: 1,
  tokens_evaluated: 9,
  ...more,
});
const whole = (content: string, more: JsonObject = {}): JsonObject => ({
  index: 0,
  content,
  ...END,
  ...more,
});

export const LLAMA_COMPLETION: readonly Exchange[] = [
  {
    name: 'a string, whole, with probabilities and token ids',
    request: {
      prompt: 'Building a website is',
      n_predict: 8,
      n_probs: 2,
      return_tokens: true,
      samplers: ['top_k', 'temperature'],
      stop: ['the end of it'],
      invented_by_tomorrow: [1],
    },
    reply: whole(' easy', {
      tokens: [4228],
      prompt: 'Building a website is',
      completion_probabilities: [
        {
          id: 4228,
          token: ' easy',
          bytes: [32, 101],
          logprob: -0.4,
          top_logprobs: [{ id: 1, token: ' hard', logprob: -1.2 }],
        },
      ],
      invented_by_tomorrow: 1,
    }),
    segments: ['User/user text: Building a website is', 'User/user other: the end of it'],
    texts: { '0/text': ' easy' },
    goesOut: whole(' easy', {
      prompt: 'Building a website is',
      completion_probabilities: [
        {
          id: 4228,
          token: ' easy',
          bytes: [32, 101],
          logprob: -0.4,
          top_logprobs: [{ id: 1, token: ' hard', logprob: -1.2 }],
        },
      ],
      invented_by_tomorrow: 1,
    }),
  },
  {
    name: 'a string, streamed, with progress, pings and the prompt at its end',
    request: { prompt: 'Grüße?', stream: true, return_progress: true },
    reply:
      ':\n\n' +
      sse([
        piece('', { prompt_progress: { total: 9, cache: 0, processed: 9, time_ms: 3 } }),
        piece(' Grü', { tokens: [5, 6] }),
        piece('ße 🙂'),
        whole('', { tokens: [], prompt: '<|begin_of_text|>Grüße?' }),
      ]),
    streamed: true,
    segments: ['User/user text: Grüße?'],
    texts: { '0/text': ' Grüße 🙂' },
    goesOut: [
      piece('', { prompt_progress: { total: 9, cache: 0, processed: 9, time_ms: 3 } }),
      piece(' Grü'),
      piece('ße 🙂'),
      whole('', { prompt: '<|begin_of_text|>Grüße?' }),
    ],
  },
  {
    name: 'several prompts, answered by an array',
    request: { prompt: ['One and', { prompt_string: 'Uno y' }] },
    reply: [whole(' two'), whole(' dos', { index: 1 })],
    structured: true,
    choices: 2,
    segments: ['User/user text: One and', 'User/user text: Uno y'],
    texts: { '0/text': ' two', '1/text': ' dos' },
  },
  {
    name: 'several completions, streamed in any order',
    request: { prompt: 'One and', n_cmpl: 2, stream: true },
    reply: sse([
      piece(' two'),
      piece(' too', { index: 1 }),
      whole('', { index: 1 }),
      piece(' three'),
      whole(''),
    ]),
    streamed: true,
    choices: 2,
    segments: ['User/user text: One and'],
    texts: { '0/text': ' two three', '1/text': ' too' },
  },
  {
    name: 'a schema, with some fields of the reply',
    request: {
      prompt: 'Ada, 36',
      json_schema: { type: 'object', properties: { age: { type: 'integer' } } },
      response_fields: ['content', 'stop', 'generation_settings/n_predict'],
    },
    reply: { content: '{"age":36}', stop: true, n_predict: 8 },
    structured: true,
    segments: ['User/system tool_definition: age', 'User/user text: Ada, 36'],
    texts: { '0/text': '{"age":36}' },
  },
  {
    name: 'a picture and its text',
    request: { prompt: { prompt_string: 'What is <__media__>?', multimodal_data: ['aGVsbG8='] } },
    reply: whole(' A cat.'),
    segments: ['User/user text: What is <__media__>?'],
    unjudged: [{ kind: 'file', path: 'prompt.multimodal_data[0]' }],
    texts: { '0/text': ' A cat.' },
  },
];

export const LLAMA_INFILL: readonly Exchange[] = [
  {
    name: 'a function in the middle of a file, with another file',
    request: {
      input_prefix: 'def f(x):\n',
      input_suffix: '\n  return y\n',
      input_extra: [{ filename: 'a/b.py', text: 'import os' }],
      prompt: '  y = ',
      t_max_predict_ms: 100,
    },
    reply: whole('x * 2'),
    segments: [
      'User/user text: a/b.py',
      'User/user text: import os',
      'User/user text: def f(x):\n',
      'User/user text: \n  return y\n',
      'User/user text:   y = ',
    ],
    texts: { '0/text': 'x * 2' },
  },
  {
    name: 'streamed',
    request: { input_prefix: 'let a =', input_suffix: ';', stream: true },
    reply: sse([piece(' 1'), whole('', { prompt: '<|fim_prefix|>let a =<|fim_suffix|>;<|fim_middle|>' })]),
    streamed: true,
    segments: ['User/user text: let a =', 'User/user text: ;'],
    texts: { '0/text': ' 1', '0/other/prompt': '<|fim_prefix|>let a =<|fim_suffix|>;<|fim_middle|>' },
  },
];

const unstreamed = { structured: true };

export const LLAMA_TOKENIZE: readonly Exchange[] = [
  {
    ...unstreamed,
    name: 'to ids',
    request: { content: 'Hello world!', add_special: false },
    reply: { tokens: [9906, 1917, 0] },
    segments: ['User/user text: Hello world!'],
    texts: {},
  },
  {
    ...unstreamed,
    name: 'to pieces, one of them half a character',
    request: { content: 'Hello á', with_pieces: true },
    reply: {
      tokens: [
        { id: 9906, piece: 'Hello' },
        { id: 220, piece: ' ' },
        { id: 198, piece: [195] },
        { id: 164, piece: [161] },
      ],
    },
    segments: ['User/user text: Hello á'],
    texts: { '0/pieces': 'Hello á' },
  },
  {
    ...unstreamed,
    name: "a prompt, at vLLM's endpoint",
    request: { model: 'm', prompt: 'Hello you', return_token_strs: true },
    reply: { count: 2, max_model_len: 4096, tokens: [9906, 499], token_strs: ['Hello', ' you'] },
    segments: ['User/user text: Hello you'],
    texts: { '0/token_strs': 'Hello you' },
  },
  {
    ...unstreamed,
    name: "a chat, at vLLM's endpoint",
    request: { model: 'm', messages: [{ role: 'user', content: 'Hello you' }] },
    reply: { count: 2, max_model_len: 4096, tokens: [9906, 499], token_strs: null },
    segments: ['User/user text: Hello you'],
    texts: {},
  },
];

export const LLAMA_DETOKENIZE: readonly Exchange[] = [
  {
    ...unstreamed,
    name: 'ids to text',
    request: { tokens: [9906, 1917] },
    reply: { content: 'Hello world' },
    segments: [],
    unjudged: [{ kind: 'tokens', path: 'tokens' }],
    texts: { '0/text': 'Hello world' },
  },
  {
    ...unstreamed,
    name: "ids to text, at vLLM's endpoint",
    request: { model: 'm', tokens: [9906, 1917] },
    reply: { prompt: 'Hello world' },
    segments: [],
    unjudged: [{ kind: 'tokens', path: 'tokens' }],
    texts: { '0/text': 'Hello world' },
  },
];

export const LLAMA_APPLY_TEMPLATE: readonly Exchange[] = [
  {
    ...unstreamed,
    name: 'a chat as its prompt',
    request: {
      messages: [
        { role: 'system', content: 'Be kind.' },
        { role: 'user', content: 'Hello?' },
      ],
      chat_template_kwargs: { style: 'in verse' },
    },
    reply: { prompt: '<|system|>Be kind.<|user|>Hello?<|assistant|>' },
    segments: ['User/system text: Be kind.', 'User/user text: Hello?', 'User/user other: in verse'],
    texts: { '0/text': '<|system|>Be kind.<|user|>Hello?<|assistant|>' },
  },
];
