/** Types of the scripted upstream, for TypeScript programs that start it themselves (tests, above all). */

/** What a reply consists of, in the order a model writes it. */
export type ScriptedPart =
  | { readonly kind: 'text' | 'reasoning' | 'refusal'; readonly text: string }
  | { readonly kind: 'tool'; readonly name: string; readonly arguments: Readonly<Record<string, unknown>> };

export interface ScriptedReply {
  readonly parts: readonly ScriptedPart[];
  /** OpenAI's finish_reason; Ollama gets `length` or `stop`. */
  readonly finish: string;
}

export type ScriptedFault =
  | 'none'
  | 'refuse'
  | 'hang'
  | 'hang-stream'
  | 'cut'
  | 'end'
  | 'error'
  | 'html'
  | 'json'
  | 'shape'
  | 'empty'
  | 'gzip'
  | 'redirect'
  | '400'
  | '401'
  | '404'
  | '429'
  | '500'
  | '502'
  | '503';

/** A request's parsed JSON body; its shape is the sender's business. */
export type ScriptedBody = Readonly<Record<string, unknown>>;

export interface ScriptedOptions {
  /** Default 0: any free port. */
  readonly port?: number;
  /** The model's name in listings; replies repeat the name that the request used. Default `scripted`. */
  readonly model?: string;
  /** Replaces the script: called once for each choice. */
  readonly reply?: (body: ScriptedBody, choice: number) => ScriptedReply;
  /** Called when a request's body has been read, before anything is answered. */
  readonly onRequest?: (request: ScriptedRequest) => void;
  /** Code points per streamed piece, at least 1. Default 16. */
  readonly chunk?: number;
  /** Bytes per write to the socket; 0 (default) writes whole frames. */
  readonly split?: number;
  /** Milliseconds before each streamed piece, or before a whole reply. Default 0. */
  readonly delay?: number;
  /** Streamed pieces before a mid-stream fault strikes. Default 3. */
  readonly after?: number;
  /** Default `none`. The header comment of `scripted.mjs` says what each does. */
  readonly fault?: ScriptedFault;
}

/** One received request. The fields change while the request is answered: look again after the reply. */
export interface ScriptedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The body as it came. */
  readonly raw: string;
  /** The parsed body; undefined without one. */
  readonly body: ScriptedBody | undefined;
  /** The connection was closed before the response was complete (also by a fault of ours). */
  readonly aborted: boolean;
  /** The whole response was handed to the socket. */
  readonly finished: boolean;
}

export interface ScriptedUpstream {
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  readonly url: string;
  /** Every request so far, in order of arrival. */
  readonly requests: readonly ScriptedRequest[];
  /** Ends all connections and frees the port. */
  close(): Promise<void>;
}

/** Rejects with a plain Error on an unknown option, a value out of range or a port in use. */
export function createScriptedUpstream(options?: ScriptedOptions): Promise<ScriptedUpstream>;
