/** The folder of --report: report.json, report.md and scores.jsonl. */
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileFault } from '../input/read-input.js';
import type { ScoreRecord } from './judge-dataset.js';

export interface ReportFolder {
  /** Adds a line to scores.jsonl. */
  addScore(record: ScoreRecord): void;
  /** Writes the report itself and ends scores.jsonl. */
  finish(json: string, markdown: string): void;
}

const BATCH = 4 * 1024;

/** @throws CliError with exit code 2 when the folder cannot be written */
export function openReportFolder(folder: string): ReportFolder {
  let scores: number;
  try {
    mkdirSync(folder, { recursive: true });
    scores = openSync(join(folder, 'scores.jsonl'), 'w');
  } catch (error) {
    throw fileFault(folder, error, 'written');
  }
  let waiting = '';
  /** A full disk, say. */
  const written = (name: string, write: () => void): void => {
    try {
      write();
    } catch (error) {
      throw fileFault(join(folder, name), error, 'written');
    }
  };
  const flush = (): void => {
    written('scores.jsonl', () => writeSync(scores, waiting));
    waiting = '';
  };
  return {
    addScore(record) {
      waiting += JSON.stringify(record) + '\n';
      if (waiting.length > BATCH) flush();
    },
    finish(json, markdown) {
      flush();
      closeSync(scores);
      written('report.json', () => writeFileSync(join(folder, 'report.json'), json));
      written('report.md', () => writeFileSync(join(folder, 'report.md'), markdown));
    },
  };
}
