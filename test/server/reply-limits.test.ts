/** How large a whole reply may be: one of text is held and judged, one of numbers only held. */
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/core/json.js';
import type { WireFormat } from '../../src/core/wire-format.js';
import { ollamaEmbed, openAiChat, openAiEmbeddings } from '../../src/protocols/index.js';
import { wholeFrame } from '../../src/server/proxy/reply-frames.js';
import { createBody } from '../../src/server/proxy/upstream-body.js';

const MEGABYTE = Buffer.alloc(1024 * 1024, ' ');

/** A reply with so much white space before it. */
function read(format: WireFormat, request: JsonObject, megabytes: number, reply: JsonObject) {
  const writer = createBody({ onDrain: () => undefined, onReturn: () => undefined });
  for (let count = 0; count < megabytes; count += 1) writer.push(MEGABYTE);
  writer.push(Buffer.from(JSON.stringify(reply)));
  writer.end();
  const { body } = writer;
  const response = { status: 200, contentType: '', retryAfter: undefined, body };
  const ends = { discard: () => undefined, release: () => undefined };
  return wholeFrame({ ...response, ...ends }, format, format.decodeRequest(request));
}

describe('a whole reply', () => {
  it('of text has at most 32 MiB', async () => {
    const request = { messages: [{ role: 'user', content: 'Hi.' }] };
    const reply = { choices: [{ index: 0, message: { content: 'Hi.' } }] };
    expect((await read(openAiChat, request, 31, reply)).texts).toHaveLength(1);
    await expect(read(openAiChat, request, 32, reply)).rejects.toThrow(/more than 33554432 bytes/);
  });

  it('of numbers has more', async () => {
    const openAi = { data: [{ embedding: [0.5] }] };
    expect((await read(openAiEmbeddings, { input: 'Hi.' }, 40, openAi)).texts).toEqual([]);
    expect((await read(ollamaEmbed, { input: 'Hi.' }, 40, { embeddings: [[0.5]] })).texts).toEqual([]);
    await expect(read(ollamaEmbed, { input: 'Hi.' }, 128, { embeddings: [[0.5]] })).rejects.toThrow(
      /more than 134217728 bytes/,
    );
  });
});
