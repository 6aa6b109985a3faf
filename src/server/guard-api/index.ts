/** The guard's own API, without HTTP: the endpoints and the command line both stand on it. */
export { classifyItem, type ClassifyLine, type ClassifyOptions } from './classify-item.js';
export { moderate, type ModerationResponse } from './moderate.js';
export type { GuardParts, ItemContext, ScanParts } from './parts.js';
export { idOf } from './read-item.js';
export { scanItem, type ScanLine } from './scan-item.js';
export { scanSource, type ScannedSource, type ScanSource } from './scan-source.js';
