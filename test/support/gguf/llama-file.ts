export * from '../../../src/bench/gguf/llama-file.js';
