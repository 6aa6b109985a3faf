/**
 * `npm start`: installs what is missing, builds what changed, and serves. Arguments go to
 * `portcullis serve`.
 *
 * The server runs in this very process, so that signals, exit code and terminal are its own: a parent
 * that passes them on would be one more thing to go wrong.
 */
import { requireNode } from './check-node.mjs';

requireNode();
const { dirname, join } = await import('node:path');
const { fileURLToPath, pathToFileURL } = await import('node:url');
const { SetupError, ensureInstalled, say } = await import('./install.mjs');
const { ensureBuilt } = await import('./build.mjs');
const { endWithParent } = await import('./end-with-parent.mjs');

const root = dirname(dirname(fileURLToPath(import.meta.url)));

async function setUp() {
  try {
    await ensureInstalled(root, 'runtime');
    await ensureBuilt(root, { fast: true });
    return true;
  } catch (error) {
    say(error instanceof SetupError ? error.message : error.stack);
    process.exitCode = 1;
    return false;
  }
}

if (await setUp()) {
  const main = join(root, 'dist', 'cli', 'main.js');
  if (process.env.npm_lifecycle_event !== undefined) endWithParent();
  process.env.NODE_LLAMA_CPP_SKIP_DOWNLOAD = 'true';
  process.argv.splice(1, 1, main, 'serve');
  await import(pathToFileURL(main).href);
}
