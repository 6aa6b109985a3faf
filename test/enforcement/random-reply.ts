/** Random replies in three wire formats: several choices, every channel, random pieces and timing. */
import fc from 'fast-check';
import type { JsonObject, JsonValue } from '../../src/core/json.js';
import type { ReplyFrame, WireFormat } from '../../src/core/wire-format.js';
import { ollamaChat, ollamaGenerate, openAiChat } from '../../src/protocols/index.js';
import { cycle, pause } from './guarded-reply.js';

/** Texts by key; a key names the choice and the place in the message: `1/content`, `0/tool/0/arguments`. */
export type Texts = ReadonlyMap<string, string>;

export interface Piece {
  readonly key: string;
  readonly text: string;
}

interface Kind {
  /** How a failing property names it. */
  readonly [fc.toStringMethod]: () => string;
  readonly format: WireFormat;
  readonly choices: number;
  readonly keys: readonly string[];
  /** Keys whose text comes in one piece, as JSON of an object. */
  readonly whole: readonly string[];
  readonly request: (choices: number) => JsonObject;
  readonly message: (piece: Piece) => JsonObject;
  readonly ends: (choices: number) => JsonObject[];
  /** Reads a message as it went to the client, without the codec under test. */
  readonly read: (message: JsonObject) => Piece[];
}

const object = (value: JsonValue | undefined): JsonObject => (value ?? {}) as JsonObject;
const list = (value: JsonValue | undefined): JsonObject[] => (value ?? []) as JsonObject[];

const openAi: Kind = {
  [fc.toStringMethod]: () => 'openAi',
  format: openAiChat,
  choices: 3,
  keys: ['content', 'reasoning', 'tool/0/name', 'tool/0/arguments', 'tool/1/arguments', 'refusal'],
  whole: [],
  request: (n) => ({ model: 'm', stream: true, n, messages: [{ role: 'user', content: 'Hello?' }] }),
  message({ key, text }) {
    const [choice = '', field = '', call = '', part = ''] = key.split('/');
    const delta: JsonObject =
      field === 'tool'
        ? { tool_calls: [{ index: Number(call), function: { [part]: text } }] }
        : { [field]: text };
    return {
      id: 'c1',
      object: 'chat.completion.chunk',
      created: 1,
      model: 'm',
      choices: [{ index: Number(choice), delta, finish_reason: null }],
    };
  },
  ends: (choices) => [
    ...Array.from({ length: choices }, (_, index) => ({
      id: 'c1',
      choices: [{ index, delta: {}, finish_reason: 'stop' }],
    })),
    { id: 'c1', choices: [], usage: { total_tokens: 5 } },
  ],
  read: (message) =>
    list(message.choices).flatMap((choice) => {
      const { tool_calls: calls, ...fields } = object(choice.delta);
      const index = choice.index as number;
      const pieces = Object.entries(fields).map(([key, text]) => ({
        key: `${index}/${key}`,
        text: text as string,
      }));
      for (const call of list(calls))
        for (const [part, text] of Object.entries(object(call.function)))
          pieces.push({ key: `${index}/tool/${call.index as number}/${part}`, text: text as string });
      return pieces;
    }),
};

const ollamaLine = (fields: JsonObject, done = false): JsonObject => ({
  model: 'm',
  created_at: '2026-01-01T00:00:00Z',
  ...fields,
  done,
});

const chat: Kind = {
  [fc.toStringMethod]: () => 'chat',
  format: ollamaChat,
  choices: 1,
  keys: ['content', 'thinking', 'tool/0/arguments'],
  whole: ['tool/0/arguments'],
  request: () => ({ model: 'm', messages: [{ role: 'user', content: 'Hello?' }] }),
  message: ({ key, text }) =>
    key === '0/tool/0/arguments'
      ? ollamaLine({
          message: {
            role: 'assistant',
            tool_calls: [{ function: { arguments: JSON.parse(text) as JsonObject } }],
          },
        })
      : ollamaLine({ message: { role: 'assistant', [key.slice(2)]: text } }),
  ends: () => [ollamaLine({ message: { role: 'assistant', content: '' }, done_reason: 'stop' }, true)],
  read(message) {
    const { content, thinking, tool_calls: calls } = object(message.message);
    const pieces: Piece[] = [];
    if (typeof thinking === 'string') pieces.push({ key: '0/thinking', text: thinking });
    if (typeof content === 'string') pieces.push({ key: '0/content', text: content });
    for (const call of list(calls))
      pieces.push({ key: '0/tool/0/arguments', text: JSON.stringify(object(call.function).arguments) });
    return pieces;
  },
};

const generate: Kind = {
  [fc.toStringMethod]: () => 'generate',
  format: ollamaGenerate,
  choices: 1,
  keys: ['response', 'thinking'],
  whole: [],
  request: () => ({ model: 'm', prompt: 'Hello?' }),
  message: ({ key, text }) => ollamaLine({ [key.slice(2)]: text }),
  ends: () => [ollamaLine({ response: '', done_reason: 'stop' }, true)],
  read: (message) =>
    ['response', 'thinking'].flatMap((key) => {
      const text = message[key];
      return typeof text === 'string' ? [{ key: `0/${key}`, text }] : [];
    }),
};

const KINDS = [openAi, chat, generate] as const;

export interface Reply {
  readonly kind: Kind;
  readonly choices: number;
  readonly texts: Texts;
  readonly pieces: readonly Piece[];
  /** Before each frame, see `pause`. */
  readonly delays: readonly number[];
}

