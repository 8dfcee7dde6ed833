import type { RunId } from '../../src/domain/ids.ts';
import type { LocalTime } from '../../src/domain/zone.ts';
import type { ArchiveReading, Candidate } from '../engine.ts';
import { causes } from './causes.ts';
import type { HostProgram } from '../host-program/client.ts';
import type { HostReportLines } from '../host-program/step.ts';
import { digestOf, type Endings, openReader, recognising } from '../reading.ts';
import { header, isArchive, readThrough } from './shell.ts';

const endings: Endings = [
  [/\.(?:dump|backup|pgdump|pgc)$/i, 'pg-custom'],
  [/\.sql\.gz$/i, 'pg-plain-gzip'],
  [/\.sql\.zst(?:d)?$/i, 'pg-plain-zstd'],
  [/\.sql$/i, 'pg-plain'],
];

export const recognise = recognising(endings, 'pg-directory');

/**
 * Opens a backup where it lies and reads it to its end, once: `pg_restore -l` is content with half a file, and a dump cut
 * inside of COPY loads with exit code 0. Throws `Unavailable` when the host is away or its tools are.
 */
export async function read(
  program: HostProgram,
  root: string,
  candidate: Candidate,
  run: RunId,
  signal?: AbortSignal,
): Promise<ArchiveReading> {
  const place = { root, path: candidate.path };
  const { perform, damaged } = openReader(program, place, run, causes, signal);

  // First, as it also tells whether a folder names files that it does not hold: pg_restore would open them.
  const sum = await perform('digest', digestOf(place));
  if (sum.exitCode !== 0) return damaged(sum);
  const whole = await perform('whole', readThrough(candidate.format, place));
  if (whole.exitCode !== 0) {
    // All that is there was read a moment ago. pg_restore speaks of a missing file when one is cut off, too.
    if (candidate.format === 'pg-directory' && whole.cause?.code === 'file-missing') {
      return { state: 'corrupt', why: 'Reading it: a file of the folder is missing, or cut off.' };
    }
    return damaged(whole);
  }
  const checksum = sum.report.sha256;
  if (checksum === undefined) return { state: 'corrupt', why: 'Its checksum could not be taken.' };

  if (!isArchive(candidate.format)) return plainReading(whole.report, checksum);
  const head = await perform('header', header(place));
  if (head.exitCode !== 0) return damaged(head);
  return archiveReading(head.report, checksum);
}

/** What a plain dump tells: its version, never its moment. One without the trailer of pg_dump was cut off. */
function plainReading(report: HostReportLines, checksum: string): ArchiveReading {
  if (report.kind === 'postgresql-database-cluster-dump') {
    return { state: 'other', why: 'It is a dump of a whole cluster (pg_dumpall), not of one database.' };
  }
  if (report.kind === undefined) return { state: 'other', why: 'It does not begin like a dump of pg_dump.' };
  if (report.complete !== 'yes') {
    return { state: 'corrupt', why: 'It is cut off: the line with which pg_dump ends a dump is missing.' };
  }
  return { state: 'whole', checksum, ...version(report['dumped-from']) };
}

/** What an archive tells in its header. Times have no zone: the caller knows the host's. */
function archiveReading(report: HostReportLines, checksum: string): ArchiveReading {
  const createdAt = localTime(report['created-at']);
  return {
    state: 'whole',
    checksum,
    ...version(report['dumped-from']),
    ...(report.dbname === undefined ? {} : { databaseName: report.dbname }),
    ...(createdAt === undefined ? {} : { createdAt }),
  };
}

function version(text: string | undefined): { engineVersion?: string } {
  const match = /^\d+(?:\.\d+)*/.exec(text ?? '');
  return match === null ? {} : { engineVersion: match[0] };
}

/**
 * `2026-11-23 02:00:07 CET`: what the clock of the host that prints it shows for it. The zone's name is not to be relied on:
 * several zones share one.
 */
function localTime(text: string | undefined): LocalTime | undefined {
  const match = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)/.exec(text ?? '');
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  return { year, month, day, hour, minute, second };
}
