import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The rules that come with the package. */
export const shippedRules = join(dirname(fileURLToPath(import.meta.url)), '../../../policies/code-shield');
