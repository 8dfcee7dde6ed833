import type { BackupFormat } from '../../src/domain/backup.ts';
import type { HostCommand, HostPath, HostPiece } from '../host-program/step.ts';

/**
 * Kinds of archive entries that are never restored: the loader may not make them, or they would tie the copy to the
 * world of its source (a subscription pulls, a foreign server reaches production with its password). Schemas and
 * extensions are made beforehand, as an extension can need a schema of the backup. Kinds as `pg_restore -l` names them.
 */
const leftOutKinds: readonly string[] = [
  'SCHEMA',
  'EXTENSION',
  'COMMENT - EXTENSION',
  'EVENT TRIGGER',
  'PUBLICATION',
  'SUBSCRIPTION',
  'FOREIGN DATA WRAPPER',
  'SERVER',
  'USER MAPPING',
  'FOREIGN TABLE',
  'FOREIGN SERVER',
];

/** Formats that `pg_restore` reads; the others are text for psql. */
export function isArchive(format: BackupFormat): boolean {
  return format === 'pg-custom' || format === 'pg-directory';
}

/** The text of a plain dump. */
function text(format: BackupFormat, backup: HostPath): HostCommand {
  if (format === 'pg-plain-gzip') return { tool: 'gzip', args: ['-dc', backup] };
  if (format === 'pg-plain-zstd') return { tool: 'zstd', args: ['-dc', backup] };
  return { tool: 'cat', args: [backup] };
}

/** What the backup wants and what of it is left out: its statements without its rows, read by the `frame` filter. */
export function contents(format: BackupFormat, backup: HostPath): HostPiece {
  const first: HostCommand = isArchive(format)
    ? { tool: 'pg_restore', args: ['--schema-only', '-f', '-', backup] }
    : text(format, backup);
  return { pipe: [first, { tool: 'frame', args: [] }], report: 'pg-plain-frame' };
}

/** The list of an archive's entries that are restored. */
export function listing(backup: HostPath, list: HostPath): HostPiece {
  return {
    pipe: [
      { tool: 'pg_restore', args: ['-l', backup] },
      { tool: 'drop-entries', args: [...leftOutKinds] },
    ],
    stdout: list,
    report: 'pg-archive-header',
  };
}

/** Schema, data, indexes and constraints, as the loader, into the connected database. */
export function load(format: BackupFormat, backup: HostPath, list: HostPath, jobs: number): HostPiece {
  if (!isArchive(format)) {
    return {
      pipe: [
        text(format, backup),
        { tool: 'loadable', args: [] },
        { tool: 'guard', args: [] },
        { tool: 'psql', args: ['-q'] },
      ],
      report: 'none',
    };
  }
  const args = [
    '--exit-on-error',
    '--verbose',
    '--no-owner',
    '--no-acl',
    '--no-security-labels',
    '--no-publications',
    '--no-subscriptions',
    '--no-tablespaces',
    `--jobs=${Math.max(1, Math.min(64, Math.trunc(jobs)))}`,
    '-L',
    list,
    backup,
  ];
  return { pipe: [{ tool: 'pg_restore', args }], report: 'pg-restore-progress' };
}

/** psql's, when the server refused a statement: it sends no COMMIT then. */
const scriptRefused = 3;

/**
 * Exit codes with which a script has changed nothing. None where it may end the transaction around it by itself: the words are
 * looked for wherever they stand, as a copy too few is kept rather than one with half a script in it.
 */
export function undoneBy(sql: string): readonly number[] {
  const ends =
    /\b(?:commit|rollback|abort|prepare\s+transaction)\b/i.test(sql) ||
    /(?:^|;)\s*end\b/im.test(withoutBodies(sql));
  return ends ? [] : [scriptRefused];
}

/** Functions and DO blocks end with END; in them it ends no transaction. */
function withoutBodies(sql: string): string {
  return sql.replace(/\$(\w*)\$[\s\S]*?\$\1\$/g, ' body ');
}

/** One SQL file of the environment: all of it or nothing. */
export function script(sql: string): HostPiece {
  return {
    stdin: { text: sql },
    pipe: [
      { tool: 'guard', args: [] },
      { tool: 'psql', args: ['-q', '--single-transaction'] },
    ],
    report: 'none',
  };
}

/**
 * Reads a backup through to its end, writing it nowhere: half a file is found so, and by `pg_restore -l` not. What unpacks out of
 * all proportion is not read further.
 */
export function readThrough(format: BackupFormat, backup: HostPath): HostPiece {
  if (isArchive(format)) {
    const pipe = [
      { tool: 'pg_restore', args: ['-f', '-', backup] },
      { tool: 'within', args: ['--discard', backup] },
    ];
    return { pipe, report: 'none' };
  }
  const pipe = [text(format, backup), { tool: 'within', args: [backup] }, { tool: 'frame', args: [] }];
  return { pipe, report: 'pg-plain-frame' };
}

/**
 * What a backup makes, by names alone, and with it the rows in which tools write their migrations down: those of a plain dump come along,
 * those of an archive are read for `tables`.
 */
export function outlinePiece(format: BackupFormat, backup: HostPath, tables?: readonly string[]): HostPiece {
  const filter = { tool: 'outline', args: [] };
  if (!isArchive(format))
    return { pipe: [text(format, backup), { tool: 'within', args: [backup] }, filter], report: 'outline' };
  const what = tables === undefined ? ['--schema-only'] : ['-a', ...tables.flatMap((table) => ['-t', table])];
  return { pipe: [{ tool: 'pg_restore', args: [...what, '-f', '-', backup] }, filter], report: 'outline' };
}

/** What an archive says of itself. */
export function header(backup: HostPath): HostPiece {
  return { pipe: [{ tool: 'pg_restore', args: ['-l', backup] }], report: 'pg-archive-header' };
}

/** Tools that a format needs on the server's host. */
export function toolsFor(format: BackupFormat): string[] {
  if (isArchive(format)) return ['pg_restore', 'psql'];
  if (format === 'pg-plain-gzip') return ['gzip', 'psql'];
  return format === 'pg-plain-zstd' ? ['zstd', 'psql'] : ['cat', 'psql'];
}
