/**
 * How a model's reply looks on the wire of endpoints that complete plain text: OpenAI's legacy completions and
 * llama.cpp's own `/completion`, both server-sent events. Replies and encoders are as in `wire.mjs`; these
 * formats have room for text only, so other parts are left out.
 */

/** The endpoints and their formats. */
export const PLAIN_PATHS = {
  '/v1/completions': 'openai-completions',
  '/completion': 'llama-completion',
  '/completions': 'llama-completion',
};

/** As `createEncoder`, for one of the values of PLAIN_PATHS. */
export function createPlainEncoder(format, body, model) {
  const name = typeof body.model === 'string' ? body.model : model;
  return format === 'openai-completions' ? openaiEncoder(name) : llamaEncoder(body, name);
}

const frame = (message) => `data: ${JSON.stringify(message)}\n\n`;
const contentType = 'text/event-stream; charset=utf-8';
const textOf = ({ parts }) => parts.map((part) => (part.kind === 'text' ? part.text : '')).join('');

function openaiEncoder(model) {
  const base = {
    id: `cmpl-${Date.now().toString(36)}`,
    object: 'text_completion',
    created: Math.floor(Date.now() / 1000),
    model,
  };
  const choice = (index, text, finish_reason) => ({ index, text, logprobs: null, finish_reason });
  return {
    contentType,
    frame,
    terminator: 'data: [DONE]\n\n',
    open: () => [],
    piece: (index, part) =>
      part.kind === 'text' ? [{ ...base, choices: [choice(index, part.text, null)] }] : [],
    close: (index, finish) => [{ ...base, choices: [choice(index, '', finish)] }],
    tail: () => [],
    error: (message) => ({ error: { message, type: 'upstream_error', param: null, code: null } }),
    whole: (replies, { prompt, completion }) => ({
      ...base,
      choices: replies.map((reply, index) => choice(index, textOf(reply), reply.finish)),
      usage: { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion },
    }),
  };
}

function llamaEncoder(body, model) {
  const last = (content, finish, { prompt, completion }) => ({
    index: 0,
    content,
    tokens: [],
    id_slot: 0,
    stop: true,
    model,
    tokens_predicted: completion,
    tokens_evaluated: prompt,
    generation_settings: { n_predict: -1, samplers: ['top_k', 'temperature'], stop: [] },
    prompt: `<|begin_of_text|>${body.prompt}`,
    truncated: false,
    stop_type: finish === 'length' ? 'limit' : 'eos',
    stopping_word: '',
    tokens_cached: 0,
  });
  let finished = 'stop';
  return {
    contentType,
    frame,
    terminator: '',
    open: () => [],
    piece: (index, part) =>
      part.kind === 'text' ? [{ index, content: part.text, tokens: [7, 8], stop: false, id_slot: 0 }] : [],
    close: (_index, finish) => {
      finished = finish;
      return [];
    },
    tail: (usage) => [last('', finished, usage)],
    error: (message) => ({ error: { code: 500, message, type: 'server_error' } }),
    whole: ([reply], usage) => last(textOf(reply), reply.finish, usage),
  };
}
