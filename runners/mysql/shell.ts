import type { BackupFormat } from '../../src/domain/backup.ts';
import type { HostCommand, HostPath, HostPiece } from '../host-program/step.ts';

/** The text of a dump. */
export function text(format: BackupFormat, backup: HostPath): HostCommand {
  if (format === 'mydumper') return { tool: 'mydumper-text', args: [backup] };
  if (format === 'mysql-plain-gzip') return { tool: 'gzip', args: ['-dc', backup] };
  if (format === 'mysql-plain-zstd') return { tool: 'zstd', args: ['-dc', backup] };
  return { tool: 'cat', args: [backup] };
}

const packings: Partial<Record<BackupFormat, string>> = {
  mydumper: 'mydumper',
  'mysql-plain': 'text',
  'mysql-plain-gzip': 'gzip',
  'mysql-plain-zstd': 'zstd',
};

/**
 * Schema, data and definitions, as the loader, into the connected schema: rows over so many sessions, then indexes, then the rest. What
 * chooses or makes schemas, definers of the source and what is of its replication is left out. Fails where the line is missing with
 * which a dump ends.
 */
export function load(format: BackupFormat, backup: HostPath, jobs: number): HostPiece {
  const streams = Math.max(1, Math.min(64, Math.trunc(jobs)));
  return {
    pipe: [
      { tool: 'mysql-load', args: [`--streams=${streams}`, `--from=${packings[format] ?? 'text'}`, backup] },
    ],
    report: 'none',
  };
}

/** What a backup makes, by names alone, and the rows in which tools write their migrations down. */
export function outlinePiece(format: BackupFormat, backup: HostPath): HostPiece {
  const source: HostCommand =
    format === 'mydumper' ? { tool: 'mydumper-text', args: ['--definitions', backup] } : text(format, backup);
  return {
    pipe: [source, { tool: 'within', args: [backup] }, { tool: 'mysql-outline', args: [] }],
    report: 'outline',
  };
}

/** One SQL file of the environment. */
export function script(sql: string): HostPiece {
  return { stdin: { text: sql }, pipe: [{ tool: 'mariadb', args: [] }], report: 'none' };
}

/** Tools that a format needs on the server's host. */
export function toolsFor(format: BackupFormat): string[] {
  if (format === 'mydumper') return ['mariadb'];
  if (format === 'mysql-plain-gzip') return ['gzip', 'mariadb'];
  return format === 'mysql-plain-zstd' ? ['zstd', 'mariadb'] : ['cat', 'mariadb'];
}
