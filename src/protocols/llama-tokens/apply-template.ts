/** llama.cpp's `POST /apply-template`: a chat as OpenAI's API has it, rendered as the model reads it. */
import type { WireFormat } from '../../core/wire-format.js';
import { errorBody } from '../llama-server/write.js';
import { decodeRequest } from '../openai-chat/request.js';
import { createUnstreamedFormat } from '../unstreamed.js';
import { decodeTextReply } from './text-reply.js';

export function createLlamaApplyTemplate(): WireFormat {
  const format = createUnstreamedFormat({
    id: 'llama-apply-template',
    framing: 'sse',
    read: () => undefined,
    decodeReply: (body) => decodeTextReply(body, 'prompt'),
    error: errorBody,
  });
  return {
    ...format,
    // Nothing streams here, and a program goes on with the prompt: no refusal may stand in its place.
    decodeRequest: (body) => ({ ...decodeRequest(body), stream: false, choices: 1, structured: true }),
  };
}
