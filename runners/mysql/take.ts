import type { Dumping, ServerAccess } from '../engine.ts';
import type { HostFacts } from '../host-program/step.ts';
import type { Problem } from '../look.ts';
import type { ReaderSees, TakeLook } from '../take-look.ts';
import { withSession } from './connection.ts';
import { account, everythingIn } from './quote.ts';
import { fits } from './rights.ts';
import { ownHost, readerRights, routineRights } from './setup.ts';

/**
 * By the vendor's own tool, in one transaction and so of one moment, without a lock on anything; packed beside it. Level 1 took a sixth
 * of the space of the text, and hardly any time. It is loaded over several sessions; decision 0112 says why it is not read over several.
 */
export const dumping: Dumping = {
  format: 'mysql-plain-zstd',
  kind: 'file',
  ending: '.sql.zst',
  dump: (_item, place) => ({
    pipe: [
      {
        tool: 'mariadb-dump',
        args: ['--single-transaction', '--routines', '--events', '--triggers', '--no-tablespaces'],
      },
      { tool: 'zstd', args: ['-1', '-q', '-c'] },
    ],
    stdout: place,
    report: 'mysql-dump-progress',
  }),
  tally: (place) => [
    { tool: 'zstd', args: ['-dc', '-q', place] },
    { tool: 'mysql-tally', args: [] },
  ],
};

const tablesOf = `
  SELECT VERSION() AS version, CAST(COALESCE(SUM(t.data_length + t.index_length), 0) AS DOUBLE) AS bytes,
    CAST(COALESCE(SUM(e.transactions = 'NO'), 0) AS SIGNED) AS loose,
    MIN(CASE WHEN e.transactions = 'NO' THEN t.table_name END) AS example
  FROM information_schema.tables t LEFT JOIN information_schema.engines e ON e.engine = t.engine
  WHERE t.table_schema = ?`;

async function see(access: ServerAccess, databaseName: string, signal?: AbortSignal): Promise<ReaderSees> {
  const login = { identity: 'reader' as const, database: databaseName, ...(signal && { signal }) };
  return withSession(access, login, async (session) => {
    const facts = await session.row<{
      version: string;
      bytes: number;
      loose: number;
      example: string | null;
    }>(tablesOf, [databaseName]);
    const lines = (await session.rows<Record<string, string>>('SHOW GRANTS FOR CURRENT_USER()')).map(
      (row) => Object.values(row)[0] ?? '',
    );
    const version = facts?.version ?? '';
    return {
      version: /^\d+(?:\.\d+)*(?:-MariaDB)?/i.exec(version)?.[0] ?? version,
      bytes: facts?.bytes ?? 0,
      problems: readerProblems(lines, databaseName, /mariadb/i.test(version), access.site.reader?.user ?? ''),
      warnings:
        (facts?.loose ?? 0) === 0
          ? []
          : [
              `${facts?.loose} tables of "${databaseName}", such as "${facts?.example}", know no transactions: what is written to them while they are dumped may be in the backup in part.`,
            ],
    };
  });
}

/** What the lines of SHOW GRANTS leave out that a dump needs. Pure. */
export function readerProblems(
  lines: readonly string[],
  databaseName: string,
  isMariadb: boolean,
  user: string,
): Problem[] {
  const who = account({ user, host: ownHost });
  const missing = readerRights.filter(
    (right) => !may(lines, right, (on, table) => table === undefined && fits(databaseName, on)),
  );
  const problems: (Problem | false)[] = [
    missing.length > 0 && {
      code: 'reader-denied',
      message: `"${user}" lacks the rights ${missing.join(', ')} on "${databaseName}".`,
      hint: `GRANT ${missing.join(', ')} ON ${everythingIn(databaseName)} TO ${who}`,
    },
    // Without it a dump would be without the bodies of routines.
    !(isMariadb
      ? may(lines, 'SELECT', (on, table) => on === 'mysql' && (table === undefined || table === 'proc'))
      : may(lines, 'SHOW_ROUTINE', () => false)) && {
      code: 'reader-denied',
      message: `"${user}" may not read what is in routines.`,
      hint: `GRANT ${routineRights[isMariadb ? 'MariaDB' : 'MySQL']} TO ${who}`,
    },
  ];
  return problems.filter((problem) => problem !== false);
}

/** Whether a line gives a right everywhere, or on what `where` takes: a schema as GRANT has it, and a table of it. */
function may(
  lines: readonly string[],
  right: string,
  where: (schema: string, table: string | undefined) => boolean,
): boolean {
  return lines.some((line) => {
    const match = /^GRANT (.*?) ON (?:\*\.\*|`((?:[^`]|``)+)`\.(?:\*|`((?:[^`]|``)+)`)) TO /.exec(line);
    const [, rights = '', schema, table] = match ?? [];
    if (match === null || !(rights === 'ALL PRIVILEGES' || rights.split(', ').includes(right))) return false;
    return schema === undefined || where(schema.replaceAll('``', '`'), table?.replaceAll('``', '`'));
  });
}

/** MariaDB's tool writes values for generated columns, which MySQL takes back from nobody; MySQL's does not know MariaDB's sequences. */
export function versions(
  tools: HostFacts['tools'],
  { version }: Pick<ReaderSees, 'version'>,
  { site, host }: { site: Pick<ServerAccess['site'], 'name'>; host: Pick<ServerAccess['host'], 'name'> },
): Problem[] {
  const product = (text: string) => (/mariadb/i.test(text.replace('mariadb-dump', '')) ? 'MariaDB' : 'MySQL');
  const tool = tools['mariadb-dump'];
  // One that does not tell its version tells nothing.
  if (tool === undefined || !/\d/.test(tool) || product(tool) === product(version)) return [];
  const program = product(version) === 'MySQL' ? 'mysqldump' : 'mariadb-dump';
  return [
    {
      code: 'tool-other-vendor',
      message: `The tool "mariadb-dump" on host "${host.name}" is ${product(tool)}'s; server "${site.name}" is ${product(version)} ${version}, which does not take back all that it writes.`,
      hint: `Name ${program} in the host's file: tool mariadb-dump /usr/bin/${program}`,
    },
  ];
}

export const takeLook: TakeLook = {
  tools: { dump: ['mariadb-dump', 'zstd'], read: ['zstd'] },
  packs: 4,
  see,
  versions,
};
