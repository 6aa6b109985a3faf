/**
 * How a model's reply looks on the wire of Anthropic's messages, whole and as named server-sent events. Replies
 * and encoders are as in `wire.mjs`. A refusal is plain text, as with Ollama.
 */

/** The endpoint and its format. */
export const ANTHROPIC_PATHS = { '/v1/messages': 'anthropic-messages' };

export const anthropicError = (message) => ({ type: 'error', error: { type: 'api_error', message } });

/** As `createEncoder` of `wire.mjs`; one encoder is for one reply. */
export function createAnthropicEncoder(body, fallbackModel) {
  const message = {
    id: `msg_${Date.now().toString(36)}`,
    type: 'message',
    role: 'assistant',
    model: typeof body.model === 'string' ? body.model : fallbackModel,
  };
  const open = { ...message, content: [], stop_reason: null, stop_sequence: null };
  let position = -1;
  let openKind;
  let finished = 'stop';

  /** Ends the block that is open, if any. */
  const stop = () => {
    const ended = openKind === undefined ? [] : [{ type: 'content_block_stop', index: position }];
    openKind = undefined;
    return ended;
  };
  const start = (kind, content_block) => {
    const before = stop();
    openKind = kind;
    position += 1;
    return [...before, { type: 'content_block_start', index: position, content_block }];
  };
  const delta = (fields) => ({ type: 'content_block_delta', index: position, delta: fields });

  return {
    contentType: 'text/event-stream; charset=utf-8',
    frame: (event) => `event: ${event.type ?? 'message'}\ndata: ${JSON.stringify(event)}\n\n`,
    terminator: '',
    open: () => [
      { type: 'message_start', message: { ...open, usage: { input_tokens: 0, output_tokens: 0 } } },
    ],
    piece: (_index, part, calls) => {
      if (part.kind === 'tool') {
        const { input, ...block } = toolBlock(part, calls);
        const json = JSON.stringify(input);
        const half = Math.ceil(json.length / 2);
        const halves = [json.slice(0, half), json.slice(half)];
        return [
          ...start('tool', { ...block, input: {} }),
          ...halves.map((partial_json) => delta({ type: 'input_json_delta', partial_json })),
          ...stop(),
        ];
      }
      if (part.kind === 'reasoning') {
        const opened =
          openKind === 'thinking' ? [] : start('thinking', { type: 'thinking', thinking: '', signature: '' });
        return [...opened, delta({ type: 'thinking_delta', thinking: part.text })];
      }
      const opened = openKind === 'text' ? [] : start('text', { type: 'text', text: '' });
      return [...opened, delta({ type: 'text_delta', text: part.text })];
    },
    close: (_index, finish) => {
      finished = finish;
      return stop();
    },
    tail: ({ prompt, completion }) => [
      {
        type: 'message_delta',
        delta: { stop_reason: stopReason(finished), stop_sequence: null },
        usage: { input_tokens: prompt, output_tokens: completion },
      },
      { type: 'message_stop' },
    ],
    error: anthropicError,
    whole: ([reply], { prompt, completion }) => ({
      ...message,
      content: blocks(reply.parts),
      stop_reason: stopReason(reply.finish),
      stop_sequence: null,
      usage: { input_tokens: prompt, output_tokens: completion },
    }),
  };
}

function blocks(parts) {
  let calls = 0;
  return parts.map((part) => {
    if (part.kind === 'tool') return toolBlock(part, calls++);
    if (part.kind === 'reasoning') return { type: 'thinking', thinking: part.text, signature: '' };
    return { type: 'text', text: part.text };
  });
}

const toolBlock = (part, call) => ({
  type: 'tool_use',
  id: `toolu_${call}`,
  name: part.name,
  input: part.arguments,
});

function stopReason(finish) {
  if (finish === 'tool_calls') return 'tool_use';
  return finish === 'length' ? 'max_tokens' : 'end_turn';
}
