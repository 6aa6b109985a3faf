/**
 * What model servers answer, in the shapes that their documentation gives: the same parts in every format.
 * Ids and times are fixed, so that two runs can be compared word by word.
 */

export type Part =
  | { readonly kind: 'text' | 'reasoning'; readonly text: string }
  | { readonly kind: 'tool'; readonly name: string; readonly input: Readonly<Record<string, unknown>> };

export interface Recording {
  readonly whole: object;
  /** The stream, message by message, as it stands on the wire. */
  readonly stream: readonly string[];
  readonly streamType: string;
}

export type Recorder = (parts: readonly Part[], model: string) => Recording;

const SSE = 'text/event-stream';
const NDJSON = 'application/x-ndjson';
const data = (json: object): string => `data: ${JSON.stringify(json)}\n\n`;
const named = (json: { readonly type: string; readonly [key: string]: unknown }): string =>
  `event: ${json.type}\n${data(json)}`;
const line = (json: object): string => JSON.stringify(json) + '\n';

/** A text as it streams: some characters at a time. */
const pieces = (text: string): string[] => text.match(/.{1,12}/gsu) ?? [];
const textOf = (parts: readonly Part[], kind: 'text' | 'reasoning'): string =>
  parts.map((part) => (part.kind === kind ? part.text : '')).join('');
const toolsOf = (parts: readonly Part[]): Extract<Part, { kind: 'tool' }>[] =>
  parts.flatMap((part) => (part.kind === 'tool' ? [part] : []));

const USAGE = { prompt_tokens: 9, completion_tokens: 20, total_tokens: 29 };

/** OpenAI's chat completions, with reasoning as llama.cpp and vLLM name it. */
export const openAiChat: Recorder = (parts, model) => {
  const head = { id: 'chatcmpl-1', created: 1_700_000_000, model, system_fingerprint: 'fp_1' };
  const reasoning = textOf(parts, 'reasoning');
  const calls = toolsOf(parts).map(({ name, input }, index) => ({
    id: `call_${index}`,
    type: 'function',
    function: { name, arguments: JSON.stringify(input) },
  }));
  const finish = calls.length > 0 ? 'tool_calls' : 'stop';
  const chunk = (delta: object, finishReason: string | null = null): string =>
    data({
      ...head,
      object: 'chat.completion.chunk',
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
    });
  return {
    whole: {
      ...head,
      object: 'chat.completion',
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: textOf(parts, 'text'),
            refusal: null,
            ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
            ...(calls.length === 0 ? {} : { tool_calls: calls }),
          },
          logprobs: null,
          finish_reason: finish,
        },
      ],
      usage: USAGE,
    },
    streamType: SSE,
    stream: [
      chunk({ role: 'assistant', content: '' }),
      ...pieces(reasoning).map((text) => chunk({ reasoning_content: text })),
      ...pieces(textOf(parts, 'text')).map((content) => chunk({ content })),
      ...calls.flatMap(({ id, type, function: { name, arguments: input } }, index) => [
        chunk({ tool_calls: [{ index, id, type, function: { name, arguments: '' } }] }),
        ...pieces(input).map((piece) => chunk({ tool_calls: [{ index, function: { arguments: piece } }] })),
      ]),
      chunk({}, finish),
      data({ ...head, object: 'chat.completion.chunk', choices: [], usage: USAGE }),
      'data: [DONE]\n\n',
    ],
  };
};

/** OpenAI's older completions. */
export const openAiCompletions: Recorder = (parts, model) => {
  const head = { id: 'cmpl-1', object: 'text_completion', created: 1_700_000_000, model };
  const text = textOf(parts, 'text');
  const choice = (piece: string, finish: string | null): object => ({
    ...head,
    choices: [{ text: piece, index: 0, logprobs: null, finish_reason: finish }],
  });
  return {
    whole: { ...choice(text, 'stop'), usage: USAGE },
    streamType: SSE,
    stream: [
      ...pieces(text).map((piece) => data(choice(piece, null))),
      data(choice('', 'stop')),
      'data: [DONE]\n\n',
    ],
  };
};

