import { unavailable } from '../../src/domain/errors.ts';
import type { RunId } from '../../src/domain/ids.ts';
import type { ArchiveReading, Candidate } from '../engine.ts';
import type { HostProgram } from '../host-program/client.ts';
import type { HostPath } from '../host-program/step.ts';
import { causes } from './causes.ts';
import { type BackupReader, digestOf, type Endings, openReader, recognising } from '../reading.ts';
import { dumpReading, folderFrame, folderReading, folderTrouble, readFolder, readThrough } from './frame.ts';

const endings: Endings = [
  [/\.sql\.gz$/i, 'mysql-plain-gzip'],
  [/\.sql\.zst(?:d)?$/i, 'mysql-plain-zstd'],
  [/\.sql$/i, 'mysql-plain'],
];

export const recognise = recognising(endings, 'mydumper');

/**
 * Opens a backup where it lies and reads it to its end, once: a dump that is cut at the end of a statement loads with exit code 0.
 * Throws `Unavailable` when the host is away or its tools are.
 */
export async function read(
  program: HostProgram,
  root: string,
  candidate: Candidate,
  run: RunId,
  signal?: AbortSignal,
): Promise<ArchiveReading> {
  const place = { root, path: candidate.path };
  const reader = openReader(program, place, run, causes, signal);
  if (candidate.format === 'mydumper') return readMydumper(reader, place, program.host);

  const sum = await reader.perform('digest', digestOf(place));
  if (sum.exitCode !== 0) return reader.damaged(sum);
  const whole = await reader.perform('whole', readThrough(candidate.format, place));
  if (whole.exitCode !== 0) return reader.damaged(whole);
  return sum.report.sha256 === undefined ? unsummed : dumpReading(whole.report, sum.report.sha256);
}

const unsummed: ArchiveReading = { state: 'corrupt', why: 'Its checksum could not be taken.' };

async function readMydumper(reader: BackupReader, place: HostPath, host: string): Promise<ArchiveReading> {
  // First, as it is quick and tells whose folder it is.
  const head = await reader.perform('header', folderFrame(place));
  if (head.exitCode !== 0) return reader.damaged(head);
  const trouble = folderTrouble(head.report);
  if (trouble !== undefined) return trouble;
  const sum = await reader.perform('digest', digestOf(place));
  if (sum.cause?.code === 'odd-name') {
    return {
      state: 'corrupt',
      why: 'It holds a folder, or a file whose name has other characters than letters, digits, ".", "_" and "-".',
    };
  }
  if (sum.exitCode !== 0) return reader.damaged(sum);
  const whole = await reader.perform('whole', readFolder(place));
  if (whole.cause?.code === 'tool-missing') {
    throw unavailable(
      'read-failed',
      `A backup could not be read on host "${host}": there is no zstd.`,
      'Install it there; it is read again by the next scan.',
      { host },
    );
  }
  if (whole.exitCode !== 0) return reader.damaged(whole);
  return sum.report.sha256 === undefined ? unsummed : folderReading(head.report, sum.report.sha256);
}
