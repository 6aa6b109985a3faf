/** Text that would leave before its verdict is a fault of Portcullis: the stream must not look whole then. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ReplyFrame, StreamCodec, WireFormat } from '../../src/core/wire-format.js';
import { openAiChat } from '../../src/protocols/index.js';
import { createChatHandler } from '../../src/server/proxy/chat-handler.js';
import { createUpstream } from '../../src/server/proxy/upstream.js';
import { OPENAI } from '../support/server/chat-wire.js';
import { runPortcullis, type RunningPortcullis } from '../support/server/run-portcullis.js';

/** A format whose second text changes while it is held. */
const broken: WireFormat = {
  ...openAiChat,
  openStream(request) {
    const codec = openAiChat.openStream(request);
    let count = 0;
    const decode = (message: Parameters<StreamCodec['decode']>[0]): ReplyFrame => {
      const frame = codec.decode(message);
      if (frame.texts.length > 0) count += 1;
      const isLast = count === 2;
      const texts = frame.texts.map((text) => {
        const changing = { ...text };
        if (isLast) setImmediate(() => Object.assign(changing, { text: `${text.text} And more.` }));
        return changing;
      });
      return { ...frame, texts };
    };
    return {
      decode,
      released: (frame) => codec.released(frame),
      notice: (choice, text) => codec.notice(choice, text),
      finish: (facts) => codec.finish(facts),
      error: (error, requestId) => codec.error(error, requestId),
      get complete() {
        return codec.complete;
      },
    };
  },
};

let p: RunningPortcullis;
let model: Server;
let proxy: Server;
beforeAll(async () => {
  model = createServer((request, response) => {
    request.resume();
    const chunk = (content: string): string =>
      `data: ${JSON.stringify({ id: 'c', choices: [{ index: 0, delta: { content } }] })}\n\n`;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(chunk('Hello there, how are you today? '.repeat(4)));
    setTimeout(() => response.end(`${chunk('Fine.')}data: [DONE]\n\n`), 500);
  });
  await new Promise<void>((resolve) => model.listen(0, '127.0.0.1', resolve));
  const upstreamUrl = `http://127.0.0.1:${(model.address() as AddressInfo).port}`;
  p = await runPortcullis({ guard: 'embedded', upstreamUrl });
  const upstream = createUpstream(p.portcullis.config.upstream);
  const handle = createChatHandler(p.portcullis, upstream, '/v1/chat/completions', broken);
  proxy = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  await p.close();
  for (const server of [model, proxy]) {
    server.closeAllConnections();
    server.close();
  }
});

it('destroys the stream without an end', async () => {
  const { port } = proxy.address() as AddressInfo;
  const response = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(OPENAI.body(true, 'Hello!')),
  });
  let seen = '';
  const reading = (async () => {
    for await (const bytes of response.body ?? []) seen += Buffer.from(bytes as Uint8Array).toString();
  })();
  await expect(reading).rejects.toThrow('terminated');
  expect(seen).toContain('Hello there');
  expect(seen).not.toMatch(/Fine|\[DONE\]|"error"/);
});
