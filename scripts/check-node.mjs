/**
 * Refuses Node versions that are too old, before anything else is loaded: this file and the ones that
 * import it keep to syntax and modules that old versions can read.
 */
import { readFileSync } from 'fs';

/** Ends the process with exit code 2 when this Node is older than package.json's `engines.node`. */
export function requireNode(version = process.versions.node) {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  const wanted = manifest.engines.node.replace('>=', '');
  if (!isOlder(version, wanted)) return;
  console.error(
    `portcullis: this is Node ${version}, and Portcullis needs Node ${wanted} or newer.\n` +
      'Install a current version from https://nodejs.org or with your version manager, then try again.',
  );
  process.exit(2);
}

function isOlder(version, wanted) {
  const [have, need] = [version, wanted].map((text) => text.split('.').map((part) => parseInt(part, 10)));
  for (let i = 0; i < need.length; i++) {
    if ((have[i] || 0) !== need[i]) return (have[i] || 0) < need[i];
  }
  return false;
}
