/** Reads responses, their items and the parts of those, wherever in a reply they stand. */
import type { Channel, UnjudgedPart } from '../../core/conversation.js';
import { isJsonObject, type JsonObject } from '../../core/json.js';
import type { DecodedRequest } from '../../core/wire-format.js';
import type { Container } from '../container.js';
import { allStrings, isDataUrl, looksLikeFieldName, looksLikeMetadata, walkUncovered } from '../coverage.js';
import { FrameBuilder } from '../frame-builder.js';
import { readLogprobs } from '../logprobs.js';
import { coverMedia } from '../media.js';
import { field, isAbsent } from '../shape.js';
import { CALL_FIELDS, TEXT_PARTS } from './items.js';

/** The responses API has no `n`. */
export const ONLY_CHOICE = 0;

const RESPONSE_METADATA = [
  ...['id', 'object', 'status', 'service_tier', 'truncation', 'user', 'safety_identifier'],
  ...['prompt_cache_key', 'prompt_cache_retention', 'previous_response_id', 'tool_choice'],
];
/** What a response repeats of its request. */
const ECHOED = ['instructions', 'tools', 'tool_choice', 'text', 'reasoning', 'metadata', 'user', 'stop'];
const ITEM_METADATA = [
  ...['id', 'type', 'status', 'role', 'call_id', 'phase', 'server_label', 'approval_request_id'],
  ...['container_id', 'output_format', 'quality', 'size', 'background'],
];

/** Text ids by place. `…/name` and `…/arguments` of one call are read together by the scanner of code. */
export const textId = {
  part: (item: number, part: number, kind: string): string => `${ONLY_CHOICE}/${item}/${part}/${kind}`,
  summary: (item: number, part: number): string => `${ONLY_CHOICE}/${item}/summary/${part}`,
  call: (item: number, key: string): string => `${ONLY_CHOICE}/tool/${item}/${key}`,
};

export interface ReaderOptions {
  /** The model that the request named; empty where the request is not known. */
  readonly model?: string;
  /** True for texts of the request, which may come back as they are. */
  readonly isEcho?: (text: string) => boolean;
  /** The place of an item in the reply that has none of its own. */
  readonly placeOf?: (item: JsonObject, position: number) => number;
}

/** What the request tells of its reply. */
export function optionsFor(request: DecodedRequest): ReaderOptions {
  let echoes: Set<string> | undefined;
  const isEcho = (text: string): boolean => (echoes ??= new Set(allStrings(request.body))).has(text);
  return { model: request.model, isEcho };
}

export class ReplyReader {
  readonly builder: FrameBuilder;
  readonly unjudged: UnjudgedPart[] = [];
  readonly #options: ReaderOptions;

  /** Throws GuardError('upstream_malformed') when the message nests too deep. */
  constructor(json: JsonObject, options: ReaderOptions) {
    this.builder = new FrameBuilder(json);
    this.#options = options;
  }

  take(channel: Channel, id: string, container: Container, key: string, onEdit?: () => void): void {
    this.builder.take({ choice: ONLY_CHOICE, channel, id, container, key }, onEdit);
  }

  /** A text whose tokens may stand beside it, as `logprobs` of the same container. */
  takeWithLogprobs(channel: Channel, id: string, container: JsonObject, key: string): void {
    this.take(channel, id, container, key, () => {
      if (Array.isArray(container.logprobs)) container.logprobs = [];
    });
    const text = field(container, key);
    readLogprobs(this.builder, container, 'logprobs', ONLY_CHOICE, typeof text === 'string' ? text : '');
  }

  metadata(container: JsonObject, names: readonly string[]): void {
    this.builder.coverage.metadata(container, names);
  }

  /** A field that holds what no judge of text can read. */
  media(kind: UnjudgedPart['kind'], container: JsonObject, key: string, path: string): void {
    const value = field(container, key);
    if (isAbsent(value) || value === '') return;
    // With a space in it, it is no base64, and judged as text.
    if (typeof value === 'string' && !looksLikeBase64(value) && !isDataUrl(value)) return;
    // An object may hold text beside its bytes.
    coverMedia(this.builder.coverage, container, key);
    this.unjudged.push({ kind, path });
  }

  /** Every string that is left, as text of ids `0/<prefix>/<path>`. */
  rest(container: Container, prefix: string, channel: Channel = 'other', onEdit?: () => void): void {
    const { builder } = this;
    walkUncovered(container, prefix, builder.coverage, {
      text: (text, parent, key, path) => {
        if (!isDataUrl(text)) return;
        builder.coverage.cover(parent, key);
        this.unjudged.push({ kind: 'file', path });
      },
      oddKey: () => false,
      tokens: () => false,
    });
    const first = builder.texts.length;
    builder.takeOther(container, ONLY_CHOICE, { channel, ...(onEdit === undefined ? {} : { onEdit }) });
    const standard = `${ONLY_CHOICE}/${channel}/`;
    builder.texts.slice(first).forEach((text, index) => {
      const path = text.id.slice(standard.length);
      builder.texts[first + index] = { ...text, id: `${ONLY_CHOICE}/${prefix}/${path}` };
    });
  }

