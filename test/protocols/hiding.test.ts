/** The rule of all formats: a text cannot hide in any place of a body, and can be taken out of it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GuardError } from '../../src/core/errors.js';
import type { JsonObject } from '../../src/core/json.js';
import type { ReplyFrame, WireFormat } from '../../src/core/wire-format.js';
import {
  anthropicMessages,
  generic,
  llamaApplyTemplate,
  llamaCompletion,
  llamaDetokenize,
  llamaEmbedding,
  llamaInfill,
  llamaTokenize,
  ollamaChat,
  ollamaEmbed,
  ollamaEmbeddings,
  ollamaGenerate,
  openAiChat,
  openAiCompletions,
  openAiEmbeddings,
} from '../../src/protocols/index.js';
import type { Exchange } from '../support/wire/exchange.js';
import { bodyWithMarker } from '../support/wire/place.js';
import { copy, judgedText, messagesOf } from '../support/wire/read.js';
import { EXCHANGES as ANTHROPIC, UNJUDGED_EXCHANGES } from './anthropic-messages/exchanges.js';
import {
  LLAMA_EMBEDDING,
  OLLAMA_EMBED,
  OLLAMA_EMBEDDINGS,
  OPENAI_EMBEDDINGS,
} from './embeddings/exchanges.js';
import {
  LLAMA_APPLY_TEMPLATE,
  LLAMA_COMPLETION,
  LLAMA_DETOKENIZE,
  LLAMA_INFILL,
  LLAMA_TOKENIZE,
} from './llama-server/exchanges.js';
import { OLLAMA_EXCHANGES } from './ollama/exchanges.js';
import { EXCHANGES } from './openai-chat/exchanges.js';
import { COMPLETIONS } from './openai-completions/exchanges.js';

interface Bodies {
  readonly format: WireFormat;
  readonly requests: readonly JsonObject[];
  readonly replies: readonly JsonObject[];
  readonly chunks: readonly JsonObject[];
}

const ollama = (id: string): Omit<Bodies, 'format'> => {
  const own = OLLAMA_EXCHANGES.filter((exchange) => exchange.format === id);
  return {
    requests: own.map((exchange) => exchange.request),
    replies: own.flatMap(({ reply }) => (Array.isArray(reply) ? [] : [reply as JsonObject])),
    chunks: own.flatMap(({ reply }) => (Array.isArray(reply) ? (reply as JsonObject[]) : [])),
  };
};

const openAiChunks = EXCHANGES.flatMap(({ reply }) =>
  typeof reply === 'string'
    ? messagesOf('sse', reply).flatMap((message) => (message.kind === 'json' ? [message.json] : []))
    : [],
);
const openAiReplies = EXCHANGES.flatMap(({ reply }) => (typeof reply === 'string' ? [] : [reply]));
const openAiRequests = EXCHANGES.map((exchange) => exchange.request);

const anthropicAll = [...ANTHROPIC, ...UNJUDGED_EXCHANGES];
const anthropic: Bodies = {
  format: anthropicMessages,
  requests: anthropicAll.map(({ request }) => request),
  replies: anthropicAll.flatMap(({ reply }) => (typeof reply === 'string' ? [] : [reply])),
  chunks: anthropicAll.flatMap(({ reply }) =>
    typeof reply === 'string'
      ? messagesOf('sse', reply).flatMap((message) => (message.kind === 'json' ? [message.json] : []))
      : [],
  ),
};

/** Of replies that are arrays, the elements stand here. */
const recorded = (format: WireFormat, exchanges: readonly Exchange[]): Bodies => ({
  format,
  requests: exchanges.map(({ request }) => request),
  replies: exchanges.flatMap(({ reply, streamed }) =>
    streamed === true ? [] : Array.isArray(reply) ? (reply as JsonObject[]) : [reply as JsonObject],
  ),
  chunks: exchanges.flatMap(({ reply, streamed }) =>
    streamed === true
      ? messagesOf('sse', reply as string).flatMap((message) =>
          message.kind === 'json' ? [message.json] : [],
        )
      : [],
  ),
});

