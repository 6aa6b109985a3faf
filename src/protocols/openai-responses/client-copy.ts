/**
 * The response as far as the client has it: what was released and what Portcullis wrote itself. From it
 * comes the end of a stream that is cut, which says everything again.
 */
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.js';
import { field } from '../shape.js';
import { splitType, TEXT_EVENTS } from './events.js';
import type { Place } from './places.js';

export interface ClientPart {
  readonly place: Place;
  readonly part: JsonObject;
  /** `response.content_part`, `response.reasoning_summary_part`: the event that opened it, without `.added`. */
  readonly event: string;
  /** The field of `part` that holds its text. */
  readonly key: string;
  /** Its text was said to be complete. */
  textDone: boolean;
  open: boolean;
}

export interface ClientItem {
  readonly index: number;
  item: JsonObject;
  readonly parts: Map<string, ClientPart>;
  open: boolean;
}

export class ClientCopy {
  /** The latest response object that the client was sent. */
  response: JsonObject | undefined;
  readonly items = new Map<number, ClientItem>();
  /** The response was said to have ended. */
  ended = false;
  #sequence = 0;

  /** The number of the next event. */
  get sequence(): number {
    return this.#sequence;
  }

  /** The index for a new item. */
  get nextIndex(): number {
    return Math.max(-1, ...this.items.keys()) + 1;
  }

  /** To be called for each event that the client gets, in order. */
  apply(event: JsonObject, place: Place, ends: boolean): void {
    const number = field(event, 'sequence_number');
    this.#sequence = (typeof number === 'number' ? number : this.#sequence) + 1;
    const type = field(event, 'type');
    const response = field(event, 'response');
    if (isJsonObject(response)) this.response = response;
    if (ends) this.ended = true;
    if (typeof type === 'string') this.#applyItem(event, type, place);
  }

  #applyItem(event: JsonObject, type: string, place: Place): void {
    const [family, step] = splitType(type);
    const item = field(event, 'item');
    const part = field(event, 'part');
    if (isJsonObject(item)) {
      const open = step !== 'done';
      const known = this.items.get(place.item);
      if (known !== undefined && !open) Object.assign(known, { item, open });
      else this.items.set(place.item, { index: place.item, item, parts: new Map(), open });
    } else if (isJsonObject(part)) this.#applyPart(event, part, family, step, place);
    else if (TEXT_EVENTS.has(family)) this.#applyText(event, family, step, place);
  }

  #applyPart(event: JsonObject, part: JsonObject, family: string, step: string, place: Place): void {
    const { parts } = this.#item(place, event);
    const key = field(part, 'type') === 'refusal' ? 'refusal' : 'text';
    const open = step !== 'done';
    // Its text grows here; the event's own object is the client's already.
    const own: JsonObject = { ...part };
    parts.set(partKey(place), { place, part: own, event: `response.${family}`, key, textDone: !open, open });
  }

  #applyText(event: JsonObject, family: string, step: string, place: Place): void {
    const { parts, item } = this.#item(place, event);
    const kind = field(item, 'type');
    if (kind !== 'message' && kind !== 'reasoning') return;
    let known = parts.get(partKey(place));
    if (known === undefined) {
      this.#applyPart(event, emptyPart(family), PART_EVENT[place.list], 'added', place);
      known = parts.get(partKey(place));
    }
    const text = field(event, step === 'delta' ? 'delta' : (TEXT_EVENTS.get(family)?.whole ?? 'text'));
    if (known === undefined || typeof text !== 'string') return;
    const before: JsonValue | undefined = field(known.part, known.key);
    known.part[known.key] = step === 'delta' ? (typeof before === 'string' ? before : '') + text : text;
    known.textDone = step === 'done';
  }

  /** Servers that leave events out still say which item they go on with. */
  #item(place: Place, event: JsonObject): ClientItem {
    let known = this.items.get(place.item);
    if (known === undefined) {
      const type = place.list === 'summary' ? 'reasoning' : 'message';
      const id = field(event, 'item_id') ?? `item_${place.item}`;
      const item: JsonObject = { id, type, role: 'assistant', status: 'in_progress', content: [] };
      known = { index: place.item, item, parts: new Map(), open: true };
      this.items.set(place.item, known);
    }
    return known;
  }
}

const PART_EVENT = { content: 'content_part', summary: 'reasoning_summary_part' } as const;

export const partKey = ({ list, part }: Place): string => `${list}/${part}`;

function emptyPart(family: string): JsonObject {
  if (family === 'refusal') return { type: 'refusal', refusal: '' };
  if (family === 'reasoning_text') return { type: 'reasoning_text', text: '' };
  if (family === 'reasoning_summary_text') return { type: 'summary_text', text: '' };
  return { type: 'output_text', text: '', annotations: [] };
}

/** The item with its parts as the client has them. */
export function currentItem({ item, parts, open }: ClientItem): JsonObject {
  if (!open) return item;
  const list = (name: Place['list']): JsonObject[] =>
    [...parts.values()].filter(({ place }) => place.list === name).map(({ part }) => part);
  const content = list('content');
  const summary = list('summary');
  return {
    ...item,
    status: 'incomplete',
    ...(content.length > 0 ? { content } : {}),
    ...(summary.length > 0 ? { summary } : {}),
  };
}
