import type { EventSink } from '../../core/events.js';
import type { CodeScanner } from '../../core/code-scanner.js';
import type { Taxonomies } from '../../core/taxonomy.js';
import type { Engine } from '../../engine/engine.js';
import type { Policy } from '../../policy/policy.js';

/** What judging needs of a running guard (`Portcullis` has all of it). */
export interface GuardParts {
  readonly engine: Engine;
  readonly policy: Policy;
  readonly taxonomies: Taxonomies;
  readonly emit: EventSink;
}

/** What scanning needs: no guard model, so that a scan works without one. */
export interface ScanParts {
  readonly scanner: CodeScanner;
  readonly policy: Policy;
  readonly taxonomies: Taxonomies;
  readonly emit: EventSink;
}

/** Which request (or line) this is, for the events, and the signal that ends it. */
export interface ItemContext {
  readonly requestId: string;
  /** The endpoint, as policies name it; undefined for a line of a command. */
  readonly route?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}
