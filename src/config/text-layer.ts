/** Settings that come as text: environment variables and flags. */
import { didYouMean, explainIssues } from '../strict-yaml/index.js';
import type { Environment } from './env-reference.js';
import type { Setting, SettingKind, Settings } from './settings.js';
import { variableOf } from './settings.js';

/** Names the file; not a setting of the file itself. */
export const FILE_VARIABLE = 'PORTCULLIS_CONFIG';

/** The value a text stands for; a text of the wrong kind stays text, and the setting's schema refuses it. */
function fromText(text: string, kind: SettingKind): unknown {
  const word = text.trim();
  switch (kind) {
    case 'number':
      return /^[+-]?\d+(\.\d+)?$/.test(word) ? Number(word) : text;
    case 'boolean':
    case 'boolean-or-text':
      if (word === 'true' || word === '1') return true;
      return word === 'false' || word === '0' ? false : text;
    case 'list':
      return word
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== '');
    case 'text':
    case 'map':
      return text;
  }
}

/** Checks one value; the problems are added under `name`. */
function check(name: string, value: unknown, { schema }: Setting<unknown>, problems: string[]): unknown {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  for (const { message } of explainIssues(result.error.issues, schema, value))
    problems.push(`${name}: ${message}`);
  return undefined;
}

/**
 * Kubernetes puts variables of this form into every container beside a service whose name begins
 * with "portcullis"; nobody meant them as settings.
 * https://kubernetes.io/docs/tutorials/services/connect-applications-service/#environment-variables
 */
function isServiceLink(name: string, value: string): boolean {
  return (
    /_SERVICE_(HOST|PORT(_\w+)?)$/.test(name) ||
    (/_PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?$/.test(name) &&
      (/^(tcp|udp|sctp):\/\//.test(value) || /_\d+_(TCP|UDP|SCTP)_(PROTO|PORT|ADDR)$/.test(name)))
  );
}

export interface TextLayer {
  readonly values: ReadonlyMap<string, unknown>;
  /** Key -> the variable's or flag's name. */
  readonly names: ReadonlyMap<string, string>;
}

/** Reads all `PORTCULLIS_*` variables and the model hub's own; one that is empty counts as not set, one that is unknown is a problem. */
export function readEnvironment(env: Environment, settings: Settings, problems: string[]): TextLayer {
  const values = new Map<string, unknown>();
  const names = new Map<string, string>();
  const keyOf = new Map<string, string>();
  for (const [key, one] of Object.entries(settings) as [string, Setting<unknown>][]) {
    const variable = variableOf(key, one);
    if (variable !== undefined) keyOf.set(variable, key);
  }
  for (const [name, text] of Object.entries(env).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const ours = name.startsWith('PORTCULLIS_') && name !== FILE_VARIABLE;
    // The model hub's own variables (HF_TOKEN) are settings here too; nothing else of other programs is looked at.
    if (!ours && !keyOf.has(name)) continue;
    if (text === undefined || text === '' || isServiceLink(name, text)) continue;
    const key = keyOf.get(name);
    if (key === undefined) {
      const hint = didYouMean(
        name.slice(11),
        [...keyOf.keys(), FILE_VARIABLE].map((known) => known.slice(11)),
      );
      problems.push(
        `${name}: no such environment variable${hint.replace('"', '"PORTCULLIS_') || '; docs/configuration.md lists them'}`,
      );
      continue;
    }
    const one = settings[key as keyof Settings] as Setting<unknown>;
    const value = check(name, fromText(text, one.kind), one, problems);
    if (value === undefined) continue;
    values.set(key, value);
    names.set(key, name);
  }
  return { values, names };
}

/** `logLevel` -> `--log-level`. */
function flagName(flag: string): string {
  return '--' + flag.replaceAll(/[A-Z]/g, (letter) => '-' + letter.toLowerCase());
}

/** Reads flags by their camel-case names; undefined ones are not set. */
export function readFlags(
  flags: Readonly<Record<string, unknown>>,
  settings: Settings,
  problems: string[],
): TextLayer {
  const values = new Map<string, unknown>();
  const names = new Map<string, string>();
  for (const [key, one] of Object.entries(settings) as [string, Setting<unknown>][]) {
    const given = one.flag === undefined ? undefined : flags[one.flag];
    if (one.flag === undefined || given === undefined) continue;
    const name = flagName(one.flag);
    const value = check(name, typeof given === 'string' ? fromText(given, one.kind) : given, one, problems);
    if (value === undefined) continue;
    values.set(key, value);
    names.set(key, name);
  }
  return { values, names };
}
