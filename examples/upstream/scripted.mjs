#!/usr/bin/env node
/**
 * A scripted upstream that speaks OpenAI's and Ollama's chat APIs, Anthropic's messages, OpenAI's legacy
 * completions and llama.cpp's `/completion`, for demos and tests. No model, no dependencies: replies are chosen by words in the prompt (`script.mjs`), faults by option, by request
 * header (`x-script: fault=cut;delay=5`) or by a directive in the prompt (`[[fault=cut;delay=5]]`, which
 * also passes through proxies that drop unknown headers).
 *
 *   node examples/upstream/scripted.mjs --port 11434 --chunk 12 --delay 20
 *
 * Prints one line of JSON, `{"url":"http://127.0.0.1:11434"}`, when it listens.
 *
 * Options (`name=value` in header and directive, `--name value` on the command line):
 *   chunk  characters per streamed piece (code points), default 16
 *   split  bytes per write to the socket, so that frames arrive torn; 0 (default) writes whole frames
 *   delay  milliseconds before each streamed piece, or before a whole reply; default 0
 *   after  streamed pieces before a mid-stream fault strikes; default 3
 *   fault  refuse       the connection is closed without a byte
 *          hang         the request is read, no header ever comes
 *          hang-stream  headers and some pieces, then silence
 *          cut          some pieces, then the socket is destroyed (a whole reply: half of its bytes)
 *          end          some pieces, then a clean end without the format's last message
 *          error        some pieces, then an error message in the format's own form
 *          html         status 200 with an HTML page
 *          json         JSON that does not parse (a stream: one broken message among good ones)
 *          shape        JSON of no known shape
 *          empty        status 200, no body
 *          gzip         the right answer, gzip-encoded although nobody asked
 *          redirect     status 302 to another path
 *          400, 401, 404, 429, 500, 502, 503   that status with the format's error body
 */
