/**
 * A model server on loopback that hosts a toy guard, for trying the remote judges. Its formats follow the
 * public documentation: the OpenAI API reference (chat completions, models, errors), vLLM's and
 * llama.cpp's servers (error objects of their own, `logprobs.content[].top_logprobs`), Groq (400 for
 * logprobs, 429 with retry-after in fractions of seconds) and Ollama (`/api/chat`, `/api/tags`, errors as
 * `{"error": "…"}`, logprobs beside the message since 0.12.11).
 */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { logprobsOf, toyAnswer, type ToyMessage, type ToyToken } from './toy-answer.js';

export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Empty object for requests without a body. */
  readonly body: Readonly<Record<string, unknown>>;
}

export interface ChatExchange {
  readonly request: RecordedRequest;
  readonly response: ServerResponse;
  /** Counts from 0, chats only. */
  readonly index: number;
  /** Answers as the toy guard does. */
  readonly judge: () => void;
  /** Answers with these words instead, in the server's format. */
  readonly say: (text: string) => void;
  readonly json: (status: number, body: unknown, headers?: Record<string, string>) => void;
}

export interface GuardServerOptions {
  readonly kind?: 'openai' | 'ollama';
  readonly models?: readonly string[];
  /** Tokens of the prompt, of four characters each; longer ones are refused. */
  readonly contextTokens?: number;
  /** `refused`: HTTP 400 for requests that ask for them; `five`: for more than five. Default `told`. */
  readonly logprobs?: 'told' | 'omitted' | 'refused' | 'five';
  /** Requests without this bearer token are refused. */
  readonly key?: string;
  /** 0: any free one. */
  readonly port?: number;
  /** Instead of judging. May answer, hang or break the connection. Not for loading an Ollama model. */
  readonly onChat?: (exchange: ChatExchange) => void;
  readonly onList?: (response: ServerResponse) => void;
}

export interface GuardServer {
  readonly url: string;
  readonly port: number;
  /** All but lists of models, in order of their arrival. */
  readonly chats: readonly RecordedRequest[];
  readonly lists: number;
  /** Chats whose client went away before it had a whole answer. */
  readonly abandoned: number;
  /** Sockets that are open now. */
  readonly connections: number;
  onChat: ((exchange: ChatExchange) => void) | undefined;
  /** Cuts all connections. */
  close(): Promise<void>;
}

export const TOY_MODEL = 'toy/Llama-Guard-2-toy';

