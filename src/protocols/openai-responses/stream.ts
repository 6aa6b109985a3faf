/** One streamed response: decodes the upstream's events, and writes those of Portcullis between them. */
import type { GuardError } from '../../core/errors.js';
import { isJsonObject, type JsonObject } from '../../core/json.js';
import type { DecodedRequest, ReplyFacts, ReplyFrame, StreamCodec } from '../../core/wire-format.js';
import type { Clock } from '../clock.js';
import { looksLikeMetadata } from '../coverage.js';
import { malformed } from '../frame-builder.js';
import { field } from '../shape.js';
import { ClientCopy, currentItem, type ClientItem, type ClientPart } from './client-copy.js';
import { decodeEvent, type EventContext } from './events.js';
import { ItemPlaces, type Place } from './places.js';
import { optionsFor } from './reply-reader.js';
import { RunningTexts } from './running-texts.js';
import {
  errorEvent,
  filteredResponse,
  madeUpHead,
  messageItem,
  openedResponse,
  textPart,
  type ResponseHead,
} from './write.js';

export class OpenAiResponsesStream implements StreamCodec {
  readonly #request: DecodedRequest;
  readonly #clock: Clock;
  readonly #context: EventContext;
  readonly #client = new ClientCopy();
  /** Where events that were decoded belong, until they are released. */
  readonly #decoded = new WeakMap<JsonObject, Place>();
  #head: ResponseHead | undefined;
  #complete = false;

  constructor(request: DecodedRequest, clock: Clock) {
    this.#request = request;
    this.#clock = clock;
    this.#context = { options: optionsFor(request), places: new ItemPlaces(), texts: new RunningTexts() };
  }

