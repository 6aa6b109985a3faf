/**
 * llama.cpp's `POST /tokenize`: text in, token ids out, with the pieces they stand for where asked. vLLM has
 * an endpoint of the same name, with `prompt` or `messages` for the text and `token_strs` for the pieces.
 */
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.js';
import type { ReplyFrame, WireFormat } from '../../core/wire-format.js';
import type { ConversationBuilder } from '../conversation-builder.js';
import { FrameBuilder, malformed, remove, requireObjectReply } from '../frame-builder.js';
import { errorBody } from '../llama-server/write.js';
import { readMessage } from '../openai-chat/message.js';
import { readMixed } from '../prompts.js';
import { createCaseCheck, field, isAbsent, kindOf, requireArray } from '../shape.js';
import { createUnstreamedFormat } from '../unstreamed.js';

const refuseCaseVariants = createCaseCheck([
  ...['content', 'add_special', 'parse_special', 'with_pieces', 'model', 'stream'],
  ...['prompt', 'messages', 'tools', 'chat_template', 'return_token_strs'],
]);

function read(builder: ConversationBuilder, body: JsonObject): void {
  refuseCaseVariants(body, '');
  const messages = field(body, 'messages');
  if (!isAbsent(messages)) {
    requireArray(messages, 'messages').forEach((message, index) => {
      readMessage(builder, message, `messages[${index}]`);
    });
  }
  // The server takes a request without text for one with an empty text.
  for (const name of ['content', 'prompt'])
    if (!isAbsent(field(body, name))) readMixed(builder, builder.turn('user'), body, name, '');
  builder.definitions(body, 'tools');
}

/** The ids are of the client's own text, which was judged; the pieces together are one text. */
function decodeReply(body: JsonValue): ReplyFrame {
  const json = requireObjectReply(body);
  const builder = new FrameBuilder(json);
  const isError = !isAbsent(field(json, 'error'));
  const tokens = field(json, 'tokens');
  if (Array.isArray(tokens)) {
    builder.takeRemovable({ choice: 0, channel: 'text', id: '0/pieces' }, readPieces(builder, tokens), () =>
      remove(json, 'tokens'),
    );
    if (tokens.every((token) => typeof token === 'number')) builder.coverage.cover(json, 'tokens');
  } else if (!isError) throw malformed(`tokens as ${kindOf(tokens)} instead of a list`);
  readTokenStrings(builder, json);
  builder.takeOther(json, 0);
  return { json, texts: builder.texts, finished: [0], isError };
}

function readTokenStrings(builder: FrameBuilder, json: JsonObject): void {
  const strings = field(json, 'token_strs');
  if (!Array.isArray(strings)) return;
  strings.forEach((piece, index) => {
    if (typeof piece === 'string') builder.coverage.cover(strings, index);
  });
  const spelled = strings.filter((piece) => typeof piece === 'string').join('');
  builder.takeRemovable({ choice: 0, channel: 'text', id: '0/token_strs' }, spelled, () =>
    remove(json, 'token_strs'),
  );
}

/** The text that the pieces spell; a piece is a string, or bytes where a token is no whole character. */
function readPieces(builder: FrameBuilder, tokens: readonly JsonValue[]): string {
  const bytes: Buffer[] = [];
  for (const token of tokens) {
    const piece = isJsonObject(token) ? field(token, 'piece') : undefined;
    if (!isJsonObject(token) || piece === undefined) continue;
    if (typeof piece === 'string') {
      bytes.push(Buffer.from(piece));
      builder.coverage.cover(token, 'piece');
    } else if (Array.isArray(piece))
      bytes.push(Buffer.from(piece.filter((byte) => typeof byte === 'number')));
  }
  return Buffer.concat(bytes).toString();
}

export function createLlamaTokenize(): WireFormat {
  return createUnstreamedFormat({
    id: 'llama-tokenize',
    framing: 'sse',
    read,
    decodeReply,
    error: errorBody,
  });
}