const BITS = [
  ...['plain words ', 'a ', '. ', '\n', '\n\n', '\r\n', '> ', '- ', '  ', '`', '``', '~~~'],
  ...['🦙', '👩‍👩‍👧', '漢字', 'é', '\u0000', '"', '\\'],
  ...['\n```python\nprint(1)\n```\n', '\n~~~\nx = 2\n~~~~\n', '```js\r\nlet y;\r\n```\r\n', '\n```\nopen '],
];

/** Prose and code, closed and not, with characters that are two UTF-16 units. */
const prose = fc.array(fc.constantFrom(...BITS), { maxLength: 14 }).map((bits) => bits.join(''));

const delay = fc.oneof(
  { weight: 12, arbitrary: fc.constant(0) },
  { weight: 4, arbitrary: fc.constant(1) },
  // Longer than `idle_ms` of the tests' policy: the model pauses.
  { weight: 1, arbitrary: fc.constant(6) },
);

export const delays = fc.array(delay, { maxLength: 12 });

/** Cuts each text at random places and shuffles the pieces, each text's own in order. */
export function cutTexts(kind: Kind, texts: Texts): fc.Arbitrary<Piece[]> {
  const cut = [...texts].map(([key, text]) => {
    if (kind.whole.includes(key.slice(2))) return fc.constant([{ key, text }]);
    return fc.array(fc.nat(text.length), { maxLength: 8 }).map((cuts) => {
      const ends = [...new Set([...cuts, text.length])].sort((a, b) => a - b);
      return ends.map((end, index) => ({ key, text: text.slice(ends[index - 1] ?? 0, end) }));
    });
  });
  return fc
    .tuple(fc.tuple(...cut), fc.array(fc.nat(), { minLength: 1, maxLength: 20 }))
    .map(([queues, picks]) => {
      const waiting = queues.map((queue) => [...queue]);
      const pieces: Piece[] = [];
      for (let turn = 0; waiting.some((queue) => queue.length > 0); turn += 1) {
        const open = waiting.filter((queue) => queue.length > 0);
        const next = open[(picks[turn % picks.length] ?? 0) % open.length]?.shift();
        if (next !== undefined) pieces.push(next);
      }
      return pieces;
    });
}

/** Each text begins with a mark of its own, so that none of them is a part of another. */
const begin = (key: string, text: string): string => `⟦${key}⟧${text}`;

const inJson = (text: string): string => JSON.stringify({ text });

export interface ReplyShape {
  /** Put into one text at a random place. */
  readonly insert?: string;
}

export function replies({ insert }: ReplyShape = {}): fc.Arbitrary<Reply & { readonly marked: string }> {
  return fc.constantFrom(...KINDS).chain((kind) =>
    fc.record({ choices: fc.integer({ min: 1, max: kind.choices }), delays }).chain(({ choices, delays }) => {
      const keys = Array.from({ length: choices }, (_, choice) =>
        kind.keys.map((key) => `${choice}/${key}`),
      ).flat();
      return fc
        .record({
          chosen: fc.subarray(keys, { minLength: 1 }),
          bodies: fc.array(prose, { minLength: keys.length, maxLength: keys.length }),
          at: fc.nat(),
          marked: fc.nat(),
        })
        .chain(({ chosen, bodies, at, marked }) => {
          const target = chosen[marked % chosen.length] ?? '';
          const texts = new Map(
            chosen.map((key, index) => {
              const body = bodies[index] ?? '';
              const offset = at % (body.length + 1);
              const full =
                insert !== undefined && key === target
                  ? body.slice(0, offset) + insert + body.slice(offset)
                  : body;
              const text = begin(key, full);
              return [key, kind.whole.includes(key.slice(2)) ? inJson(text) : text];
            }),
          );
          return cutTexts(kind, texts).map((pieces) => ({
            kind,
            choices,
            texts,
            pieces,
            delays,
            marked: target,
          }));
        });
    }),
  );
}

/** How far a source was read, and whether it was closed. */
export interface SourceState {
  frames: number;
  ended: boolean;
}

/** The reply's frames through a codec of its own; throws `fault` after `faultAfter` frames. */
export async function* framesOf(
  reply: Reply,
  fault?: { readonly after: number; readonly error: Error },
  state: SourceState = { frames: 0, ended: false },
): AsyncGenerator<ReplyFrame> {
  const { kind, choices, pieces } = reply;
  const codec = kind.format.openStream(kind.format.decodeRequest(kind.request(choices)));
  try {
    for (const message of [...pieces.map(kind.message), ...kind.ends(choices)]) {
      await pause(cycle(reply.delays, state.frames));
      if (fault !== undefined && state.frames >= fault.after) throw fault.error;
      state.frames += 1;
      yield codec.decode(message);
    }
  } finally {
    state.ended = true;
  }
}

/** What a client has read so far, by key. */
export function createReader(kind: Kind): {
  readonly texts: Map<string, string>;
  take(frame: ReplyFrame): void;
} {
  const texts = new Map<string, string>();
  return {
    texts,
    take(frame) {
      // Through JSON, as it goes over the wire.
      const message = JSON.parse(JSON.stringify(frame.json)) as JsonObject;
      for (const { key, text } of kind.read(message)) {
        if (text !== '') texts.set(key, (texts.get(key) ?? '') + text);
      }
    },
  };
}

/** A plain reply of one text in OpenAI's format, cut where the caller says. */
export function plainReply(pieces: readonly string[], delays: readonly number[] = []): Reply {
  return {
    kind: openAi,
    choices: 1,
    texts: new Map([['0/content', pieces.join('')]]),
    pieces: pieces.map((text) => ({ key: '0/content', text })),
    delays,
  };
}
