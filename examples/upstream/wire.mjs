/**
 * How a model's reply looks on the wire: OpenAI's chat completions (SSE) and Ollama's chat and generate
 * (NDJSON), whole and in pieces. Both example upstreams (`scripted.mjs`, `gguf.mjs`) speak through it.
 *
 * A reply is a list of parts, in the order a model writes them:
 *   { kind: 'reasoning' | 'text' | 'refusal', text } or { kind: 'tool', name, arguments: object }
 */
import { ANTHROPIC_PATHS, anthropicError } from './anthropic-wire.mjs';

/** The chat endpoints and their formats. Usage is `{ prompt, completion, context? }`, in tokens. */
export const CHAT_PATHS = {
  '/v1/chat/completions': 'openai-chat',
  '/api/chat': 'ollama-chat',
  '/api/generate': 'ollama-generate',
};

/** An error body as the API that owns `path` writes it. */
export function errorBody(path, message, code = null) {
  if (path.startsWith('/api/')) return { error: message };
  if (Object.hasOwn(ANTHROPIC_PATHS, path)) return anthropicError(message);
  return { error: { message, type: 'upstream_error', param: null, code } };
}

/** The bodies of the GET endpoints that list the models, or undefined for other paths. */
export function listing(path, model) {
  const details = { format: 'gguf', family: 'llama', parameter_size: '8B', quantization_level: 'Q4_0' };
  const entry = { name: model, model, modified_at: '2024-04-18T00:00:00Z', size: 1, digest: '0', details };
  switch (path) {
    case '/v1/models':
      return { object: 'list', data: [{ id: model, object: 'model', created: 0, owned_by: 'example' }] };
    case '/api/tags':
      return { models: [entry] };
    case '/api/ps':
      return { models: [{ ...entry, expires_at: '2099-01-01T00:00:00Z', size_vram: 0 }] };
    case '/api/version':
      return { version: '0.0.0-example' };
    default:
      return undefined;
  }
}

/**
 * An encoder for one reply.
 *
 * @param format one of the values of CHAT_PATHS
 * @param body the request's parsed body
 * @param model the model's name in the reply when the request names none
 * @returns the pieces of the format, as JSON messages; `frame` turns a message into bytes of the stream
 */
export function createEncoder(format, body, model) {
  const name = typeof body.model === 'string' ? body.model : model;
  return format === 'openai-chat' ? openaiEncoder(body, name) : ollamaEncoder(format, name);
}

function openaiEncoder(body, model) {
  const base = { id: `chatcmpl-${Date.now().toString(36)}`, created: Math.floor(Date.now() / 1000), model };
  const withUsage = body.stream_options?.include_usage === true;
  const chunk = (choices, extra = {}) => ({ ...base, object: 'chat.completion.chunk', choices, ...extra });
  const choice = (index, delta, text) => [
    {
      index,
      delta,
      ...(body.logprobs === true && text !== undefined && { logprobs: logprobs(text) }),
      finish_reason: null,
    },
  ];
  return {
    contentType: 'text/event-stream; charset=utf-8',
    frame: (message) => `data: ${JSON.stringify(message)}\n\n`,
    terminator: 'data: [DONE]\n\n',
    /** The messages that open a choice. */
    open: (index) => [chunk(choice(index, { role: 'assistant', content: '' }))],
    /** The messages that carry one piece of a part; `position` is the part's place among the tool calls. */
    piece: (index, part, position) => {
      if (part.kind !== 'tool') return [chunk(choice(index, openaiText(part), part.text))];
      const call = { index: position, ...openaiCall(part, position) };
      const args = call.function.arguments;
      const half = Math.ceil(args.length / 2);
      return [
        { ...call, function: { ...call.function, arguments: '' } },
        { index: position, function: { arguments: args.slice(0, half) } },
        { index: position, function: { arguments: args.slice(half) } },
      ].map((tool_call) => chunk(choice(index, { tool_calls: [tool_call] })));
    },
    close: (index, finish) => [chunk([{ index, delta: {}, finish_reason: finish }])],
    tail: (usage) => (withUsage ? [chunk([], { usage: openaiUsage(usage) })] : []),
    error: (message) => errorBody('/v1/', message),
    whole: (replies, usage) => ({
      ...base,
      object: 'chat.completion',
      choices: replies.map(({ parts, finish }, index) => {
        const calls = parts.filter((part) => part.kind === 'tool').map(openaiCall);
        const message = { role: 'assistant', content: joined(parts, 'text') ?? null };
        const reasoning = joined(parts, 'reasoning');
        return {
          index,
          message: {
            ...message,
            refusal: joined(parts, 'refusal') ?? null,
            ...(reasoning !== undefined && { reasoning_content: reasoning }),
            ...(calls.length > 0 && { tool_calls: calls }),
          },
          logprobs: body.logprobs === true ? logprobs(message.content ?? '') : null,
          finish_reason: finish,
        };
      }),
      usage: openaiUsage(usage),
    }),
  };
}

