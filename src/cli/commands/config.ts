/** `portcullis config print` */
import type { Command } from 'commander';
import { describeConfig, loadConfig, type ConfigFlags } from '../../config/config.js';
import { addConfigOption, addGuardOption, addLogLevelOption, addPolicyOption } from '../options.js';
import { print } from '../output/output.js';
import { addServerOptions } from './serve.js';

const HELP = `
Every setting is printed with the place that its value comes from: a default, the file, an environment
variable or a flag; the later wins. The output is itself a configuration file; secrets are left out.

Examples:
  $ portcullis config print
  $ portcullis config print > portcullis.yaml          a file to start from
  $ portcullis config print --config my.yaml --port 9000
  $ PORTCULLIS_UPSTREAM=http://10.0.0.5:8000 portcullis config print

docs/configuration.md explains each setting.`;

export function registerConfig(program: Command): void {
  const config = program.command('config').description('show the configuration in force');
  const command = config
    .command('print')
    .description('print every setting, its value and where it comes from')
    .addHelpText('after', HELP)
    .action(async (flags: ConfigFlags) => {
      await print(describeConfig(loadConfig({ flags })));
    });
  addConfigOption(command);
  addServerOptions(command);
  addGuardOption(command);
  addPolicyOption(command);
  addLogLevelOption(command, 'info');
}
