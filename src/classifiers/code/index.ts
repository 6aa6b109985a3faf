/** Code Shield: finds code in what a model writes and reports what is insecure in it. */
export { createCodeScanner, MAX_CODE_LENGTH, type CodeScannerOptions } from './scanner.js';