import { createServer } from 'node:http';
import { existsSync, realpathSync } from 'node:fs';
import { setImmediate as tick, setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { ANTHROPIC_PATHS, createAnthropicEncoder } from './anthropic-wire.mjs';
import { clientGone, listen, readBody, sendJson, write } from './http.mjs';
import { createPlainEncoder, PLAIN_PATHS } from './plain-wire.mjs';
import { lastPrompt, scriptedReply } from './script.mjs';
import { CHAT_PATHS, createEncoder, errorBody, listing } from './wire.mjs';

const DEFAULTS = { chunk: 16, split: 0, delay: 0, after: 3, fault: 'none' };
const FORMATS = { ...CHAT_PATHS, ...PLAIN_PATHS, ...ANTHROPIC_PATHS };
const PLAIN_FORMATS = new Set(Object.values(PLAIN_PATHS));
const FAULTS = [
  ...['none', 'refuse', 'hang', 'hang-stream', 'cut', 'end', 'error', 'html', 'json', 'shape', 'empty'],
  ...['gzip', 'redirect', '400', '401', '404', '429', '500', '502', '503'],
];

/** Starts the upstream on 127.0.0.1; types and meanings in `scripted.d.mts`. */
export async function createScriptedUpstream(options = {}) {
  const { port = 0, model = 'scripted', reply = scriptedReply, onRequest, ...script } = options;
  const defaults = settings(DEFAULTS, Object.entries(script));
  const requests = [];
  const server = createServer((request, response) => {
    handle(request, response).catch((error) => {
      if (response.headersSent || response.destroyed) response.destroy();
      else sendJson(response, 400, errorBody(request.url, error.message));
    });
  });

  async function handle(request, response) {
    const { pathname } = new URL(request.url, 'http://upstream.invalid');
    const record = {
      method: request.method,
      path: pathname,
      headers: request.headers,
      raw: '',
      body: undefined,
      aborted: false,
      finished: false,
    };
    requests.push(record);
    response.on('finish', () => (record.finished = true));
    response.on('close', () => (record.aborted = !record.finished));
    record.raw = await readBody(request);
    if (record.raw !== '') record.body = JSON.parse(record.raw);
    onRequest?.(record);

    const format = request.method === 'POST' ? FORMATS[pathname] : undefined;
    const body = record.body ?? {};
    const plan = settings(settings(defaults, directives(request.headers['x-script'])), inPrompt(body));
    if (await answeredByFault(plan, pathname, response)) return;
    if (format === undefined) answerPlain(request.method, pathname, response);
    else await answerChat(format, body, plan, response);
  }

  function answerPlain(method, pathname, response) {
    const list = method === 'GET' ? listing(pathname, model) : undefined;
    if (list !== undefined) sendJson(response, 200, list);
    else if (method === 'POST' && pathname === '/api/show') {
      sendJson(response, 200, { details: { family: 'llama' }, model_info: {}, capabilities: ['completion'] });
    } else sendJson(response, 404, errorBody(pathname, `no such endpoint: ${method} ${pathname}`));
  }

  async function answerChat(format, body, plan, response) {
    const encoder = encoderOf(format, body, model);
    const hasChoices = format.startsWith('openai-');
    const count = hasChoices && Number.isInteger(body.n) && body.n > 0 ? body.n : 1;
    const replies = Array.from({ length: count }, (_, choice) => reply(body, choice));
    const usage = {
      prompt: words(lastPrompt(body)),
      completion: words(JSON.stringify(replies)),
      // Ollama's generate answers with the conversation as token numbers.
      context: [1, 2, 3],
    };
    const streams = body.stream ?? format.startsWith('ollama-');
    if (streams) return stream(encoder, replies, usage, plan, response);
    if (plan.delay > 0) await sleep(plan.delay, undefined, { signal: clientGone(response) });
    whole(JSON.stringify(encoder.whole(replies, usage)), plan, response);
  }

  const url = await listen(server, port);
  return {
    url,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function encoderOf(format, body, model) {
  if (format === 'anthropic-messages') return createAnthropicEncoder(body, model);
  return (PLAIN_FORMATS.has(format) ? createPlainEncoder : createEncoder)(format, body, model);
}

/** Faults that replace the whole answer, whatever was asked. */
async function answeredByFault({ fault }, path, response) {
  const page = '<!doctype html><title>Bad gateway</title><h1>It is not you, it is us</h1>';
  switch (fault) {
    case 'refuse':
      response.destroy();
      return true;
    case 'hang':
      await silence(response);
      return true;
    case 'html':
      response.writeHead(200, { 'content-type': 'text/html' }).end(page);
      return true;
    case 'shape':
      sendJson(response, 200, { answer: [42], unrelated: true });
      return true;
    case 'empty':
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 0 }).end();
      return true;
    case 'redirect':
      response.writeHead(302, { location: '/elsewhere' }).end();
      return true;
    default:
      if (!/^\d+$/.test(fault)) return false;
      sendJson(response, Number(fault), errorBody(path, `scripted fault ${fault}`), { 'retry-after': '7' });
      return true;
  }
}

function whole(text, plan, response) {
  const bytes = Buffer.from(text);
  const head = { 'content-type': 'application/json; charset=utf-8' };
  switch (plan.fault) {
    case 'cut':
    case 'hang-stream':
      response.writeHead(200, { ...head, 'content-length': bytes.length });
      response.write(bytes.subarray(0, bytes.length >> 1), () => {
        if (plan.fault === 'cut') response.destroy();
      });
      return;
    case 'json':
    case 'end':
      response.writeHead(200, head).end(bytes.subarray(0, bytes.length >> 1));
      return;
    case 'gzip':
      response.writeHead(200, { ...head, 'content-encoding': 'gzip' }).end(gzipSync(bytes));
      return;
    default:
      response.writeHead(200, { ...head, 'content-length': bytes.length }).end(bytes);
  }
}

async function stream(encoder, replies, usage, plan, response) {
  const signal = clientGone(response);
  const send = async (text) => {
    const bytes = Buffer.from(text);
    const step = plan.split > 0 ? plan.split : bytes.length;
    for (let i = 0; i < bytes.length; i += step) {
      await write(response, bytes.subarray(i, i + step), signal);
      // Let the socket send before the next write: pieces arrive one by one, as from a model.
      await tick();
    }
  };
  const messages = interleaved(encoder, replies, plan.chunk);
  if (plan.fault === 'gzip') {
    const text = [...messages, ...encoder.tail(usage)].map((m) => encoder.frame(m)).join('');
    response.writeHead(200, { 'content-type': encoder.contentType, 'content-encoding': 'gzip' });
    response.end(gzipSync(text + encoder.terminator));
    return;
  }
  response.writeHead(200, { 'content-type': encoder.contentType, 'cache-control': 'no-cache' });
  response.flushHeaders();
  for (const [i, message] of messages.entries()) {
    if (plan.delay > 0) await sleep(plan.delay, undefined, { signal });
    if (i === plan.after && (await brokeOff(plan.fault, encoder, send, response))) return;
    await send(encoder.frame(message));
  }
  // A reply shorter than `after` still shows the fault, before its end.
  if (messages.length <= plan.after && (await brokeOff(plan.fault, encoder, send, response))) return;
  for (const message of encoder.tail(usage)) await send(encoder.frame(message));
  if (encoder.terminator !== '') await send(encoder.terminator);
  response.end();
}

/** Strikes with a mid-stream fault. True when the reply is over. */
async function brokeOff(fault, encoder, send, response) {
  switch (fault) {
    case 'cut':
      response.destroy();
      return true;
    case 'end':
      response.end();
      return true;
    case 'hang-stream':
      await silence(response);
      return true;
    case 'error':
      await send(encoder.frame(encoder.error('the scripted model fell over')));
      response.end();
      return true;
    case 'json':
      await send(encoder.frame({ broken: true }).replace('}', ''));
      return false;
    default:
      return false;
  }
}

/** All messages of a streamed reply but the tail: the choices take turns, piece by piece. */
function interleaved(encoder, replies, chunk) {
  const lanes = replies.map(({ parts, finish }, choice) => {
    const lane = encoder.open(choice);
    let calls = 0;
    for (const part of parts) {
      const pieces =
        part.kind === 'tool' ? [part] : cutText(part.text, chunk).map((t) => ({ ...part, text: t }));
      for (const piece of pieces) lane.push(...encoder.piece(choice, piece, calls));
      if (part.kind === 'tool') calls += 1;
    }
    lane.push(...encoder.close(choice, finish));
    return lane;
  });
  const turns = Math.max(...lanes.map((lane) => lane.length));
  return Array.from({ length: turns }, (_, turn) =>
    lanes.flatMap((lane) => lane.slice(turn, turn + 1)),
  ).flat();
}

/** Pieces of `size` code points: a surrogate pair is never torn, as no model server tears it. */
function cutText(text, size) {
  const points = [...text];
  const count = Math.ceil(points.length / size);
  return Array.from({ length: count }, (_, i) => points.slice(i * size, (i + 1) * size).join(''));
}

/** Waits until the client gives up. */
const silence = (response) => new Promise((resolve) => response.once('close', resolve));

const words = (text) => text.split(/\s+/).filter(Boolean).length;

function directives(text) {
  if (typeof text !== 'string') return [];
  const pairs = text.split(';').map((pair) =>
    pair
      .trim()
      .split('=')
      .map((side) => side.trim()),
  );
  return pairs.filter(([name]) => name !== '');
}

const inPrompt = (body) => directives(/\[\[([^\]]*)\]\]/.exec(lastPrompt(body))?.[1]);

