/** One model process behind the interface of a pool. */
import type { NativeHost, NativeHostOptions } from './host-interface.js';
import { createHostPool } from './host-pool.js';
import type { SessionKind, Sessions } from './protocol.js';

export type { CallOptions } from './call-queue.js';
export type { HostStats, NativeHost, NativeHostOptions } from './host-interface.js';
export type { HostState } from './model-process.js';

/** One process. Returns at once; the model loads in the background. */
export function createNativeHost<K extends SessionKind>(
  spec: Sessions[K]['spec'],
  options: NativeHostOptions<K> = {},
): NativeHost<K> {
  return createHostPool<K>(spec, { ...options, processes: 1 });
}