/** OpenAI's responses. */
export const openAiResponses: Recorder = (parts, model) => {
  let sequence = 0;
  const stream: string[] = [];
  const send = (type: string, more: object): void => {
    stream.push(named({ type, sequence_number: sequence++, ...more }));
  };
  const response = (status: string, output: readonly object[]): object => ({
    id: 'resp_1',
    object: 'response',
    created_at: 1_700_000_000,
    model,
    status,
    error: null,
    incomplete_details: null,
    instructions: null,
    metadata: {},
    output,
    parallel_tool_calls: true,
    temperature: 1,
    tool_choice: 'auto',
    tools: [],
    top_p: 1,
    usage:
      status === 'completed'
        ? {
            input_tokens: 9,
            input_tokens_details: { cached_tokens: 0 },
            output_tokens: 20,
            output_tokens_details: { reasoning_tokens: 0 },
            total_tokens: 29,
          }
        : null,
  });
  send('response.created', { response: response('in_progress', []) });
  send('response.in_progress', { response: response('in_progress', []) });
  const output = parts.map((part, index) => {
    const place = { output_index: index };
    if (part.kind === 'tool') {
      const item = {
        id: `fc_${index}`,
        type: 'function_call',
        call_id: `call_${index}`,
        name: part.name,
        arguments: JSON.stringify(part.input),
        status: 'completed',
      };
      const at = { ...place, item_id: item.id };
      send('response.output_item.added', {
        ...place,
        item: { ...item, arguments: '', status: 'in_progress' },
      });
      for (const delta of pieces(item.arguments))
        send('response.function_call_arguments.delta', { ...at, delta });
      send('response.function_call_arguments.done', { ...at, name: item.name, arguments: item.arguments });
      send('response.output_item.done', { ...place, item });
      return item;
    }
    const { text } = part;
    if (part.kind === 'reasoning') {
      const item = { id: `rs_${index}`, type: 'reasoning', summary: [{ type: 'summary_text', text }] };
      const at = { ...place, item_id: item.id, summary_index: 0 };
      send('response.output_item.added', { ...place, item: { ...item, summary: [] } });
      send('response.reasoning_summary_part.added', { ...at, part: { type: 'summary_text', text: '' } });
      for (const delta of pieces(text)) send('response.reasoning_summary_text.delta', { ...at, delta });
      send('response.reasoning_summary_text.done', { ...at, text });
      send('response.reasoning_summary_part.done', { ...at, part: { type: 'summary_text', text } });
      send('response.output_item.done', { ...place, item });
      return item;
    }
    const content = { type: 'output_text', text, annotations: [], logprobs: [] };
    const item = {
      id: `msg_${index}`,
      type: 'message',
      role: 'assistant',
      status: 'completed',
      content: [content],
    };
    const at = { ...place, item_id: item.id, content_index: 0 };
    send('response.output_item.added', { ...place, item: { ...item, status: 'in_progress', content: [] } });
    send('response.content_part.added', { ...at, part: { ...content, text: '' } });
    for (const delta of pieces(text)) send('response.output_text.delta', { ...at, delta, logprobs: [] });
    send('response.output_text.done', { ...at, text, logprobs: [] });
    send('response.content_part.done', { ...at, part: content });
    send('response.output_item.done', { ...place, item });
    return item;
  });
  send('response.completed', { response: response('completed', output) });
  return { whole: response('completed', output), streamType: SSE, stream };
};

const COUNTS = {
  total_duration: 900,
  load_duration: 10,
  prompt_eval_count: 9,
  prompt_eval_duration: 100,
  eval_count: 20,
  eval_duration: 700,
};
const CREATED = '2025-01-02T03:04:05.678Z';

/** Ollama's chat. */
export const ollamaChat: Recorder = (parts, model) => {
  const message = (more: object): object => ({ role: 'assistant', content: '', ...more });
  const thinking = textOf(parts, 'reasoning');
  const calls = toolsOf(parts).map(({ name, input }) => ({ function: { name, arguments: input } }));
  const one = (more: object): string =>
    line({ model, created_at: CREATED, message: message(more), done: false });
  const end = { done: true, done_reason: 'stop', ...COUNTS };
  return {
    whole: {
      model,
      created_at: CREATED,
      message: message({
        content: textOf(parts, 'text'),
        ...(thinking === '' ? {} : { thinking }),
        ...(calls.length === 0 ? {} : { tool_calls: calls }),
      }),
      ...end,
    },
    streamType: NDJSON,
    stream: [
      ...pieces(thinking).map((piece) => one({ thinking: piece })),
      ...pieces(textOf(parts, 'text')).map((content) => one({ content })),
      ...calls.map((call) => one({ tool_calls: [call] })),
      line({ model, created_at: CREATED, message: message({}), ...end }),
    ],
  };
};

