/**
 * The events of a streamed response: which bring more of a text, which say all of it again.
 * Reference: https://platform.openai.com/docs/api-reference/responses-streaming
 */
import type { Channel } from '../../core/conversation.js';
import { isJsonObject, type JsonObject } from '../../core/json.js';
import type { FrameText, ReplyFrame } from '../../core/wire-format.js';
import { looksLikeMetadata } from '../coverage.js';
import { malformed } from '../frame-builder.js';
import { field, isAbsent, kindOf } from '../shape.js';
import type { ItemPlaces, Place } from './places.js';
import { ONLY_CHOICE, ReplyReader, textId, type ReaderOptions } from './reply-reader.js';
import type { RunningTexts } from './running-texts.js';

const METADATA = [
  ...['type', 'item_id', 'response_id', 'obfuscation', 'status', 'output_format', 'quality', 'size'],
  ...['background', 'event_id'],
];

/** The last event of a stream. */
const ENDS = new Set(['response.completed', 'response.incomplete', 'response.failed', 'response.cancelled']);

interface Family {
  readonly channel: Channel;
  /** The field of the `.done` event that holds all of the text; the `.delta` event's is `delta`. */
  readonly whole: string;
  readonly id: (place: Place) => string;
}

const call = (key: string): Family => ({
  channel: 'tool_arguments',
  whole: key,
  id: ({ item }) => textId.call(item, key),
});

/** Events that come as `response.<family>.delta` and `response.<family>.done`. */
export const TEXT_EVENTS: ReadonlyMap<string, Family> = new Map([
  [
    'output_text',
    { channel: 'text', whole: 'text', id: ({ item, part }: Place) => textId.part(item, part, 'text') },
  ],
  [
    'refusal',
    {
      channel: 'refusal',
      whole: 'refusal',
      id: ({ item, part }: Place) => textId.part(item, part, 'refusal'),
    },
  ],
  [
    'reasoning_text',
    {
      channel: 'reasoning',
      whole: 'text',
      id: ({ item, part }: Place) => textId.part(item, part, 'reasoning'),
    },
  ],
  [
    'reasoning_summary_text',
    { channel: 'reasoning', whole: 'text', id: ({ item, part }: Place) => textId.summary(item, part) },
  ],
  ['function_call_arguments', call('arguments')],
  ['mcp_call_arguments', call('arguments')],
  ['custom_tool_call_input', call('input')],
  ['code_interpreter_call_code', call('code')],
  ['audio.transcript', { channel: 'text', whole: 'transcript', id: () => `${ONLY_CHOICE}/audio/transcript` }],
] as const);

/** What one stream's events are decoded with. */
export interface EventContext {
  readonly options: ReaderOptions;
  readonly places: ItemPlaces;
  readonly texts: RunningTexts;
}

/** Decodes one event. Throws GuardError('upstream_malformed' | 'unjudgeable_content'). */
export function decodeEvent(event: JsonObject, context: EventContext): ReplyFrame {
  const type = field(event, 'type');
  const hasError = !isAbsent(field(event, 'error'));
  if (typeof type !== 'string' && !hasError) throw malformed(`an event whose type is ${kindOf(type)}`);
  const name = typeof type === 'string' ? type : '';
  const { places, texts } = context;
  const reader = new ReplyReader(event, {
    ...context.options,
    placeOf: (item, position) => places.inList(item, position),
  });
  const place = places.of(event);
  readEvent(reader, event, name, place);

  const isDone = name.endsWith('.done');
  const isWhole = isDone || isJsonObject(field(event, 'response'));
  const found = reader.builder.texts.map((text) => (isWhole ? texts.restate(text) : texts.append(text)));
  return {
    json: event,
    texts: found,
    ...(isDone ? { finishedTexts: finishedBy(found, name, place) } : {}),
    finished: ENDS.has(name) ? [ONLY_CHOICE] : [],
    isError: hasError || name === 'error' || name === 'response.failed',
    unjudged: reader.unjudged,
  };
}

/** The texts that the event says again, and the one it is about, which it may not say again. */
function finishedBy(texts: readonly FrameText[], name: string, place: Place): string[] {
  const about = TEXT_EVENTS.get(splitType(name)[0])?.id(place);
  return [...texts.map(({ id }) => id), ...(about === undefined ? [] : [about])];
}

/** `['output_text', 'delta']` of `response.output_text.delta`. */
export function splitType(type: string): readonly [family: string, step: string] {
  const name = type.startsWith('response.') ? type.slice('response.'.length) : type;
  const dot = name.lastIndexOf('.');
  return dot === -1 ? [name, ''] : [name.slice(0, dot), name.slice(dot + 1)];
}

function readEvent(reader: ReplyReader, event: JsonObject, type: string, place: Place): void {
  const [family, step] = splitType(type);
  reader.metadata(event, METADATA);
  if (type === 'error') reader.metadata(event, ['code', 'param']);

  const known = TEXT_EVENTS.get(family);
  if (known !== undefined) {
    const key = step === 'delta' ? 'delta' : known.whole;
    reader.takeWithLogprobs(known.channel, known.id(place), event, key);
    if (known.channel === 'tool_arguments')
      reader.take('tool_name', textId.call(place.item, 'name'), event, 'name');
  }
  const item = field(event, 'item');
  if (isJsonObject(item)) reader.item(item, place.item);
  const part = field(event, 'part');
  if (isJsonObject(part)) reader.part(part, place.item, place.part, place.list);
  const annotation = field(event, 'annotation');
  if (isJsonObject(annotation)) {
    const number = field(event, 'annotation_index');
    const index = typeof number === 'number' ? number : 0;
    reader.annotation(annotation, place.item, `${place.list}[${place.part}]`, index);
  }
  const response = field(event, 'response');
  if (isJsonObject(response)) reader.response(response);
  reader.media('image', event, 'partial_image_b64', 'partial_image_b64');
  if (family === 'audio') reader.media('audio', event, 'delta', 'delta');
  const error = field(event, 'error');
  if (isJsonObject(error)) reader.metadata(error, ['code', 'type', 'param']);
  // Under the event's own name: pieces of two texts must not be read as one.
  reader.rest(event, `event/${looksLikeMetadata(type) ? type : 'unknown'}`);
}
