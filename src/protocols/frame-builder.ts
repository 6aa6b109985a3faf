/** Collects a reply frame's texts, each with the place it can be replaced at. */
import type { Channel, UnjudgedPart } from '../core/conversation.js';
import { GuardError } from '../core/errors.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../core/json.js';
import type { FrameText } from '../core/wire-format.js';
import { asJson, assign, type Container } from './container.js';
import {
  allStrings,
  Coverage,
  depthIsBounded,
  isDataUrl,
  walkUncovered,
  type UncoveredVisitor,
} from './coverage.js';

const NO_OPTIONS: OtherTextOptions = {};

export class FrameBuilder {
  readonly coverage = new Coverage();
  readonly texts: FrameText[] = [];
  /** What no judge of text can read. */
  readonly unjudged: UnjudgedPart[] = [];

  /** Throws GuardError('upstream_malformed') when the frame nests too deep to be handled. */
  constructor(json: JsonObject) {
    if (!depthIsBounded(json)) throw malformed('a message that nests deeper than 64 levels');
  }

  /**
   * Takes the value at this place as text: a string as it is, an object or array as its JSON.
   * `onEdit` runs before the text is replaced by another.
   */
  take(place: TextPlace, onEdit?: () => void): void {
    const { container, key } = place;
    const value = (container as Record<string | number, JsonValue>)[key];
    if (value === undefined || value === null || value === '') return;
    this.coverage.cover(container, key);
    const isText = typeof value === 'string';
    const text = isText ? value : JSON.stringify(value);
    this.#push(place, text, (replacement) => {
      if (replacement === text) return;
      onEdit?.();
      assign(container, key, isText ? replacement : asJson(replacement));
    });
  }

  /** Takes a text that has no single place: `remove` must delete it whole, whatever it is replaced by. */
  takeRemovable(place: Omit<TextPlace, 'container' | 'key'>, text: string, remove: () => void): void {
    this.#push(place, text, (replacement) => {
      if (replacement !== text) remove();
    });
  }

  /**
   * Takes every string not yet covered as text. Token ids are removed: they are text that no judge can
   * read. Media throws GuardError('unjudgeable_content').
   */
  takeOther(container: Container, choice: number, options: OtherTextOptions = NO_OPTIONS): void {
    walkUncovered(container, '', this.coverage, new OtherTexts(this, choice, options));
  }

  #push(place: Omit<TextPlace, 'container' | 'key'>, text: string, set: (text: string) => void): void {
    const { choice, channel, id } = place;
    if (text !== '') this.texts.push({ choice, channel, id, text, set });
  }
}

/** Takes what the walk finds. */
class OtherTexts implements UncoveredVisitor {
  readonly #builder: FrameBuilder;
  readonly #choice: number;
  readonly #options: OtherTextOptions;

  constructor(builder: FrameBuilder, choice: number, options: OtherTextOptions) {
    this.#builder = builder;
    this.#choice = choice;
    this.#options = options;
  }

  text(text: string, container: Container, key: string | number, path: string): void {
    if (isDataUrl(text)) throw unjudgeableReply('media');
    this.#builder.take({ ...this.#place(path), container, key }, this.#options.onEdit);
  }

  oddKey(container: JsonObject, key: string, path: string): boolean {
    this.#builder.coverage.cover(container, key);
    const strings = allStrings(container[key] ?? null);
    if (strings.some(isDataUrl)) throw unjudgeableReply('media');
    this.#builder.takeRemovable(this.#place(path), [key, ...strings].join('\n'), () => {
      this.#options.onEdit?.();
      remove(container, key);
    });
    return true;
  }

  tokens(container: JsonObject, key: string): boolean {
    remove(container, key);
    return true;
  }

  #place(path: string): Omit<TextPlace, 'container' | 'key'> {
    const { channel = 'other' } = this.#options;
    return { choice: this.#choice, channel, id: `${this.#choice}/${channel}/${path}` };
  }
}

export interface OtherTextOptions {
  /** Default `other`. Ids are `<choice>/<channel>/<path>`. */
  readonly channel?: Channel;
  /** Runs before a text is replaced by another. */
  readonly onEdit?: () => void;
}

export interface TextPlace {
  readonly choice: number;
  readonly channel: Channel;
  readonly id: string;
  readonly container: Container;
  readonly key: string | number;
}

export function malformed(what: string): GuardError {
  return new GuardError('upstream_malformed', `The upstream sent ${what}.`);
}

/** For formats whose whole replies are objects. */
export function requireObjectReply(body: JsonValue): JsonObject {
  if (!isJsonObject(body)) throw malformed('JSON that is no object');
  return body;
}

export function unjudgeableReply(what: string): GuardError {
  return new GuardError('unjudgeable_content', `The reply holds ${what}, which the guard cannot judge.`);
}

/** Deletes a field of a reply. */
export function remove(container: JsonObject, key: string): void {
  Reflect.deleteProperty(container, key);
}
