/**
 * The recorded exchanges of every wire format (`test/protocols/<format>/exchanges.ts`), found by themselves: a
 * format that comes with recordings is tested and fuzzed without a line here. Which of the registered formats
 * an exchange belongs to is told by its texts: it is each that finds them.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { JsonObject, JsonValue } from '../../src/core/json.js';
import type { ReplyFrame, WireFormat } from '../../src/core/wire-format.js';
import { createFrameDecoder, encodeMessage, encodeTerminator } from '../../src/protocols/index.js';
import { FORMATS } from '../../src/server/formats.js';

export interface Recording {
  /** `ollama-chat: chat, streamed by default` */
  readonly name: string;
  readonly format: WireFormat;
  readonly request: JsonObject;
  /** The messages of a stream, or one whole body. */
  readonly reply: { readonly messages: readonly JsonObject[] } | { readonly whole: JsonValue };
  readonly texts: Readonly<Record<string, string>>;
}

export type StreamRecording = Recording & { readonly reply: { readonly messages: readonly JsonObject[] } };

export const registered: readonly WireFormat[] = [...new Set(Object.values(FORMATS))];

export function isStream(recording: Recording): recording is StreamRecording {
  return 'messages' in recording.reply;
}

/** Texts by id without those that say again what others brought. */
export function newTexts(frames: readonly ReplyFrame[]): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const frame of frames)
    for (const { id, text, restates } of frame.texts)
      if (restates !== true) texts[id] = (texts[id] ?? '') + text;
  return texts;
}

/** The frames of a stream's messages, decoded by a codec of their own. */
export function decodeAll({ format, request }: Recording, messages: readonly JsonObject[]): ReplyFrame[] {
  const codec = format.openStream(format.decodeRequest(structuredClone(request)));
  return messages.map((message) => codec.decode(structuredClone(message)));
}

/** A stream as bytes. */
export function encodeStream(format: WireFormat, messages: readonly JsonObject[]): Uint8Array {
  const { framing, eventName, terminator } = format;
  const events = messages.map((message) => encodeMessage(framing, message, eventName?.(message)));
  return Buffer.from(events.join('') + encodeTerminator(framing, terminator));
}

/** The messages of a stream's bytes, through the real decoder. */
export function decodeStream(format: WireFormat, bytes: Iterable<Uint8Array>): JsonObject[] {
  const decoder = createFrameDecoder(format.framing);
  const messages = [...bytes].flatMap((chunk) => decoder.push(chunk));
  return [...messages, ...decoder.end()].flatMap((one) => (one.kind === 'json' ? [one.json] : []));
}

interface Exchange {
  readonly name: string;
  readonly request: JsonObject;
  readonly reply: JsonValue;
  readonly texts: Readonly<Record<string, string>>;
}

function isExchange(value: unknown): value is Exchange {
  return (
    typeof value === 'object' &&
    value !== null &&
    ['name', 'request', 'reply', 'texts'].every((field) => field in value)
  );
}

function recordingOf(format: WireFormat, { name, request, reply, texts }: Exchange): Recording | undefined {
  try {
    const base = { name: `${format.id}: ${name}`, format, request, texts };
    const decoded = format.decodeRequest(structuredClone(request));
    const streams = typeof reply === 'string' || (Array.isArray(reply) && decoded.stream);
    const messages =
      typeof reply === 'string'
        ? decodeStream(format, [Buffer.from(reply)])
        : (structuredClone(reply) as JsonObject[]);
    const recording: Recording = streams
      ? { ...base, reply: { messages } }
      : { ...base, reply: { whole: reply } };
    const frames = streams
      ? decodeAll(recording, messages)
      : [format.decodeReply(structuredClone(reply), decoded)];
    const found = Object.entries(newTexts(frames)).sort();
    return JSON.stringify(found) === JSON.stringify(Object.entries(texts).sort()) ? recording : undefined;
  } catch {
    return undefined; // of another format
  }
}

/** All recordings of all registered formats. */
export async function loadRecordings(): Promise<Recording[]> {
  const root = fileURLToPath(new URL('../protocols/', import.meta.url));
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('exchanges.ts'))
    .sort();
  const recordings: Recording[] = [];
  for (const file of files) {
    const module = (await import(pathToFileURL(join(root, file)).href)) as Record<string, unknown>;
    for (const list of Object.values(module)) {
      if (!Array.isArray(list)) continue;
      for (const exchange of list.filter(isExchange))
        for (const format of registered) {
          const recording = recordingOf(format, exchange);
          if (recording !== undefined) recordings.push(recording);
        }
    }
  }
  return recordings;
}
