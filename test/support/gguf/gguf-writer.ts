export * from '../../../src/bench/gguf/gguf-writer.js';