  /** A response object: a whole reply, or what events of a stream tell of it. */
  response(response: JsonObject): void {
    const { coverage } = this.builder;
    const output = field(response, 'output');
    const { placeOf } = this.#options;
    const visible: { readonly id: string; readonly text: string }[] = [];
    if (Array.isArray(output)) {
      output.forEach((item, position) => {
        if (!isJsonObject(item)) return;
        const first = this.builder.texts.length;
        this.item(item, placeOf?.(item, position) ?? position);
        visible.push(
          ...this.builder.texts
            .slice(first)
            .filter(({ channel, id }) => channel === 'text' && id.endsWith('/text')),
        );
      });
    }
    // Some servers write the field that SDKs add: all visible text in one string.
    const [only, ...others] = visible;
    const id = only !== undefined && others.length === 0 ? only.id : `${ONLY_CHOICE}/response/output_text`;
    this.take('text', id, response, 'output_text');

    coverage.metadata(response, RESPONSE_METADATA);
    coverage.metadata(response, ['model'], this.#options.model);
    for (const [name, fields] of [
      ['incomplete_details', ['reason']],
      ['error', ['code', 'type']],
      ['reasoning', ['effort', 'summary', 'generate_summary']],
      ['tool_choice', ['type', 'mode']],
    ] as const) {
      const value = field(response, name);
      if (isJsonObject(value)) coverage.metadata(value, fields);
    }
    this.#text(response);
    this.#echoes(response);
    this.rest(response, 'response');
  }

  /** @param place `output_index` of the item */
  item(item: JsonObject, place: number): void {
    const path = `output[${place}]`;
    this.metadata(item, ITEM_METADATA);
    for (const key of ['content', 'summary'] as const) {
      const parts = field(item, key);
      if (!Array.isArray(parts)) continue;
      parts.forEach((part, index) => {
        if (isJsonObject(part)) this.part(part, place, index, key);
      });
    }
    for (const [key, channel] of CALL_FIELDS) {
      if (field(item, 'type') === 'image_generation_call' && key === 'action') this.metadata(item, [key]);
      this.#takeOnce(channel, textId.call(place, key), item, key);
    }
    this.media('image', item, 'result', `${path}.result`);
    this.media('tokens', item, 'encrypted_content', `${path}.encrypted_content`);
    this.rest(item, `item/${place}`);
  }

  /** @param list the list of the item that the part is in */
  part(part: JsonObject, place: number, index: number, list: 'content' | 'summary'): void {
    const type = field(part, 'type');
    const known = typeof type === 'string' ? TEXT_PARTS.get(type) : undefined;
    this.metadata(part, ['type']);
    if (known !== undefined && typeof field(part, known.key) === 'string') {
      const id = list === 'summary' ? textId.summary(place, index) : textId.part(place, index, known.id);
      this.takeWithLogprobs(known.channel, id, part, known.key);
    }
    if (type === 'output_audio') {
      this.media('audio', part, 'data', `output[${place}].${list}[${index}].data`);
      this.take('text', textId.part(place, index, 'transcript'), part, 'transcript');
    }
    this.annotations(part, place, index, list);
    this.rest(part, `item/${place}/${list}[${index}]`);
  }

  /** Annotations of a part, under the ids that the event gives them which adds one. */
  annotations(part: JsonObject, place: number, index: number, list: string): void {
    const annotations = field(part, 'annotations');
    if (!Array.isArray(annotations)) return;
    annotations.forEach((annotation, number) => {
      if (isJsonObject(annotation)) this.annotation(annotation, place, `${list}[${index}]`, number);
    });
  }

  annotation(annotation: JsonObject, place: number, part: string, number: number): void {
    this.metadata(annotation, ['type', 'file_id', 'container_id']);
    this.rest(annotation, `item/${place}/${part}/annotations[${number}]`);
  }

  #takeOnce(channel: Channel, id: string, container: JsonObject, key: string): void {
    if (!this.builder.coverage.covers(container, key)) this.take(channel, id, container, key);
  }

  #text(response: JsonObject): void {
    const text = field(response, 'text');
    if (!isJsonObject(text)) return;
    this.metadata(text, ['verbosity']);
    const format = field(text, 'format');
    if (isJsonObject(format)) this.metadata(format, ['type']);
  }

  /** What the client itself has said, word by word, is nothing new to it. */
  #echoes(response: JsonObject): void {
    const { isEcho } = this.#options;
    if (isEcho === undefined) return;
    const { coverage } = this.builder;
    for (const name of ECHOED) {
      const value = field(response, name);
      if (typeof value === 'string' && isEcho(value)) coverage.cover(response, name);
      if (!isJsonObject(value) && !Array.isArray(value)) continue;
      walkUncovered(value, '', coverage, {
        text: (text, container, key) => {
          const isName = typeof key === 'number' || looksLikeFieldName(key) || isEcho(key);
          if (isName && isEcho(text)) coverage.cover(container, key);
        },
        oddKey: (container, key) => {
          const known = isEcho(key) && allStrings(container[key] ?? null).every(isEcho);
          if (known) coverage.cover(container, key);
          return known;
        },
        tokens: () => false,
      });
    }
  }
}

function looksLikeBase64(text: string): boolean {
  // Short strings are metadata or words: base64 of a picture, a sound, or sealed reasoning is long.
  return text.length > 256 ? /^[\w+/=-]+$/.test(text) : looksLikeMetadata(text);
}
