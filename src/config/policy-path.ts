/** Where the policy file is: one of the package's own by name, or the operator's by path. */
import { isAbsolute, join, resolve } from 'node:path';
import { packageRoot } from '../runtime/entry.js';
import { didYouMean } from '../strict-yaml/index.js';

/** The policies that come with the package. */
export const POLICY_NAMES = ['default', 'strict', 'monitor'] as const;

/** True for a word that can only be a name: no slash, no extension. */
function isName(policy: string): boolean {
  return !/[/\\]/.test(policy) && !/\.[A-Za-z]+$/.test(policy);
}

/** What is wrong with a policy setting, or undefined. Whether the file exists is found out on loading it. */
export function policyFault(policy: string): string | undefined {
  const names: readonly string[] = POLICY_NAMES;
  if (!isName(policy) || names.includes(policy)) return undefined;
  return `there is no policy called "${policy}"${didYouMean(policy, names) || '.'} Allowed: ${names.join(', ')}, or the path of a file (./${policy}.yaml)`;
}

/** @param folder what a relative path starts from */
export function policyPath(policy: string, folder: string): string {
  if (isName(policy)) return join(packageRoot(), 'policies', `${policy}.yaml`);
  return isAbsolute(policy) ? policy : resolve(folder, policy);
}
