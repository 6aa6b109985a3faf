/** `portcullis policy check | show | diff` */
import type { Command } from 'commander';
import { loadConfig, POLICY_NAMES } from '../../config/config.js';
import { policyFault, policyPath } from '../../config/policy-path.js';
import { loadPolicy, type Policy } from '../../policy/policy.js';
import { loadTaxonomies } from '../../taxonomy/taxonomy.js';
import type { Taxonomies } from '../../core/taxonomy.js';
import { GuardError } from '../../core/errors.js';
import { CliError, EXIT, type SetExit } from '../exit.js';
import { addConfigOption } from '../options.js';
import { describePolicy } from '../output/describe-policy.js';
import { print } from '../output/output.js';
import { diffPolicies } from '../output/policy-diff.js';

const CHECK_HELP = `
Everything that is wrong is reported at once, with file, line and column, what is allowed there, and what
was probably meant.

Examples:
  $ portcullis policy check my-policy.yaml
  $ portcullis policy check policies/*.yaml

Exit codes: 0 every file is fine · 2 a file has problems`;

const SHOW_HELP = `
Prints every setting with its value, also those that the file leaves out. The output is itself a policy
file that decides in the same way.

Examples:
  $ portcullis policy show                    the policy that "serve" would follow
  $ portcullis policy show strict
  $ portcullis policy show default > my-policy.yaml

docs/policies.md explains each setting.`;

const DIFF_HELP = `
One line for each setting, with its value in the first and in the second policy. Names, versions and
descriptions are no settings; categories that follow the default of prompts or replies are told by that
default alone.

Examples:
  $ portcullis policy diff default strict
  $ portcullis policy diff deployed.yaml new.yaml

Exit codes: 0 both do the same · 1 they differ · 2 a file has problems`;

export function registerPolicy(program: Command, setExit: SetExit): void {
  const policy = program
    .command('policy')
    .description('check policy files, show what a policy says, compare two');
  const checking = policy
    .command('check')
    .description('read policy files and report every mistake in them')
    .argument('<file...>', 'policy files, or default, strict, monitor')
    .addHelpText('after', CHECK_HELP)
    .action(check);
  addConfigOption(checking);
  const show = policy
    .command('show')
    .description('print a policy with every setting')
    .argument('[policy]', 'a file, or default, strict, monitor (default: the one the configuration names)')
    .addHelpText('after', SHOW_HELP)
    .action(async (name: string | undefined, { config }: ConfigOption) => {
      const { policy: path, guard } = loadConfig({ flags: { config, policy: name } });
      const taxonomies = loadTaxonomies(guard.taxonomyFile);
      const found = loadPolicy(path, taxonomies);
      await print(describePolicy(found, taxonomies.get(found.taxonomy)));
    });
  addConfigOption(show);
  const diff = policy
    .command('diff')
    .description('show the settings in which two policies differ')
    .argument('<a>', 'a policy file, or default, strict, monitor')
    .argument('<b>', 'the other')
    .addHelpText('after', DIFF_HELP)
    .action(async (a: string, b: string, options: ConfigOption) => {
      const taxonomies = configuredTaxonomies(options);
      const [left, right] = [a, b].map((file) => loadPolicy(pathOf(file), taxonomies));
      if (left === undefined || right === undefined) return;
      const lines = diffPolicies(left, right, taxonomies);
      if (lines.length === 0) return;
      await print([`--- ${left.id} (${a})`, `+++ ${right.id} (${b})`, ...lines, ''].join('\n'));
      setExit(EXIT.found);
    });
  addConfigOption(diff);
}

interface ConfigOption {
  readonly config?: string;
}

/** A policy may be written in the operator's own taxonomy, which the configuration names. */
function configuredTaxonomies({ config }: ConfigOption): Taxonomies {
  return loadTaxonomies(loadConfig({ flags: { config } }).guard.taxonomyFile);
}

async function check(files: readonly string[], options: ConfigOption): Promise<void> {
  const taxonomies = configuredTaxonomies(options);
  const problems: string[] = [];
  for (const file of files) {
    try {
      await print(`${file}: fine. ${summary(loadPolicy(pathOf(file), taxonomies))}\n`);
    } catch (error) {
      if (!(error instanceof GuardError)) throw error;
      problems.push(error.message);
    }
  }
  if (problems.length > 0) throw new CliError(EXIT.usage, problems.join('\n'));
}

/** @throws GuardError('config_invalid') for a word that is neither a path nor the name of a policy */
function pathOf(file: string): string {
  const fault = policyFault(file);
  if (fault !== undefined) throw new GuardError('config_invalid', fault);
  // A path stays as it was written, so that the messages name the file in the user's words.
  return POLICY_NAMES.some((name) => name === file) ? policyPath(file, process.cwd()) : file;
}

function summary({ id, mode, taxonomy, prompt, reply, code }: Policy): string {
  const judged = [
    prompt.enabled ? `prompts from ${prompt.threshold}` : 'prompts not judged',
    reply.enabled ? `replies from ${reply.threshold}` : 'replies not judged',
    code.enabled ? 'code scanned' : 'code not scanned',
  ];
  return `${id}, mode ${mode}, taxonomy ${taxonomy}: ${judged.join(', ')}.`;
}