function openaiText(part) {
  if (part.kind === 'reasoning') return { reasoning_content: part.text };
  return part.kind === 'refusal' ? { refusal: part.text } : { content: part.text };
}

const openaiCall = (part, position) => ({
  id: `call_${position}`,
  type: 'function',
  function: { name: part.name, arguments: JSON.stringify(part.arguments) },
});

const openaiUsage = ({ prompt, completion }) => ({
  prompt_tokens: prompt,
  completion_tokens: completion,
  total_tokens: prompt + completion,
});

/** Words stand in for tokens; the numbers mean nothing, but the text is there, as with a real model. */
function logprobs(text) {
  const tokens = text.match(/\s*\S+|\s+$/gu) ?? [];
  return {
    content: tokens.map((token) => ({
      token,
      logprob: -0.5,
      bytes: [...Buffer.from(token)],
      top_logprobs: [{ token, logprob: -0.5, bytes: [...Buffer.from(token)] }],
    })),
    refusal: null,
  };
}

function ollamaEncoder(format, model) {
  const message = (fields, done = false) => ({
    model,
    created_at: new Date().toISOString(),
    ...fields,
    done,
  });
  const fieldsOf = (parts) => {
    const text = joined(parts.filter((part) => part.kind !== 'reasoning' && part.kind !== 'tool')) ?? '';
    const thinking = joined(parts, 'reasoning');
    const calls = parts.filter((part) => part.kind === 'tool');
    const extra = {
      ...(thinking !== undefined && { thinking }),
      ...(calls.length > 0 && {
        tool_calls: calls.map((part) => ({ function: { name: part.name, arguments: part.arguments } })),
      }),
    };
    if (format === 'ollama-generate') return { response: text, ...extra };
    return { message: { role: 'assistant', content: text, ...extra } };
  };
  const ending = (finish, { prompt, completion, context }) => ({
    done_reason: finish === 'length' ? 'length' : 'stop',
    ...(format === 'ollama-generate' && context !== undefined && { context }),
    total_duration: 1_000_000,
    load_duration: 0,
    prompt_eval_count: prompt,
    prompt_eval_duration: 500_000,
    eval_count: completion,
    eval_duration: 500_000,
  });
  let finished = 'stop';
  return {
    contentType: 'application/x-ndjson',
    frame: (json) => JSON.stringify(json) + '\n',
    terminator: '',
    open: () => [],
    piece: (_index, part) => [message(fieldsOf([part]))],
    close: (_index, finish) => {
      finished = finish;
      return [];
    },
    tail: (usage) => [message({ ...fieldsOf([]), ...ending(finished, usage) }, true)],
    error: (text) => errorBody('/api/', text),
    whole: ([reply], usage) => message({ ...fieldsOf(reply.parts), ...ending(reply.finish, usage) }, true),
  };
}

/** The texts of the parts of one kind (of all kinds when none is named), or undefined without any. */
function joined(parts, kind) {
  const texts = parts.filter((part) => kind === undefined || part.kind === kind).map((part) => part.text);
  return texts.length > 0 ? texts.join('') : undefined;
}
