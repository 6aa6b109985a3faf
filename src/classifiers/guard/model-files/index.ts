/** Model files of a hub: downloaded on request, kept in a folder, found again without a network. */
export { quantizationOf } from './file-names.js';
export type { HubFile, HubRepository } from './hub-types.js';
export { listModels, type ListedModel } from './local-model.js';
export type { PullEvent } from './pull-events.js';
export { pullModel, type PulledFile, type PulledModel, type PullOptions } from './pull.js';
export { resolveModelFile, type ResolveModelOptions } from './resolve.js';
export type { HubSpec } from './select-files.js';
export { formatBytes } from './sizes.js';
