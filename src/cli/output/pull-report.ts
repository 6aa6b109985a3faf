/** What a person sees of `models pull` while it goes on, on standard error. */
import { formatBytes, type PullEvent } from '../../classifiers/guard/model-files/index.js';
import { createDownloadProgress } from './download-progress.js';
import { remark } from './output.js';

export interface PullReport {
  readonly tell: (event: PullEvent) => void;
  /** Takes the progress bar away. */
  end(): void;
}

export function createPullReport(folder: string): PullReport {
  const progress = createDownloadProgress(process.stderr);
  const say = (text: string): void => {
    progress.pause();
    remark(`${text}\n`);
  };
  return {
    tell(event) {
      switch (event.kind) {
        case 'repository':
          say(announcement(event, folder));
          break;
        case 'resuming':
          say(`Resuming ${event.name}: ${formatBytes(event.bytes)} of ${formatBytes(event.size)} are here.`);
          break;
        case 'restarting':
          say(`Starting ${event.name} anew: ${event.why}.`);
          break;
        case 'retrying':
          say(`The download stopped: ${event.why}. Next attempt in ${event.waitMs / 1000} s.`);
          break;
        case 'hub_not_asked':
          say(`The hub was not asked whether there is a newer version: ${event.why}.`);
          break;
        case 'newer_on_hub':
          say(`The hub has another version of ${event.name} by now. --force replaces the one that is here.`);
          break;
        case 'progress':
          progress.update(event.bytes, event.total, event.doing === 'download' ? 'downloading' : 'checking');
          break;
      }
    },
    end: () => progress.pause(),
  };
}

function announcement(
  { repository, files, missingBytes }: Extract<PullEvent, { kind: 'repository' }>,
  folder: string,
): string {
  const { name, page, licence, licenceLink, gated } = repository;
  const link = licenceLink === undefined ? '' : ` (${licenceLink})`;
  const terms =
    licence === undefined
      ? `none is named; read the page before you use the model: ${page}`
      : `${licence}${link}. Who uses the model accepts its terms: ${page}`;
  const gate = gated
    ? '\n  gated     the hub gives it only to those who accepted the terms on that page'
    : '';
  const total = files.reduce((sum, { size }) => sum + (size ?? 0), 0);
  const rest = missingBytes < total ? `, ${formatBytes(missingBytes)} of them still to come` : '';
  const [first] = files;
  const what =
    files.length === 1 ? (first?.name ?? '') : `${first?.name ?? ''} and ${files.length - 1} more parts`;
  return `${name}
  file      ${what}
  size      ${formatBytes(total)}${rest}
  licence   ${terms}${gate}
  to        ${folder}`;
}
