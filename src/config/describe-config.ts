/** `portcullis config print`: the configuration in force, as a file that could be used again. */
import { stringify } from 'yaml';
import type { Config, SettingOrigin } from './config-types.js';

function sourceText({ source, detail }: SettingOrigin): string {
  switch (source) {
    case 'default':
      return 'default';
    case 'file':
      return 'file';
    case 'environment':
    case 'flag':
      return `${source} ${detail}`;
  }
}

/** `key: value  # source · about`; a list or map follows on lines of its own. */
function settingLines(origin: SettingOrigin, name: string, indent: string): string[] {
  const comment = `# ${sourceText(origin)} · ${origin.about}`;
  const lines = stringify({ [name]: origin.shown }, { lineWidth: 0 })
    .trimEnd()
    .split('\n');
  const [first = '', ...rest] = lines;
  return [`${indent}${first.padEnd(36 - indent.length)} ${comment}`, ...rest.map((line) => indent + line)];
}

/**
 * YAML with every setting, and in a comment where its value comes from and what it is. Secrets are
 * replaced by `<redacted>`; references to the environment are printed as they were written.
 */
export function describeConfig(config: Config): string {
  const { file, settings } = config.origin;
  const lines = [file === undefined ? '# No configuration file.' : `# Configuration file: ${file}`];
  let group: string | undefined;
  for (const origin of settings) {
    const [first = '', name] = origin.key.split('.');
    if (name === undefined) {
      group = undefined;
      lines.push('', ...settingLines(origin, first, ''));
      continue;
    }
    if (group !== first) lines.push('', `${first}:`);
    group = first;
    lines.push(...settingLines(origin, name, '  '));
  }
  return lines.join('\n') + '\n';
}
