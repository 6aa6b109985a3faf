export * from '../../../src/bench/gguf/random-weights.js';
