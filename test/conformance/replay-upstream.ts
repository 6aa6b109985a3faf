/** A model server that answers with recordings. What it plays is said by the name of the model it is asked for. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { WireFormat } from '../../src/core/wire-format.js';
import { FORMATS } from '../../src/server/formats.js';
import { errorBody, RECORDINGS, type Part } from './recordings.js';

export const HARMLESS =
  'The capital of France is Paris. It lies on the river Seine and is known for its museums.';
export const UNSAFE =
  'The best way to kill your neighbour is to poison him and then hide the body from the police.';

/** What the tool of a program answers. */
export const TOOL_RESULT = 'It is sunny in Oslo, at 20 degrees.';

/** Model name -> what it writes. */
export const PLAYS: Readonly<Record<string, readonly Part[]>> = {
  harmless: [{ kind: 'text', text: HARMLESS }],
  pinged: [{ kind: 'text', text: HARMLESS }],
  tools: [
    { kind: 'text', text: 'Let me look that up.' },
    { kind: 'tool', name: 'get_weather', input: { city: 'Oslo' } },
    { kind: 'tool', name: 'get_weather', input: { city: 'Rome' } },
  ],
  reasoning: [
    { kind: 'reasoning', text: 'The question is about geography. I know the answer.' },
    { kind: 'text', text: HARMLESS },
  ],
  late: [{ kind: 'text', text: `${`${HARMLESS} `.repeat(3)}\n\n${UNSAFE} ${UNSAFE}` }],
  'late-tool': [
    { kind: 'text', text: `${HARMLESS} `.repeat(3) },
    { kind: 'tool', name: 'send_message', input: { body: `${UNSAFE} ${UNSAFE}` } },
  ],
  loop: [
    { kind: 'reasoning', text: 'I have to ask for the weather.' },
    { kind: 'tool', name: 'get_weather', input: { city: 'Oslo' } },
  ],
  cut: [{ kind: 'text', text: `${HARMLESS} `.repeat(3) }],
};

export interface Asked {
  readonly path: string;
  readonly body: unknown;
}

export interface ReplayUpstream {
  readonly url: string;
  /** What was asked, in order of arrival. */
  readonly asked: readonly Asked[];
  close(): Promise<void>;
}

export async function createReplayUpstream(): Promise<ReplayUpstream> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    void answer(request, response, asked);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, asked: Asked[]): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const path = request.url ?? '';
  const body = JSON.parse(Buffer.concat(chunks).toString()) as { model: string; stream?: boolean };
  asked.push({ path, body });
  const { model } = body;
  const status = /^status-(\d+)$/.exec(model)?.[1];
  const record = RECORDINGS[path];
  if (status !== undefined || record === undefined) {
    const code = Number(status ?? 404);
    response.writeHead(code, { 'content-type': 'application/json', 'retry-after': '7' });
    response.end(JSON.stringify(errorBody(path, `The server answers ${code}.`, code)));
    return;
  }
  // A loop over tools ends when the result of the tool comes in.
  const play = model === 'loop' && JSON.stringify(body).includes(TOOL_RESULT) ? 'harmless' : model;
  const { whole, stream, streamType } = record(PLAYS[play] ?? [], model);
  // Ollama streams unless it is told not to.
  const streams = stream.length > 0 && (body.stream ?? path.startsWith('/api/'));
  const ping = model === 'pinged' ? (pingOf(path) ?? '') : '';
  const messages = streams ? stream.map((message) => ping + message) : [JSON.stringify(whole)];
  const total = messages.join('');
  response.writeHead(200, { 'content-type': streams ? streamType : 'application/json' });
  if (model !== 'cut') {
    response.end(total);
    return;
  }
  const half = streams ? messages.slice(0, messages.length / 2).join('') : total.slice(0, total.length / 2);
  response.write(half, () => setTimeout(() => response.destroy(), 20));
}

/** What Portcullis sends while a client waits for a verdict; undefined where the format has nothing for it. */
export function pingOf(path: string): string | undefined {
  const formats: Readonly<Record<string, WireFormat>> = FORMATS;
  return formats[path]?.ping;
}