const PLAIN: readonly Bodies[] = [
  recorded(openAiCompletions, COMPLETIONS),
  recorded(openAiEmbeddings, OPENAI_EMBEDDINGS),
  recorded(ollamaEmbed, OLLAMA_EMBED),
  recorded(ollamaEmbeddings, OLLAMA_EMBEDDINGS),
  recorded(llamaCompletion, LLAMA_COMPLETION),
  recorded(llamaInfill, LLAMA_INFILL),
  recorded(llamaEmbedding, LLAMA_EMBEDDING),
  recorded(llamaTokenize, LLAMA_TOKENIZE),
  recorded(llamaDetokenize, LLAMA_DETOKENIZE),
  recorded(llamaApplyTemplate, LLAMA_APPLY_TEMPLATE),
];

const appBodies: JsonObject[] = [
  { question: 'What now?', session: 'abc', nested: { list: ['a', { b: 'c' }] } },
  { type: 'delta', id: '1', text: 'Hello', meta: { role: 'x', tags: ['y'] } },
];

const ALL: readonly Bodies[] = [
  { format: openAiChat, requests: openAiRequests, replies: openAiReplies, chunks: openAiChunks },
  anthropic,
  { format: ollamaChat, ...ollama('ollama-chat') },
  { format: ollamaGenerate, ...ollama('ollama-generate') },
  ...PLAIN,
  {
    format: generic,
    requests: [...appBodies, ...openAiRequests],
    replies: [...appBodies, ...openAiReplies],
    chunks: [...appBodies, ...openAiChunks],
  },
];

/** The result, or undefined when the body was refused, which hides nothing either. */
function unlessRefused<Result>(run: () => Result): Result | undefined {
  try {
    return run();
  } catch (error) {
    if (error instanceof GuardError && error.code !== 'internal') return undefined;
    throw error;
  }
}

function expectNoHiding(decode: (json: JsonObject) => ReplyFrame, bodies: readonly JsonObject[]): void {
  let judged = 0;
  fc.assert(
    fc.property(bodyWithMarker(bodies), ({ body, marker, place }) => {
      const frame = unlessRefused(() => decode(body));
      if (frame === undefined) return;
      if (!JSON.stringify(frame.json).includes(marker)) return;
      judged += 1;
      const text = frame.texts.map((piece) => piece.text).join('\n');
      expect(text, place).toContain(marker);
      for (const piece of frame.texts) piece.set('');
      expect(JSON.stringify(frame.json), place).not.toContain(marker);
    }),
    { numRuns: 600 },
  );
  // Were most bodies refused, the property would say nothing.
  expect(judged).toBeGreaterThan(300);
}

describe.each(ALL)('$format.id', ({ format, requests, replies, chunks }) => {
  it('judges a text wherever it stands in a request, or refuses the request', () => {
    let judged = 0;
    fc.assert(
      fc.property(bodyWithMarker(requests), ({ body, marker, place }) => {
        const decoded = unlessRefused(() => format.decodeRequest(body));
        if (decoded === undefined) return;
        judged += 1;
        expect(JSON.stringify(decoded.body), place).toContain(marker);
        expect(judgedText(decoded.conversation), place).toContain(marker);
      }),
      { numRuns: 600 },
    );
    expect(judged).toBeGreaterThan(200);
  });

  it('finds a text wherever it stands in a whole reply, and can take it out', () => {
    expectNoHiding((json) => format.decodeReply(json), replies);
  });

  it.skipIf(chunks.length === 0)('finds a text wherever it stands in a chunk, and can take it out', () => {
    const request = format.decodeRequest(copy({ ...(requests[0] ?? {}), n: 2 }));
    expectNoHiding((json) => format.openStream(request).decode(json), chunks);
  });

  it('changes nothing in a body it decodes but what it has to remove', () => {
    for (const request of requests) {
      expect(format.decodeRequest(copy(request)).body).toEqual(request);
    }
  });
});

it.each([recorded(llamaCompletion, LLAMA_COMPLETION), recorded(llamaEmbedding, LLAMA_EMBEDDING)])(
  '$format.id: finds a text wherever it stands in a reply that is an array',
  ({ format, replies }) => {
    expectNoHiding((json) => format.decodeReply([json]), replies);
  },
);
