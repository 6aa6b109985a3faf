/**
 * Fuzzes the decoders, codecs and the gate by hand:
 *
 *   npm run fuzz -- [--seconds N (60)] [--seed N] [--cases N]
 *
 * It needs the development packages (`npm ci`). `npm test` runs a fixed number of cases of the same kind. Exits with 1 when a case fails, and names its seed.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

try {
  import.meta.resolve('tsx');
} catch {
  console.error('The fuzz job is a development script: run npm ci first.');
  process.exit(2);
}
const main = fileURLToPath(new URL('../test/fuzz/main.ts', import.meta.url));
const { status, error } = spawnSync(process.execPath, ['--import', 'tsx', main, ...process.argv.slice(2)], {
  stdio: 'inherit',
});
if (error !== undefined) console.error(error.message);
process.exit(status ?? 1);