/** Ollama's generate. */
export const ollamaGenerate: Recorder = (parts, model) => {
  const thinking = textOf(parts, 'reasoning');
  const one = (more: object): string =>
    line({ model, created_at: CREATED, response: '', ...more, done: false });
  const end = { done: true, done_reason: 'stop', ...COUNTS };
  return {
    whole: {
      model,
      created_at: CREATED,
      response: textOf(parts, 'text'),
      ...(thinking === '' ? {} : { thinking }),
      ...end,
    },
    streamType: NDJSON,
    stream: [
      ...pieces(thinking).map((piece) => one({ thinking: piece })),
      ...pieces(textOf(parts, 'text')).map((response) => one({ response })),
      line({ model, created_at: CREATED, response: '', ...end }),
    ],
  };
};

/** Anthropic's messages. */
export const anthropicMessages: Recorder = (parts, model) => {
  const finish = toolsOf(parts).length > 0 ? 'tool_use' : 'end_turn';
  const blocks = parts.map((part, index) => {
    if (part.kind === 'tool')
      return { type: 'tool_use', id: `toolu_${index}`, name: part.name, input: part.input };
    if (part.kind === 'text') return { type: 'text', text: part.text };
    return { type: 'thinking', thinking: part.text, signature: 'EqQBCgIYAhIM1gbc'.repeat(20) };
  });
  const message = { id: 'msg_1', type: 'message', role: 'assistant', model };
  const streamed = blocks.flatMap((block, index) => {
    const delta = (more: object): string => named({ type: 'content_block_delta', index, delta: more });
    const begin = (content: object): string =>
      named({ type: 'content_block_start', index, content_block: content });
    const end = named({ type: 'content_block_stop', index });
    if (block.thinking !== undefined)
      return [
        begin({ type: 'thinking', thinking: '', signature: '' }),
        ...pieces(block.thinking).map((thinking) => delta({ type: 'thinking_delta', thinking })),
        delta({ type: 'signature_delta', signature: block.signature }),
        end,
      ];
    if (block.text !== undefined)
      return [
        begin({ type: 'text', text: '' }),
        ...pieces(block.text).map((text) => delta({ type: 'text_delta', text })),
        end,
      ];
    return [
      begin({ ...block, input: {} }),
      ...['', ...pieces(JSON.stringify(block.input))].map((piece) =>
        delta({ type: 'input_json_delta', partial_json: piece }),
      ),
      end,
    ];
  });
  return {
    whole: {
      ...message,
      content: blocks,
      stop_reason: finish,
      stop_sequence: null,
      usage: { input_tokens: 9, output_tokens: 20 },
    },
    streamType: SSE,
    stream: [
      named({
        type: 'message_start',
        message: {
          ...message,
          content: [],
          stop_reason: null,
          stop_sequence: null,
          usage: { input_tokens: 9, output_tokens: 1 },
        },
      }),
      named({ type: 'ping' }),
      ...streamed,
      named({
        type: 'message_delta',
        delta: { stop_reason: finish, stop_sequence: null },
        usage: { output_tokens: 20 },
      }),
      named({ type: 'message_stop' }),
    ],
  };
};

const VECTOR = [0.25, -0.5, 0.125, 1];
/** Answers of numbers, which do not stream. */
const numbers = (whole: (model: string) => object): Recorder => {
  return (_parts, model) => ({ whole: whole(model), streamType: SSE, stream: [] });
};

export const RECORDINGS: Readonly<Record<string, Recorder>> = {
  '/v1/chat/completions': openAiChat,
  '/v1/completions': openAiCompletions,
  '/v1/responses': openAiResponses,
  '/v1/messages': anthropicMessages,
  '/v1/messages/count_tokens': numbers(() => ({ input_tokens: 14 })),
  '/v1/embeddings': numbers((model) => ({
    object: 'list',
    data: [{ object: 'embedding', index: 0, embedding: VECTOR }],
    model,
    usage: { prompt_tokens: 5, total_tokens: 5 },
  })),
  '/api/chat': ollamaChat,
  '/api/generate': ollamaGenerate,
  '/api/embed': numbers((model) => ({
    model,
    embeddings: [VECTOR],
    total_duration: 900,
    load_duration: 10,
    prompt_eval_count: 5,
  })),
};

/** The error of each server, whatever went wrong. */
export function errorBody(path: string, message: string, status: number): object {
  if (path.startsWith('/api/')) return { error: message };
  if (path.startsWith('/v1/messages'))
    return {
      type: 'error',
      error: { type: status === 429 ? 'rate_limit_error' : 'api_error', message },
      request_id: 'req_1',
    };
  return { error: { message, type: 'server_error', param: null, code: `http_${status}` } };
}
