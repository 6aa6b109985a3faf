/** A request of an app as a conversation, in the wire format it seems to have. */
import type { Conversation } from '../../core/conversation.js';
import { GuardError } from '../../core/errors.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.js';
import type { DecodedRequest, WireFormat } from '../../core/wire-format.js';
import {
  anthropicMessages,
  generic,
  ollamaChat,
  ollamaEmbed,
  ollamaGenerate,
  openAiChat,
  openAiCompletions,
  openAiEmbeddings,
  openAiResponses,
} from '../../protocols/index.js';
import { hasFiles, takeBody, type AppRequest } from './request-body.js';
import { urlSegments } from './request-url.js';

const FORMATS = {
  'openai-chat': openAiChat,
  'openai-completions': openAiCompletions,
  'openai-responses': openAiResponses,
  'openai-embeddings': openAiEmbeddings,
  'anthropic-messages': anthropicMessages,
  'ollama-chat': ollamaChat,
  'ollama-generate': ollamaGenerate,
  'ollama-embed': ollamaEmbed,
  generic,
} as const;

/** Paths that say what is spoken on them; an app's own `/api/chat` may be anything. */
const BY_PATH: readonly (readonly [string, WireFormat])[] = [
  ['/v1/responses', openAiResponses],
  ['/v1/messages', anthropicMessages],
  ['/v1/completions', openAiCompletions],
  ['/v1/embeddings', openAiEmbeddings],
];

export type FormatName = 'auto' | keyof typeof FORMATS;

export const FORMAT_NAMES: readonly FormatName[] = ['auto', ...(Object.keys(FORMATS) as FormatName[])];

export interface ReadRequest {
  /** What the client is told in: refusals and errors. */
  readonly format: WireFormat;
  readonly request: DecodedRequest;
  /** The app named its format, so replies that break it are errors. */
  readonly strict: boolean;
}

/** What errors are told in while the request is not read yet. */
export function errorFormatOf(name: FormatName): WireFormat {
  return name === 'auto' ? openAiChat : FORMATS[name];
}

/** Throws what `takeBody` throws, and for a format that is named GuardError('invalid_request'). */
export async function readRequest(
  request: AppRequest,
  name: FormatName,
  limitBytes: number,
): Promise<ReadRequest> {
  const body = await takeBody(request, limitBytes);
  const read = decode(body, name, request.originalUrl ?? request.url ?? '');
  const segments = urlSegments(request.originalUrl ?? request.url ?? '');
  const { turns, unjudged } = read.request.conversation;
  const conversation: Conversation = {
    turns: segments.length === 0 ? turns : [{ role: 'User', wireRole: 'user', segments }, ...turns],
    unjudged: hasFiles(request) ? [...unjudged, { kind: 'file', path: 'files' }] : unjudged,
  };
  const streams = read.request.stream || (body === undefined && wantsEvents(request));
  return { ...read, request: { ...read.request, conversation, stream: streams } };
}

function decode(body: JsonValue | undefined, name: FormatName, url: string): ReadRequest {
  if (body === undefined) return asGeneric({});
  if (!isJsonObject(body)) {
    if (name === 'auto' || name === 'generic') return asGeneric({ body });
    throw new GuardError('invalid_request', 'The body must be a JSON object.');
  }
  if (name === 'generic') return asGeneric(body);
  if (name !== 'auto')
    return { format: FORMATS[name], request: FORMATS[name].decodeRequest(body), strict: true };
  const path = url.split('?', 1)[0] ?? '';
  const spoken = BY_PATH.find(([end]) => path.endsWith(end))?.[1];
  if (spoken === undefined && !Array.isArray(body.messages)) return asGeneric(body);
  const format = spoken ?? openAiChat;
  try {
    return { format, request: format.decodeRequest(body), strict: spoken !== undefined };
  } catch (error) {
    // Another format after all. The app knows its own format, and the generic one judges every string.
    if (error instanceof GuardError && error.code === 'invalid_request') return asGeneric(body);
    throw error;
  }
}

function asGeneric(body: JsonObject): ReadRequest {
  return { format: generic, request: generic.decodeRequest(body), strict: false };
}

/** A browser's EventSource sends a GET with this. */
function wantsEvents({ headers }: AppRequest): boolean {
  return /^\s*text\/event-stream\b/i.test(headers.accept ?? '');
}
