export * from '../src/bench/statistics.js';
