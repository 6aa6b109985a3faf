#!/usr/bin/env node
/**
 * A small upstream that serves a GGUF file on the CPU through node-llama-cpp, with OpenAI's and Ollama's
 * chat endpoints, streamed and not. For trying Portcullis on a real model without a model server; it
 * generates one reply at a time, calls no tools and is not made for more than one user.
 *
 *   node examples/upstream/gguf.mjs --model path/to/model.gguf --port 11434 [--threads 1] [--context 4096]
 *
 * Prints one line of JSON, `{"url":"http://127.0.0.1:11434","model":"model"}`, when it listens.
 *
 * The chat template is the file's own (`tokenizer.chat_template`). Honoured in requests: messages or
 * prompt and system, stream, max_tokens / max_completion_tokens / num_predict, temperature, top_p, seed,
 * stop. A client that goes away stops the generation.
 */
import { createServer } from 'node:http';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { LlamaChat, getLlama } from 'node-llama-cpp';
import { clientGone, listen, readBody, sendJson } from './http.mjs';
import { CHAT_PATHS, createEncoder, errorBody, listing } from './wire.mjs';

/** A request that cannot be served; the message goes to the client with status 400. */
class BadRequest extends Error {}

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    port: { type: 'string', default: '0' },
    threads: { type: 'string', default: '1' },
    context: { type: 'string', default: '4096' },
  },
});
if (values.model === undefined) {
  console.error('gguf upstream: say which file to serve: --model path/to/model.gguf');
  process.exit(2);
}

const name = basename(values.model, '.gguf');
const llama = await getLlama({ gpu: false, build: 'never', skipDownload: true });
const model = await llama.loadModel({ modelPath: values.model });
const context = await model.createContext({
  contextSize: Math.min(Number(values.context), model.trainContextSize),
  threads: Number(values.threads),
});
const sequence = context.getSequence();
const chat = new LlamaChat({ contextSequence: sequence });

/** The end of the queue: each generation waits for the one before it. */
let last = Promise.resolve();

/** Runs `work` when all earlier work has ended, unless the client has gone by then. */
function inTurn(signal, work) {
  const turn = last.then(() => {
    signal.throwIfAborted();
    return work();
  });
  last = turn.catch(() => undefined);
  return turn;
}

/** Generates one reply. @returns its text, why it ended and the tokens it took */
async function generate(history, options, signal, onText) {
  const before = sequence.tokenMeter.getState();
  const { response, metadata } = await chat.generateResponse(history, {
    ...options,
    signal,
    onTextChunk: onText,
  });
  const used = sequence.tokenMeter.diff(before);
  return {
    parts: [{ kind: 'text', text: response }],
    finish: metadata.stopReason === 'maxTokens' ? 'length' : 'stop',
    usage: { prompt: used.usedInputTokens, completion: used.usedOutputTokens },
  };
}

/** The chat as node-llama-cpp takes it: the turns so far and an empty reply to fill. */
function historyOf(body) {
  const messages = Array.isArray(body.messages)
    ? body.messages
    : [
        ...(typeof body.system === 'string' ? [{ role: 'system', content: body.system }] : []),
        { role: 'user', content: body.prompt },
      ];
  const history = messages.map(({ role, content }, i) => {
    const text = Array.isArray(content) ? content.map((part) => part.text).join('') : content;
    if (typeof text !== 'string') throw new BadRequest(`messages[${i}] has no text`);
    if (role === 'system' || role === 'developer') return { type: 'system', text };
    return role === 'assistant' ? { type: 'model', response: [text] } : { type: 'user', text };
  });
  return [...history, { type: 'model', response: [] }];
}

function optionsOf(body) {
  const from = { ...body, ...body.options };
  const stop = from.stop === undefined || from.stop === null ? [] : [from.stop].flat();
  return {
    maxTokens: from.max_completion_tokens ?? from.max_tokens ?? from.num_predict ?? 512,
    temperature: from.temperature ?? 0,
    topP: from.top_p ?? 1,
    ...(from.seed !== undefined && { seed: from.seed }),
    customStopTriggers: stop,
  };
}

async function answer(format, body, response) {
  if ((body.n ?? 1) !== 1) throw new BadRequest('this upstream generates one choice: n must be 1');
  const encoder = createEncoder(format, body, name);
  const history = historyOf(body);
  const signal = clientGone(response);
  const streams = body.stream ?? format !== 'openai-chat';
  const send = (messages) => {
    if (!response.headersSent) response.writeHead(200, { 'content-type': encoder.contentType });
    for (const message of messages) response.write(encoder.frame(message));
  };
  const onText = (text) => {
    if (text !== '') send(encoder.piece(0, { kind: 'text', text }, 0));
  };
  await inTurn(signal, async () => {
    if (streams) send(encoder.open(0));
    const reply = await generate(history, optionsOf(body), signal, streams ? onText : undefined);
    if (!streams) return sendJson(response, 200, encoder.whole([reply], reply.usage));
    send(encoder.close(0, reply.finish));
    send(encoder.tail(reply.usage));
    response.end(encoder.terminator);
  });
}

const server = createServer(async (request, response) => {
  const { pathname } = new URL(request.url, 'http://upstream.invalid');
  try {
    const format = request.method === 'POST' ? CHAT_PATHS[pathname] : undefined;
    const list = request.method === 'GET' ? listing(pathname, name) : undefined;
    if (format !== undefined) await answer(format, JSON.parse(await readBody(request)), response);
    else if (list !== undefined) sendJson(response, 200, list);
    else sendJson(response, 404, errorBody(pathname, `no such endpoint: ${request.method} ${pathname}`));
  } catch (error) {
    // Inside a stream there is no honest way to go on but to break it off.
    if (response.headersSent || response.destroyed) return response.destroy();
    const status = error instanceof BadRequest || error instanceof SyntaxError ? 400 : 500;
    sendJson(response, status, errorBody(pathname, error.message));
  }
});

const url = await listen(server, Number(values.port));
console.log(JSON.stringify({ url, model: name }));
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    server.close();
    server.closeAllConnections();
    void last.then(() => llama.dispose());
  });
}