  decode(message: JsonObject): ReplyFrame {
    const frame = decodeEvent(message, this.#context);
    if (this.#complete && frame.texts.length > 0) throw malformed('more text after the end of the response');
    this.#decoded.set(message, this.#context.places.of(message));
    if (frame.finished.length > 0) this.#complete = true;
    this.#rememberHead(message);
    return frame;
  }

  released(frame: ReplyFrame): void {
    const place = this.#decoded.get(frame.json) ?? this.#context.places.of(frame.json);
    this.#client.apply(frame.json, place, frame.finished.length > 0);
  }

  notice(_choice: number, text: string): JsonObject[] {
    if (this.#client.ended) return [];
    const events = this.#begin();
    let part = this.#openText();
    let shown = text;
    if (part === undefined) {
      shown = text.replace(/^\n+/, '');
      part = this.#openOwnText(events);
    }
    const { item, part: index } = part.place;
    events.push(
      this.#say(
        'response.output_text.delta',
        { ...this.#at(part.place), delta: shown, logprobs: [] },
        { item, part: index, list: 'content' },
      ),
    );
    return events;
  }

  finish(facts: ReplyFacts): JsonObject[] {
    if (this.#client.ended) return [];
    const events = this.#begin();
    this.#closeItems(events);
    // A call that was cut is no call: nobody must run it with the half of its arguments.
    const output = [...this.#client.items.values()].filter(({ open }) => !open).map(({ item }) => item);
    const response = this.#client.response ?? openedResponse(this.#currentHead());
    const ended = filteredResponse(response, output, facts);
    events.push(this.#say('response.incomplete', { response: ended }, NOWHERE));
    this.#client.ended = true;
    return events;
  }

  error(error: GuardError, requestId: string): JsonObject {
    return errorEvent(error, requestId, this.#client.sequence);
  }

  get complete(): boolean {
    return this.#complete;
  }

  /** The events that begin a response, unless the client has them. */
  #begin(): JsonObject[] {
    if (this.#client.response !== undefined) return [];
    const response = openedResponse(this.#currentHead());
    return ['response.created', 'response.in_progress'].map((type) =>
      this.#say(type, { response: structuredClone(response) }, NOWHERE),
    );
  }

  /** The part that visible text can be added to: the last of an open message. */
  #openText(): ClientPart | undefined {
    const message = this.#openMessage();
    const last = message === undefined ? undefined : [...message.parts.values()].at(-1);
    const fits = last?.open === true && !last.textDone && field(last.part, 'type') === 'output_text';
    return fits ? last : undefined;
  }

  #openMessage(): ClientItem | undefined {
    return [...this.#client.items.values()].findLast(
      ({ open, item }) => open && field(item, 'type') === 'message',
    );
  }

  /** Begins a part of text, in the open message or in one of its own. */
  #openOwnText(events: JsonObject[]): ClientPart {
    let message = this.#openMessage();
    if (message === undefined) {
      this.#closeItems(events);
      const item = this.#client.nextIndex;
      const added = messageItem(`msg_portcullis_${this.#clock.id()}`, 'in_progress', []);
      const place: Place = { item, part: 0, list: 'content' };
      events.push(this.#say('response.output_item.added', { output_index: item, item: added }, place));
      message = this.#client.items.get(item);
    } else for (const part of message.parts.values()) this.#closePart(part, events);
    if (message === undefined) throw new Error('an item that was added is not there');
    const parts = [...message.parts.values()].filter(({ place }) => place.list === 'content');
    const index = Math.max(-1, ...parts.map(({ place }) => place.part)) + 1;
    const place: Place = { item: message.index, part: index, list: 'content' };
    events.push(this.#say('response.content_part.added', { ...this.#at(place), part: textPart('') }, place));
    const opened = [...message.parts.values()].at(-1);
    if (opened === undefined) throw new Error('a part that was added is not there');
    return opened;
  }

  #closeItems(events: JsonObject[]): void {
    for (const known of this.#client.items.values()) {
      const type = field(known.item, 'type');
      if (!known.open || (type !== 'message' && type !== 'reasoning')) continue;
      for (const part of known.parts.values()) this.#closePart(part, events);
      const place: Place = { item: known.index, part: 0, list: 'content' };
      const item = currentItem(known);
      events.push(this.#say('response.output_item.done', { output_index: known.index, item }, place));
    }
  }

  #closePart(known: ClientPart, events: JsonObject[]): void {
    if (!known.open) return;
    const { place, part, event, key } = known;
    const type = place.list === 'summary' ? 'summary_text' : field(part, 'type');
    const family = typeof type === 'string' ? TEXT_FAMILY.get(type) : undefined;
    const at = this.#at(place);
    if (family !== undefined && !known.textDone) {
      const logprobs: JsonObject = family === 'output_text' ? { logprobs: [] } : {};
      const text = field(part, key) ?? '';
      events.push(this.#say(`response.${family}.done`, { ...at, ...logprobs, [key]: text }, place));
    }
    events.push(this.#say(`${event}.done`, { ...at, part: { ...part } }, place));
  }

  /** The fields by which events name a part. */
  #at({ item, part, list }: Place): JsonObject {
    const known = this.#client.items.get(item);
    const id = known === undefined ? undefined : field(known.item, 'id');
    return {
      ...(typeof id === 'string' ? { item_id: id } : {}),
      output_index: item,
      [list === 'summary' ? 'summary_index' : 'content_index']: part,
    };
  }

  /** An event of our own, with the next number; the client has it from now on. */
  #say(type: string, fields: JsonObject, place: Place): JsonObject {
    const event: JsonObject = { type, sequence_number: this.#client.sequence, ...fields };
    this.#client.apply(event, place, false);
    return event;
  }

  #currentHead(): ResponseHead {
    this.#head ??= madeUpHead(this.#request.model, this.#clock);
    return this.#head;
  }

  #rememberHead(message: JsonObject): void {
    const response = field(message, 'response');
    if (this.#head !== undefined || !isJsonObject(response)) return;
    const id = field(response, 'id');
    const model = field(response, 'model');
    const created = field(response, 'created_at');
    // An id that looks like text was judged as text, and must not come back unjudged in a notice.
    if (typeof id !== 'string' || id === '' || !looksLikeMetadata(id)) return;
    const fallback = madeUpHead(this.#request.model, this.#clock);
    this.#head = {
      id,
      model: typeof model === 'string' && looksLikeMetadata(model) ? model : fallback.model,
      created: typeof created === 'number' ? created : fallback.created,
    };
  }
}

const NOWHERE: Place = { item: 0, part: 0, list: 'content' };

/** Part type -> the events of its text. */
const TEXT_FAMILY: ReadonlyMap<string, string> = new Map([
  ['output_text', 'output_text'],
  ['refusal', 'refusal'],
  ['reasoning_text', 'reasoning_text'],
  ['summary_text', 'reasoning_summary_text'],
]);
