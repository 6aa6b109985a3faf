/** How far a download has come: a bar on a terminal, a line for each tenth elsewhere. */
import { SingleBar } from 'cli-progress';
import { formatBytes } from '../../classifiers/guard/model-files/index.js';

export interface DownloadProgress {
  /** @param bytes here so far; @param total that there will be; @param label what is going on */
  update(bytes: number, total: number, label: string): void;
  /** Takes the bar away, so that lines can be written; the next update draws it again. */
  pause(): void;
}

export function createDownloadProgress(stream: NodeJS.WriteStream): DownloadProgress {
  return stream.isTTY ? bar(stream) : lines(stream);
}

function bar(stream: NodeJS.WriteStream): DownloadProgress {
  let drawn: { readonly bar: SingleBar; readonly label: string } | undefined;
  let since = { at: 0, bytes: 0 };
  const pause = (): void => {
    drawn?.bar.stop();
    drawn = undefined;
  };
  return {
    update(bytes, total, label) {
      if (drawn?.label !== label) {
        pause();
        drawn = { bar: newBar(stream, label), label };
        since = { at: performance.now(), bytes };
        drawn.bar.start(total, bytes, { done: formatBytes(bytes), size: formatBytes(total), rate: '…' });
      }
      const seconds = (performance.now() - since.at) / 1000;
      const rate = seconds < 0.5 ? '…' : `${formatBytes(Math.round((bytes - since.bytes) / seconds))}/s`;
      drawn.bar.update(bytes, { done: formatBytes(bytes), size: formatBytes(total), rate });
    },
    pause,
  };
}

function newBar(stream: NodeJS.WriteStream, label: string): SingleBar {
  return new SingleBar({
    stream,
    format: ` ${label} {bar} {percentage}% · {done} of {size} · {rate} · {eta_formatted} left`,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 24,
    hideCursor: null,
    clearOnComplete: true,
    etaBuffer: 200,
    fps: 5,
  });
}

function lines(stream: NodeJS.WriteStream): DownloadProgress {
  let label = '';
  let told = 0;
  return {
    update(bytes, total, now) {
      const tenths = total === 0 ? 10 : Math.floor((10 * bytes) / total);
      if (now !== label) {
        label = now;
        told = 0;
      }
      if (tenths > told) {
        told = tenths;
        stream.write(`  ${label}: ${tenths * 10}% of ${formatBytes(total)}\n`);
      }
    },
    pause: () => undefined,
  };
}
