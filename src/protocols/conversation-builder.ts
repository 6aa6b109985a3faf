/** Collects a request's text into turns, and at the end everything that no decoder has asked for. */
import type {
  Channel,
  Conversation,
  GuardRole,
  Segment,
  Turn,
  UnjudgedPart,
  WireRole,
} from '../core/conversation.js';
import { GuardError } from '../core/errors.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../core/json.js';
import { asJson, assign, type Container } from './container.js';
import { Coverage, depthIsBounded, isDataUrl, walkUncovered } from './coverage.js';
import { coverMedia } from './media.js';
import { joinPath } from './shape.js';
import { collectDefinitionText } from './tool-definitions.js';

interface OpenTurn extends Turn {
  readonly segments: Segment[];
}

export class ConversationBuilder {
  readonly coverage = new Coverage();
  readonly #body: JsonObject;
  readonly #definitions: Segment[] = [];
  readonly #turns: OpenTurn[] = [];
  readonly #unjudged: UnjudgedPart[] = [];

  /** Throws GuardError('invalid_request') when the body nests too deep to be handled. */
  constructor(body: JsonObject) {
    if (!depthIsBounded(body)) {
      throw new GuardError('invalid_request', 'The body nests deeper than 64 levels; send it flatter.');
    }
    this.#body = body;
  }

  /** Begins a turn; the segments that follow are its own. */
  turn(wireRole: WireRole): TurnBuilder {
    const role: GuardRole = wireRole === 'assistant' ? 'Agent' : 'User';
    const turn: OpenTurn = { role, wireRole, segments: [] };
    this.#turns.push(turn);
    return new TurnBuilder(turn.segments, this.coverage);
  }

  /**
   * Lists a part that no judge of text can read. The policy decides about it; text that stands in it all the
   * same stays to be judged.
   */
  unjudgeable(kind: UnjudgedPart['kind'], container: Container, key: string | number, path: string): void {
    coverMedia(this.coverage, container, key);
    this.#unjudged.push({ kind, path });
  }

  /** Takes tool definitions or a schema: names, descriptions, property names, every string. */
  definitions(container: JsonObject, key: string): void {
    const value = container[key];
    if (!Array.isArray(value) && !isJsonObject(value)) return;
    this.coverage.cover(container, key);
    collectDefinitionText(value, key, this.#definitions);
  }

  /**
   * The conversation. Definitions come first, as servers render them, and stay a cached prefix. Text
   * from places we do not know goes behind the last User turn, where any judge looks, as `channel`.
   */
  build(channel: Channel = 'other'): Conversation {
    const other = this.#collectOther(channel);
    const turns: Turn[] = [...this.#turns];
    if (other.length > 0) {
      const lastUser = turns.findLastIndex((turn) => turn.role === 'User');
      turns.splice(lastUser + 1, 0, { role: 'User', wireRole: 'user', segments: other });
    }
    if (this.#definitions.length > 0) {
      turns.unshift({ role: 'User', wireRole: 'system', segments: this.#definitions });
    }
    return { turns, unjudged: this.#unjudged };
  }

  #collectOther(channel: Channel): Segment[] {
    const segments: Segment[] = [];
    walkUncovered(this.#body, '', this.coverage, {
      text: (text, container, key, path) => {
        if (isDataUrl(text)) this.#unjudged.push({ kind: 'file', path });
        else
          segments.push({
            channel,
            text,
            path,
            replace: (replacement) => assign(container, key, replacement),
          });
      },
      oddKey: (_container, key, path) => {
        segments.push({ channel, text: key, path });
        return false;
      },
      tokens: (_container, _key, path) => {
        this.#unjudged.push({ kind: 'tokens', path });
        return false;
      },
    });
    return segments;
  }
}

export class TurnBuilder {
  readonly #segments: Segment[];
  readonly #coverage: Coverage;

  constructor(segments: Segment[], coverage: Coverage) {
    this.#segments = segments;
    this.#coverage = coverage;
  }

  /** Takes the value at this place as text of the channel: a string as it is, anything else as JSON. */
  take(channel: Channel, container: Container, key: string | number, path: string): void {
    const value: JsonValue | undefined = Object.hasOwn(container, key)
      ? (container as Record<string | number, JsonValue>)[key]
      : undefined;
    if (value === undefined || value === null || value === '') return;
    this.#coverage.cover(container, key);
    const isText = typeof value === 'string';
    const text = isText ? value : JSON.stringify(value);
    this.#segments.push({
      channel,
      text,
      path: joinPath(path, key),
      replace: (replacement) => assign(container, key, isText ? replacement : asJson(replacement)),
    });
  }
}
