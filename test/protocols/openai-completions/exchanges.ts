/** Exchanges in the shapes that OpenAI, vLLM and llama.cpp document for `/v1/completions`; texts are our own. */
import type { JsonObject } from '../../../src/core/json.js';
import { sse, type Exchange } from '../../support/wire/exchange.js';

const HEAD: JsonObject = {
  id: 'cmpl-7Qk2',
  object: 'text_completion',
  created: 1_700_000_000,
  model: 'llama-3.1-8b',
};
const USAGE: JsonObject = { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 };

const choice = (
  index: number,
  text: string,
  finish: string | null = null,
  more: JsonObject = {},
): JsonObject => ({
  text,
  index,
  logprobs: null,
  finish_reason: finish,
  ...more,
});
const reply = (choices: JsonObject[], more: JsonObject = {}): JsonObject => ({ ...HEAD, choices, ...more });

export const COMPLETIONS: readonly Exchange[] = [
  {
    name: 'a string, whole',
    request: {
      model: 'llama-3.1-8b',
      prompt: 'Say this is a test',
      max_tokens: 7,
      temperature: 0,
      stop: ['END OF IT'],
      user: 'user-17',
      invented_by_tomorrow: { level: 3 },
    },
    reply: reply([choice(0, '\n\nThis is indeed a test', 'length')], {
      system_fingerprint: 'fp_44709d6fcb',
      usage: USAGE,
      invented_by_tomorrow: 3,
    }),
    segments: ['User/user text: Say this is a test', 'User/user other: END OF IT'],
    texts: { '0/text': '\n\nThis is indeed a test' },
  },
  {
    name: 'a string, streamed, with usage',
    request: {
      model: 'llama-3.1-8b',
      prompt: 'Grüße?',
      stream: true,
      stream_options: { include_usage: true },
    },
    reply:
      ': processing\n\n' +
      sse(
        [
          reply([choice(0, ' Grü')]),
          reply([choice(0, 'ße 🙂')]),
          reply([choice(0, '', 'stop')]),
          reply([], { usage: USAGE }),
        ],
        '[DONE]',
      ),
    streamed: true,
    segments: ['User/user text: Grüße?'],
    texts: { '0/text': ' Grüße 🙂' },
  },
  {
    name: 'two prompts with n 2, streamed in any order',
    request: { model: 'm', prompt: ['One and', 'Uno y'], n: 2, stream: true },
    reply: sse(
      [
        reply([choice(3, ' cuatro')]),
        reply([choice(0, ' two')]),
        reply([choice(1, ' only', 'stop'), choice(2, ' dos', 'stop')]),
        reply([choice(0, ' three', 'length')]),
        reply([choice(3, '', 'stop')]),
      ],
      '[DONE]',
    ),
    streamed: true,
    choices: 4,
    segments: ['User/user text: One and', 'User/user text: Uno y'],
    texts: { '0/text': ' two three', '1/text': ' only', '2/text': ' dos', '3/text': ' cuatro' },
  },
  {
    name: 'echo and the older log probabilities, whole',
    request: { model: 'm', prompt: 'The sky', echo: true, logprobs: 2, best_of: 3, max_tokens: 2 },
    reply: reply([
      choice(0, 'The sky is blue', 'length', {
        logprobs: {
          tokens: ['The', ' sky', ' is', ' blue'],
          token_logprobs: [null, -3.1, -0.2, -0.4],
          top_logprobs: [
            null,
            { ' sky': -3.1, ' end': -2 },
            { ' is': -0.2, ' was': -1.9 },
            { ' blue': -0.4 },
          ],
          text_offset: [0, 3, 7, 10],
        },
      }),
    ]),
    segments: ['User/user text: The sky'],
    texts: { '0/text': 'The sky is blue' },
  },
  {
    name: "a suffix, a schema, and vLLM's token ids, whole",
    request: {
      model: 'm',
      prompt: 'def f(',
      suffix: 'return x',
      guided_json: { type: 'object', properties: { age: { type: 'integer' } } },
    },
    reply: reply(
      [
        choice(0, '{"age":3}', 'stop', {
          stop_reason: null,
          prompt_logprobs: [{ '12': { decoded_token: 'def', logprob: -1 } }],
          token_ids: [5, 6],
        }),
      ],
      { prompt_token_ids: [1, 2] },
    ),
    structured: true,
    segments: ['User/system tool_definition: age', 'User/user text: return x', 'User/user text: def f('],
    texts: { '0/text': '{"age":3}' },
    goesOut: reply([choice(0, '{"age":3}', 'stop', { stop_reason: null })]),
  },
  {
    name: "llama.cpp's newer log probabilities, whole",
    request: { model: 'm', prompt: 'Hi', logprobs: 1, grammar: 'root ::= "yes" | "no"' },
    reply: reply([
      choice(0, 'yes', 'stop', {
        logprobs: {
          content: [
            {
              id: 9,
              token: 'yes',
              bytes: [121],
              logprob: -0.1,
              top_logprobs: [{ token: 'no', logprob: -2 }],
            },
          ],
        },
      }),
    ]),
    structured: true,
    segments: ['User/user text: Hi', 'User/user other: root ::= "yes" | "no"'],
    texts: { '0/text': 'yes' },
  },
];
