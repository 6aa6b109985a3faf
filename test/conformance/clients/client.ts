/** One way in which a program asks a model: a package, one of its calls, streamed or not. */

export interface Call {
  /** Base URL of the server, without a path. */
  readonly url: string;
  readonly model: string;
  readonly prompt: string;
}

/** What the program gets to see. */
export interface Seen {
  /** Everything: the reply, or all messages of the stream. */
  readonly all: unknown;
  /** The visible text, where the reply is one. */
  readonly text: string;
  /** Why the reply ended, in the package's words. */
  readonly finish: string | null | undefined;
}

/** An error as the package raises it. */
export interface Raised {
  readonly status: number | undefined;
  /** Portcullis's own code or the server's, where the package hands it on. */
  readonly code: string | undefined;
  readonly message: string;
}

export interface Client {
  readonly name: string;
  readonly path: string;
  readonly streams: boolean;
  /** What of a model server's replies the call has room for. */
  readonly has: readonly ('text' | 'tools' | 'reasoning')[];
  /** `finish` of a reply that the content filter ended; absent where a block has to be an error. */
  readonly filtered?: string;
  ask(call: Call): Promise<Seen>;
  /** Reads what `ask` threw; undefined for anything that is no error of the package. */
  raised(error: unknown): Raised | undefined;
}

/** Tools that every client offers; the model `tools` calls them. */
export const WEATHER = {
  name: 'get_weather',
  description: 'The weather in a city.',
  schema: {
    type: 'object' as const,
    properties: { city: { type: 'string' as const } },
    required: ['city'],
    additionalProperties: false,
  },
};

export async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const collected: Item[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}
