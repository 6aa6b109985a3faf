/** Which output item, and which part of it, an event is about. */
import { isJsonObject, type JsonObject } from '../../core/json.js';
import { malformed } from '../frame-builder.js';
import { field, kindOf } from '../shape.js';

export interface Place {
  /** `output_index`. */
  readonly item: number;
  /** `content_index`, or `summary_index` for the events of a summary. */
  readonly part: number;
  readonly list: 'content' | 'summary';
}

/** Far above what any reply has; a gap would make clients that keep arrays hold as many holes. */
const MAX_INDEX = 100_000;

/**
 * Numbers the items of one stream. OpenAI and vLLM number them; llama.cpp's server leaves the numbers out of
 * some events and names the items only.
 */
export class ItemPlaces {
  readonly #byId = new Map<string, number>();
  #next = 0;

  /** Throws GuardError('upstream_malformed') on an index that is none. */
  of(event: JsonObject): Place {
    const summary = readIndex(event, 'summary_index');
    const part = readIndex(event, 'content_index');
    return {
      item: this.#itemOf(event),
      part: summary ?? part ?? 0,
      list: summary === undefined ? 'content' : 'summary',
    };
  }

  /** The place of an item in the list of a whole response. */
  inList(item: JsonObject, position: number): number {
    const id = field(item, 'id');
    return (typeof id === 'string' ? this.#byId.get(id) : undefined) ?? position;
  }

  #itemOf(event: JsonObject): number {
    const item = field(event, 'item');
    const id = isJsonObject(item) ? field(item, 'id') : field(event, 'item_id');
    const known = typeof id === 'string' ? this.#byId.get(id) : undefined;
    const told = readIndex(event, 'output_index');
    const isNew = field(event, 'type') === 'response.output_item.added';
    const index = told ?? known ?? (isNew ? this.#next : Math.max(0, this.#next - 1));
    if (isNew) {
      this.#next = Math.max(this.#next, index + 1);
      if (typeof id === 'string' && id !== '') this.#byId.set(id, index);
    }
    return index;
  }
}

function readIndex(event: JsonObject, name: string): number | undefined {
  const value = field(event, name);
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > MAX_INDEX)
    throw malformed(`${name} as ${kindOf(value)}`);
  return value;
}
