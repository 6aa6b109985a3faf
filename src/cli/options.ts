/** Options that several commands have, always with the same name and meaning. */
import type { Command } from 'commander';
import type { ConfigFlags } from '../config/config.js';

/** The values commander collects for them. */
export type SharedOptions = Pick<ConfigFlags, 'config' | 'guard' | 'cascade' | 'policy' | 'logLevel'>;

export function addConfigOption(command: Command): Command {
  return command.option('--config <file>', 'configuration file (default: ./portcullis.yaml if it exists)');
}

export function addGuardOption(command: Command): Command {
  return command
    .option(
      '--guard <spec>',
      'guard model: embedded, gguf:PATH of a file, hf:USER/REPO/FILE.gguf of a pulled one, openai:URL#MODEL or ollama:URL#MODEL of a server (default: embedded)',
    )
    .option(
      '--cascade <file>',
      'a calibration by "eval --calibrate": the embedded guard answers where it is sure, --guard decides the rest',
    );
}

export function addPolicyOption(command: Command): Command {
  return command.option(
    '--policy <file>',
    'default, strict, monitor or the path of a policy file (default: default)',
  );
}

export function addLogLevelOption(command: Command, fallback: string): Command {
  return command.option(
    '--log-level <level>',
    `trace, debug, info, warn, error, fatal or silent; the log is on standard error (default: ${fallback})`,
  );
}
