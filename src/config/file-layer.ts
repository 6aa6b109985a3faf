/** The settings a configuration file gives. */
import { dirname } from 'node:path';
import { z } from 'zod';
import { isJsonObject } from '../core/json.js';
import { formatProblem, inspectYaml, readSettingsFile } from '../strict-yaml/index.js';
import type { Setting, Settings } from './settings.js';

export interface Layer {
  /** By key, unchecked beyond their own schema: `server.port` -> 8080. */
  readonly values: ReadonlyMap<string, unknown>;
  /** What relative paths in it start from. */
  readonly folder: string;
}

/** `server.port`, `server.host`, `policy` -> an object schema with a group `server` and a key `policy`. */
function fileSchema(settings: Settings) {
  const top: Record<string, z.ZodType> = {};
  const groups = new Map<string, Record<string, z.ZodType>>();
  for (const [key, { schema }] of Object.entries(settings) as [string, Setting<unknown>][]) {
    const [group = '', name] = key.split('.');
    if (name === undefined) {
      top[group] = schema.optional();
      continue;
    }
    const shape = groups.get(group) ?? {};
    groups.set(group, shape);
    shape[name] = schema.optional();
  }
  for (const [group, shape] of groups) top[group] = z.strictObject(shape).optional();
  return z.strictObject(top);
}

/**
 * @param problems every mistake in the file is added, as a line `file:line:column: …`
 * @throws GuardError('config_invalid') when the file cannot be read
 */
export function readFileLayer(path: string, settings: Settings, problems: string[]): Layer {
  const values = new Map<string, unknown>();
  const inspected = inspectYaml<Record<string, unknown>>(readSettingsFile(path), fileSchema(settings));
  if (!inspected.ok) problems.push(...inspected.problems.map((problem) => formatProblem(path, problem)));
  else {
    for (const key of Object.keys(settings)) {
      const [group = '', name] = key.split('.');
      const found = inspected.value[group];
      if (found === undefined) continue;
      if (name === undefined) values.set(key, found);
      else if (isJsonObject(found) && Object.hasOwn(found, name)) values.set(key, found[name]);
    }
  }
  return { values, folder: dirname(path) };
}
