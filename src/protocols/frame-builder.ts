/** Collects a reply frame's texts, each with the place it can be replaced at. */
import type { Channel } from '../core/conversation.js';
import { GuardError } from '../core/errors.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../core/json.js';
import type { FrameText } from '../core/wire-format.js';
import { asJson, assign, type Container } from './container.js';
import { allStrings, Coverage, depthIsBounded, isDataUrl, walkUncovered } from './coverage.js';

export class FrameBuilder {
  readonly coverage = new Coverage();
  readonly texts: FrameText[] = [];

  /** Throws GuardError('upstream_malformed') when the frame nests too deep to be handled. */
  constructor(json: JsonObject) {
    if (!depthIsBounded(json)) throw malformed('a message that nests deeper than 64 levels');
  }

  /**
   * Takes the value at this place as text: a string as it is, an object or array as its JSON.
   * `onEdit` runs before the text is replaced by another.
   */
  take(place: TextPlace, onEdit: () => void = () => undefined): void {
    const { container, key } = place;
    const value = (container as Record<string | number, JsonValue>)[key];
    if (value === undefined || value === null || value === '') return;
    this.coverage.cover(container, key);
    const isText = typeof value === 'string';
    const text = isText ? value : JSON.stringify(value);
    this.#push(place, text, (replacement) => {
      if (replacement === text) return;
      onEdit();
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
  takeOther(container: Container, choice: number, options: OtherTextOptions = {}): void {
    const { channel = 'other', onEdit = () => undefined } = options;
    const place = (path: string): Omit<TextPlace, 'container' | 'key'> => ({
      choice,
      channel,
      id: `${choice}/${channel}/${path}`,
    });
    walkUncovered(container, '', this.coverage, {
      text: (text, parent, key, path) => {
        if (isDataUrl(text)) throw unjudgeableReply('media');
        this.take({ ...place(path), container: parent, key }, onEdit);
      },
      oddKey: (parent, key, path) => {
        this.coverage.cover(parent, key);
        const strings = allStrings(parent[key] ?? null);
        if (strings.some(isDataUrl)) throw unjudgeableReply('media');
        this.takeRemovable(place(path), [key, ...strings].join('\n'), () => {
          onEdit();
          remove(parent, key);
        });
        return true;
      },
      tokens: (parent, key) => {
        remove(parent, key);
        return true;
      },
    });
  }

  #push(place: Omit<TextPlace, 'container' | 'key'>, text: string, set: (text: string) => void): void {
    const { choice, channel, id } = place;
    if (text !== '') this.texts.push({ choice, channel, id, text, set });
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
