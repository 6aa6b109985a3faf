/** What a pull tells while it goes on. */
import type { HubFile, HubRepository } from './hub-types.js';

export type PullEvent =
  /** Before the first byte: where the files come from, under which terms. */
  | {
      readonly kind: 'repository';
      readonly repository: HubRepository;
      /** Those that belong to the spec, with their sizes. */
      readonly files: readonly HubFile[];
      /** Bytes that are still to come. */
      readonly missingBytes: number;
    }
  | { readonly kind: 'resuming'; readonly name: string; readonly bytes: number; readonly size: number }
  | { readonly kind: 'restarting'; readonly name: string; readonly why: string }
  | { readonly kind: 'retrying'; readonly why: string; readonly waitMs: number }
  | { readonly kind: 'hub_not_asked'; readonly why: string }
  | { readonly kind: 'newer_on_hub'; readonly name: string }
  /** Bytes of all the files together. */
  | {
      readonly kind: 'progress';
      readonly doing: 'download' | 'verify';
      readonly bytes: number;
      readonly total: number;
    };