export async function startGuardServer(options: GuardServerOptions = {}): Promise<GuardServer> {
  const { kind = 'openai', models = [TOY_MODEL], logprobs = 'told', contextTokens = 100_000 } = options;
  const chats: RecordedRequest[] = [];
  const sockets = new Set<Socket>();
  let lists = 0;
  let abandoned = 0;

  function fail(response: ServerResponse, status: number, message: string, type: string): void {
    sendJson(
      response,
      status,
      kind === 'ollama' ? { error: message } : { error: { message, type, code: status } },
    );
  }

  function whole(tokens: readonly ToyToken[], body: RecordedRequest['body']): object {
    const content = tokens.map(({ text }) => text).join('');
    const told = (logprobs === 'told' || logprobs === 'five') && body.logprobs === true;
    const list = told ? logprobsOf(tokens, Number(body.top_logprobs)) : null;
    const promptTokens = promptTokensOf(body);
    if (kind === 'ollama')
      return {
        model: body.model,
        created_at: '2026-01-01T00:00:00.000Z',
        message: { role: 'assistant', content },
        done: true,
        done_reason: 'stop',
        prompt_eval_count: promptTokens,
        eval_count: tokens.length,
        ...(list === null ? {} : { logprobs: list }),
      };
    return {
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 1_767_225_600,
      model: body.model,
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content },
          logprobs: list === null ? null : { content: list },
          finish_reason: 'stop',
        },
      ],
      usage: {
        prompt_tokens: promptTokens,
        completion_tokens: tokens.length,
        total_tokens: promptTokens + tokens.length,
        prompt_tokens_details: { cached_tokens: 10 },
      },
    };
  }

  function answerChat(request: RecordedRequest, response: ServerResponse): void {
    const { body } = request;
    if (
      typeof body.model !== 'string' ||
      !models.some((model) => model.split(':')[0] === String(body.model).split(':')[0])
    ) {
      fail(response, 404, `model '${String(body.model)}' not found`, 'NotFoundError');
      return;
    }
    if (kind === 'ollama' && (body.messages as unknown[]).length === 0) {
      sendJson(response, 200, { ...whole([], {}), done_reason: 'load' });
      return;
    }
    const index = chats.push(request) - 1;
    response.on('close', () => {
      if (!response.writableFinished) abandoned += 1;
    });
    const exchange: ChatExchange = {
      request,
      response,
      index,
      judge() {
        if (
          body.logprobs === true &&
          (logprobs === 'refused' || (logprobs === 'five' && Number(body.top_logprobs) > 5))
        ) {
          fail(response, 400, '`logprobs` is not supported with this model', 'invalid_request_error');
          return;
        }
        if (promptTokensOf(body) > contextTokens) {
          fail(
            response,
            400,
            kind === 'ollama'
              ? 'the input length exceeds the context length'
              : `This model's maximum context length is ${contextTokens} tokens.`,
            'BadRequestError',
          );
          return;
        }
        let tokens;
        try {
          tokens = toyAnswer(body.messages as ToyMessage[]);
        } catch {
          fail(response, 400, 'Conversation roles must alternate user/assistant', 'BadRequestError');
          return;
        }
        sendJson(response, 200, whole(tokens, body));
      },
      say(text) {
        sendJson(response, 200, whole([{ text, p: 1, others: [] }], { ...body, logprobs: false }));
      },
      json: (status, answer, headers) => sendJson(response, status, answer, headers),
    };
    if (served.onChat === undefined) exchange.judge();
    else served.onChat(exchange);
  }

  const server = createServer((incoming, response) => {
    const parts: Buffer[] = [];
    incoming.on('data', (part: Buffer) => parts.push(part));
    incoming.on('end', () => {
      const text = Buffer.concat(parts).toString();
      const request: RecordedRequest = {
        method: incoming.method ?? '',
        path: incoming.url ?? '',
        headers: incoming.headers,
        body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
      };
      if (options.key !== undefined && request.headers.authorization !== `Bearer ${options.key}`) {
        fail(response, 401, 'Incorrect API key provided', 'invalid_request_error');
        return;
      }
      const route = `${request.method} ${request.path}`;
      if (route === (kind === 'openai' ? 'GET /v1/models' : 'GET /api/tags')) {
        lists += 1;
        if (options.onList !== undefined) {
          options.onList(response);
          return;
        }
        sendJson(
          response,
          200,
          kind === 'openai'
            ? { object: 'list', data: models.map((id) => ({ id, object: 'model' })) }
            : { models: models.map((name) => ({ name, model: name })) },
        );
        return;
      }
      if (route === (kind === 'openai' ? 'POST /v1/chat/completions' : 'POST /api/chat')) {
        answerChat(request, response);
        return;
      }
      fail(response, 404, 'Not Found', 'NotFoundError');
    });
  });
  server.keepAliveTimeout = 60_000;
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  const served: GuardServer = {
    url: `http://127.0.0.1:${port}`,
    port,
    chats,
    get lists() {
      return lists;
    },
    get abandoned() {
      return abandoned;
    },
    get connections() {
      return sockets.size;
    },
    onChat: options.onChat,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
  return served;
}

function promptTokensOf(body: RecordedRequest['body']): number {
  const messages = (body.messages ?? []) as ToyMessage[];
  return 100 + Math.ceil(messages.reduce((sum, { content }) => sum + content.length, 0) / 4);
}

function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
  response.end(JSON.stringify(body));
}