/** `base` with the pairs laid over it. Throws on an unknown name or a value out of range. */
function settings(base, pairs) {
  const plan = { ...base };
  for (const [name, value] of pairs) {
    if (value === undefined) continue;
    if (name === 'fault') plan.fault = String(value);
    else if (Object.hasOwn(DEFAULTS, name)) plan[name] = Number(value);
    else throw new Error(`unknown script option "${name}"; there are ${Object.keys(DEFAULTS).join(', ')}`);
  }
  if (!FAULTS.includes(plan.fault)) {
    throw new Error(`unknown fault "${plan.fault}"; there are ${FAULTS.join(', ')}`);
  }
  const numbers = [plan.chunk, plan.split, plan.delay, plan.after];
  if (plan.chunk < 1 || !numbers.every((n) => Number.isInteger(n) && n >= 0)) {
    throw new Error('chunk must be a whole number from 1 on; split, delay and after from 0 on');
  }
  return plan;
}

async function main() {
  const option = { type: 'string' };
  const names = ['port', 'model', ...Object.keys(DEFAULTS)];
  const { values } = parseArgs({ options: Object.fromEntries(names.map((name) => [name, option])) });
  const upstream = await createScriptedUpstream({ ...values, port: Number(values.port ?? 0) });
  console.log(JSON.stringify({ url: upstream.url }));
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void upstream.close());
}

if (existsSync(process.argv[1] ?? '') && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  main().catch((error) => {
    console.error(`scripted upstream: ${error.message}`);
    process.exitCode = 2;
  });
}
