/** The long run by hand; started by scripts/fuzz.mjs. */
import { parseArgs } from 'node:util';
import { runFuzz } from './run-fuzz.js';

const { values } = parseArgs({
  options: { seconds: { type: 'string' }, seed: { type: 'string' }, cases: { type: 'string' } },
});
const number = (name: 'seconds' | 'seed' | 'cases', fallback: number): number => {
  const value = Number(values[name] ?? fallback);
  if (Number.isFinite(value) && value >= 0) return value;
  console.error(`--${name} must be a number of at least 0.`);
  process.exit(2);
};
const seconds = number('seconds', values.cases === undefined ? 60 : Number.MAX_SAFE_INTEGER);
const seed = number('seed', Date.now() % 1_000_000_000);
const cases = number('cases', Number.MAX_SAFE_INTEGER);
console.log(`First case: ${seed}`);
try {
  const { ran, passed, refused } = await runFuzz({ seed, cases, forMs: seconds * 1000 });
  console.log(`${ran} cases: ${passed} passed on, ${refused} refused, none failed.`);
} catch (error) {
  console.error(error);
  process.exit(1);
}
