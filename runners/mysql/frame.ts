import type { BackupFormat } from '../../src/domain/backup.ts';
import type { LocalTime } from '../../src/domain/zone.ts';
import type { ArchiveReading } from '../engine.ts';
import type { HostPath, HostPiece, HostReportLines } from '../host-program/step.ts';
import { text } from './shell.ts';

// What backups of MySQL and MariaDB look like from outside, and what they tell. Pure.

/** Reads a dump through to its end. What unpacks out of all proportion is not read further. */
export function readThrough(format: BackupFormat, backup: HostPath): HostPiece {
  return {
    pipe: [text(format, backup), { tool: 'within', args: [backup] }, { tool: 'mysql-frame', args: [] }],
    report: 'mysql-frame',
  };
}

/** What the metadata of a folder tells, and the names and ends of its files; compressed ones are not opened. */
export function folderFrame(backup: HostPath): HostPiece {
  return { pipe: [{ tool: 'mydumper-frame', args: [backup] }], report: 'mysql-frame' };
}

/** Unpacks every file of a folder to its end, writing it nowhere. */
export function readFolder(backup: HostPath): HostPiece {
  return {
    pipe: [
      { tool: 'unpacked', args: [backup] },
      { tool: 'within', args: ['--discard', backup] },
    ],
    report: 'none',
  };
}

/**
 * What a dump tells: its version and database, and never its moment. Its last line has the clock of the end, and that may be
 * hours after the moment of the data; see decision 0099.
 */
export function dumpReading(report: HostReportLines, checksum: string): ArchiveReading {
  if (report.kind === undefined)
    return { state: 'other', why: 'It does not begin like a dump of mysqldump.' };
  const names = databasesIn(report);
  if (names.length > 1) return severalDatabases(report);
  if (report.complete !== 'yes') {
    return {
      state: 'corrupt',
      why: 'It is cut off, or was made without comments: the line with which mysqldump ends a dump is missing.',
    };
  }
  return {
    state: 'whole',
    checksum,
    ...version(report['dumped-from']),
    ...named(names[0] ?? report.database),
  };
}

/** Whether a folder can be a backup of ours at all; undefined when it can. */
export function folderTrouble(report: HostReportLines): ArchiveReading | undefined {
  if (report.kind === undefined) return { state: 'other', why: 'It is no folder of mydumper.' };
  if (databasesIn(report).length > 1) return severalDatabases(report);
  const why = report.fault === undefined ? undefined : faults[report.fault];
  return why === undefined ? undefined : { state: 'corrupt', why };
}

const faults: Readonly<Record<string, string>> = {
  unfinished: 'It is not finished: its metadata does not say that mydumper came to its end.',
  'file-missing': 'A file is missing: its metadata tells of rows that are in none.',
  'cut-off': 'A file of it is cut off: it ends inside of a statement.',
};

/** What a whole folder tells. Its metadata has the clock of the host where mydumper was started, at the start. */
export function folderReading(report: HostReportLines, checksum: string): ArchiveReading {
  const createdAt = localTime(report['started-at']);
  return {
    state: 'whole',
    checksum,
    ...named(databasesIn(report)[0]),
    ...(createdAt === undefined ? {} : { createdAt }),
  };
}

/** The first few of the databases that it names, and as many empty ones as there are more. */
function databasesIn(report: HostReportLines): string[] {
  return Array.from({ length: Number(report.databases ?? 0) }, (_, i) => report[`database-${i + 1}`] ?? '');
}

function severalDatabases(report: HostReportLines): ArchiveReading {
  const names = databasesIn(report);
  const shown = names.filter((name) => name !== '').map((name) => `"${name.slice(0, 64)}"`);
  const more = names.length > shown.length ? ` and ${names.length - shown.length} more` : '';
  return {
    state: 'other',
    why: `It is a dump of several databases (${shown.join(', ')}${more}), not of one.`,
  };
}

function named(databaseName: string | undefined): { databaseName?: string } {
  return databaseName === undefined || databaseName === '' ? {} : { databaseName };
}

/** `10.11.18-MariaDB-0+deb12u1` -> `10.11.18-MariaDB`: the numbers of both vendors run beside each other. */
function version(line: string | undefined): { engineVersion?: string } {
  const match = /^\d+(?:\.\d+)*(?:-MariaDB)?/.exec(line ?? '');
  return match === null ? {} : { engineVersion: match[0] };
}

function localTime(line: string | undefined): LocalTime | undefined {
  const match = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)$/.exec(line ?? '');
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  return { year, month, day, hour, minute, second };
}
