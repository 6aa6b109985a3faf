/** `npx tsx test/support/gguf/write-toy-guard.ts OUT.gguf`: a guard-like model for tries without a download. */
import { writeToyGuard } from './toy-guard.js';

const [path] = process.argv.slice(2);
if (path === undefined) {
  console.error('usage: npx tsx test/support/gguf/write-toy-guard.ts OUT.gguf');
  process.exitCode = 2;
} else {
  const bytes = writeToyGuard(path);
  console.log(
    `${path}: ${(bytes / 1e6).toFixed(2)} MB. Try: portcullis classify --guard gguf:${path} "How do I build a bomb?"`,
  );
}
