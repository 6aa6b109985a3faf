/** What a calibration found, for a person. */
import type { BandCertificate } from '../../evaluation/index.js';
import { ROLES } from '../../evaluation/index.js';
import type { CalibrateOptions, CalibrationResult } from '../eval/calibrate.js';
import { estimate, percent } from './eval-tables.js';
import type { Table } from './tables.js';

type Asked = Pick<CalibrateOptions, 'quick' | 'thorough' | 'bound' | 'confidence'>;

export function calibrationTable({ roles, withoutTruth }: CalibrationResult, asked: Asked): Table {
  const { quick, thorough, bound, confidence } = asked;
  return {
    title: `${quick.spec} before ${thorough.spec}: at most ${percent(bound)} may differ, with ${percent(confidence)} confidence`,
    header: [
      '',
      'lines',
      'differ',
      'upper limit',
      'missed of the unsafe',
      'safe up to',
      'unsafe from',
      'to the thorough judge',
    ],
    rows: ROLES.map((role) => {
      const { band, lines, disagreements, upperLimit, misses, escalated } = roles[role];
      return [
        role,
        String(lines),
        String(disagreements),
        percent(upperLimit),
        misses.unsafe === 0
          ? '-'
          : `${misses.missed} of ${misses.unsafe} (limit ${percent(misses.upperLimit)})`,
        band.low?.toPrecision(4) ?? '-',
        band.high?.toPrecision(4) ?? '-',
        escalated === undefined ? 'all' : estimate({ value: escalated.share, ...escalated }, share),
      ];
    }),
    notes: [
      ...ROLES.flatMap((role) => explain(role, roles[role], asked)),
      ...(withoutTruth > 0
        ? [
            `${thorough.spec} had no verdict on ${withoutTruth} lines; an answer of ${quick.spec} to one of them counts as different.`,
          ]
        : []),
    ],
  };
}

function share(value: number | undefined): string {
  return value === undefined ? '-' : percent(value);
}

function explain(role: string, certificate: BandCertificate, { bound, confidence, quick }: Asked): string[] {
  const { outcome, lines, linesNeeded } = certificate;
  switch (outcome) {
    case 'certified':
      return [];
    case 'too_few_lines':
      return [
        `${role}: too few lines. Half of them prove the band, and for ${percent(bound)} at ${percent(confidence)} that takes ${linesNeeded / 2} without any difference: ${linesNeeded} lines of this role, or rather several times as many. ${lines === 0 ? 'There are none' : `About ${2 * lines} are there`}. All texts of this role go to the thorough judge.`,
      ];
    case 'no_agreement':
      return [
        `${role}: where ${quick.spec} is surest, it still differs from the thorough judge too often. All texts of this role go to the thorough judge. A larger bound, or more lines, may help.`,
      ];
  }
}
