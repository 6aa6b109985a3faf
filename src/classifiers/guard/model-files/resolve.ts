/** An `hf:` spec at serve time: the file that was pulled, without any network. */
import type { GuardLog } from '../guard-log.js';
import { GuardError } from '../../../core/errors.js';
import { formatJudgeSpec } from '../spec.js';
import { findLocalModel, type LocalModel } from './local-model.js';
import { pullModel } from './pull.js';
import type { PullEvent } from './pull-events.js';
import type { HubSpec } from './select-files.js';
import { formatBytes } from './sizes.js';

export interface ResolveModelOptions {
  /** Absolute path of the folder of models. */
  readonly folder: string;
  /** Base URL of the hub, without a slash at its end. */
  readonly hub: string;
  readonly token?: string | undefined;
  /** True: a model that is not here is downloaded. Anything else: nothing is ever sent anywhere. */
  readonly download: boolean;
  readonly log: GuardLog;
  readonly signal: AbortSignal;
}

/**
 * The path of the model's file, of its first part if it is split.
 * Rejects with GuardError('config_invalid') and the command that helps when it is not here (or not whole)
 * and may not be downloaded, and as `pullModel` does when it may.
 */
export async function resolveModelFile(spec: HubSpec, options: ResolveModelOptions): Promise<string> {
  const { folder, download, log, signal } = options;
  const text = formatJudgeSpec(spec);
  const command = `portcullis models pull ${text}`;
  const search = await findLocalModel(spec, folder);
  if (search.state === 'complete') return intact(search.model, text);
  if (search.state === 'ambiguous')
    throw new GuardError(
      'config_invalid',
      `${text} could be one of several files that are here; name one:\n${search.names.map((name) => `  hf:${spec.repository}/${name}`).join('\n')}`,
    );
  if (!download) {
    const what =
      search.state === 'missing'
        ? 'is not on this machine'
        : `is here in part only: ${formatBytes(search.bytes)}${search.total === undefined ? '' : ` of ${formatBytes(search.total)}`}`;
    throw new GuardError(
      'config_invalid',
      `The guard ${text} ${what}. Download it first: ${command}\n(It was looked for in ${folder}. Nothing is downloaded while serving unless models.download is true.)`,
    );
  }
  log('info', `Downloading ${text} to ${folder}, as models.download says.`);
  const pulled = await pullModel(spec, {
    folder,
    hub: options.hub,
    token: options.token,
    signal,
    tell: logEvents(log),
  });
  return pulled.path;
}

function intact({ parts }: LocalModel, text: string): string {
  for (const { paths, bytes, record } of parts)
    if (record !== undefined && record.size !== bytes)
      throw new GuardError(
        'config_invalid',
        `${paths.file} is damaged: it has ${bytes} bytes, and ${record.size} were downloaded. Download it anew: portcullis models pull --force ${text}`,
      );
  const [first] = parts;
  if (first === undefined) throw new Error('A model without files was found.');
  return first.paths.file;
}

/** A line for each tenth of the way. */
function logEvents(log: GuardLog): (event: PullEvent) => void {
  let tenths = 0;
  return (event) => {
    switch (event.kind) {
      case 'repository':
        log(
          'info',
          `${event.repository.name}: ${formatBytes(event.missingBytes)} to download; licence: ${event.repository.licence ?? 'not named'} (${event.repository.page}).`,
        );
        break;
      case 'resuming':
        log('info', `Resuming ${event.name} after ${formatBytes(event.bytes)}.`);
        break;
      case 'restarting':
        log('warn', `Starting ${event.name} anew: ${event.why}.`);
        break;
      case 'retrying':
        log('warn', `The download stopped (${event.why}); next attempt in ${event.waitMs / 1000} s.`);
        break;
      case 'progress': {
        const now = event.total === 0 ? 0 : Math.floor((10 * event.bytes) / event.total);
        if (now > tenths) log('info', `${now * 10}% of ${formatBytes(event.total)} downloaded.`);
        tenths = now;
        break;
      }
      case 'hub_not_asked':
      case 'newer_on_hub':
        break;
    }
  };
}
