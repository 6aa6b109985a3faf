/** Exchanges in the shapes that OpenAI, vLLM, Ollama and llama.cpp document for embeddings; texts are our own. */
import type { JsonObject } from '../../../src/core/json.js';
import type { Exchange } from '../../support/wire/exchange.js';

export const VECTOR = [0.0023, -0.0093, 0.0157, -0.0076, 0.1, -0.25, 0, 1];
/** The same numbers as 32-bit floats, little-endian, in base64. */
export const BASE64 = Buffer.from(Float32Array.from(VECTOR).buffer).toString('base64');

const openAi = (data: JsonObject[]): JsonObject => ({
  object: 'list',
  data,
  model: 'text-embedding-3-small',
  usage: { prompt_tokens: 8, total_tokens: 8 },
});
const embedding = (index: number, vector: JsonObject[string], more: JsonObject = {}): JsonObject => ({
  object: 'embedding',
  index,
  embedding: vector,
  ...more,
});
const all = { structured: true, texts: {} };

export const OPENAI_EMBEDDINGS: readonly Exchange[] = [
  {
    ...all,
    name: 'a string',
    request: { model: 'text-embedding-3-small', input: 'The food was delicious.', encoding_format: 'float' },
    reply: openAi([embedding(0, VECTOR)]),
    segments: ['User/user text: The food was delicious.'],
  },
  {
    ...all,
    name: 'a list of strings, in base64',
    request: {
      model: 'm',
      input: ['One text', 'another text'],
      encoding_format: 'base64',
      dimensions: 8,
      user: 'user-1',
      truncate_prompt_tokens: 100,
    },
    reply: openAi([embedding(0, BASE64), embedding(1, BASE64, { encoding_format: 'base64' })]),
    segments: ['User/user text: One text', 'User/user text: another text'],
  },
  {
    ...all,
    name: 'a chat, as vLLM takes it',
    request: { model: 'm', messages: [{ role: 'user', content: [{ type: 'text', text: 'A chat' }] }] },
    reply: openAi([embedding(0, VECTOR)]),
    segments: ['User/user text: A chat'],
  },
  {
    ...all,
    name: 'an error',
    request: { model: 'm', input: 'x' },
    reply: { error: { message: 'The model is not there.', type: 'invalid_request_error', code: null } },
    segments: ['User/user text: x'],
    texts: {
      '0/other/error.message': 'The model is not there.',
      '0/other/error.type': 'invalid_request_error',
    },
  },
];

export const OLLAMA_EMBED: readonly Exchange[] = [
  {
    ...all,
    name: 'a string',
    request: {
      model: 'all-minilm',
      input: 'Why is the sky blue?',
      options: { num_ctx: 512 },
      keep_alive: '5m',
    },
    reply: { model: 'all-minilm', embeddings: [VECTOR], total_duration: 14_143_917, prompt_eval_count: 8 },
    segments: ['User/user text: Why is the sky blue?'],
  },
  {
    ...all,
    name: 'a list of strings',
    request: { model: 'all-minilm', input: ['Why blue?', 'Why green?'], truncate: true },
    reply: { model: 'all-minilm', embeddings: [VECTOR, VECTOR] },
    segments: ['User/user text: Why blue?', 'User/user text: Why green?'],
  },
  {
    ...all,
    name: 'nothing but a model to load',
    request: { model: 'all-minilm' },
    reply: { model: 'all-minilm', embeddings: [] },
    segments: [],
  },
];

export const OLLAMA_EMBEDDINGS: readonly Exchange[] = [
  {
    ...all,
    name: 'a prompt',
    request: { model: 'all-minilm', prompt: 'An article about llamas.' },
    reply: { embedding: VECTOR },
    segments: ['User/user text: An article about llamas.'],
  },
];

export const LLAMA_EMBEDDING: readonly Exchange[] = [
  {
    ...all,
    name: 'content, answered by an array of vectors for each token',
    request: { content: 'A text', embd_normalize: 2 },
    reply: [{ index: 0, embedding: [VECTOR, VECTOR] }],
    segments: ['User/user text: A text'],
  },
  {
    ...all,
    name: 'several inputs',
    request: { input: ['A text', 'B text'] },
    reply: [
      { index: 0, embedding: [VECTOR] },
      { index: 1, embedding: [VECTOR] },
    ],
    segments: ['User/user text: A text', 'User/user text: B text'],
  },
  {
    ...all,
    name: 'content with a picture, answered by an older server',
    request: { content: { prompt_string: 'See <__media__>', multimodal_data: ['aGVsbG8='] } },
    reply: { embedding: VECTOR },
    segments: ['User/user text: See <__media__>'],
    unjudged: [{ kind: 'file', path: 'content.multimodal_data[0]' }],
  },
];
