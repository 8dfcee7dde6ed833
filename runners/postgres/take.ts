import type { Dumping, ServerAccess } from '../engine.ts';
import type { HostFacts } from '../host-program/step.ts';
import type { Problem } from '../look.ts';
import type { ReaderSees, TakeLook } from '../take-look.ts';
import { withSession } from './connection.ts';

/**
 * In the directory format, which alone is dumped with several jobs: they share one snapshot. Level 1 took a third of the time of the
 * default and a tenth more space.
 */
export const dumping: Dumping = {
  format: 'pg-directory',
  kind: 'folder',
  ending: '',
  dump: ({ placement }, place) => ({
    pipe: [
      {
        tool: 'pg_dump',
        args: [
          '--verbose',
          '--format=d',
          `--jobs=${Math.max(1, Math.min(64, Math.trunc(placement.jobs)))}`,
          '--compress=1',
          // Whoever changes a table for so long may finish first; what waits behind us would wait with us.
          '--lock-wait-timeout=60000',
          '-f',
          place,
        ],
      },
    ],
    report: 'pg-dump-progress',
  }),
  // Owners and grants are no part of what the definitions are compared by.
  tally: (place) => [
    { tool: 'pg_restore', args: ['--no-owner', '--no-acl', '-f', '-', place] },
    { tool: 'tally', args: [] },
  ],
};

type ReaderFacts = {
  version: string;
  bytes: number;
  /** Relations that it may not read, a few of them by name. */
  unreadable: number;
  example: string | null;
  /** Tables whose rows are shown to some only, and the role sees no others' rows. */
  hidden: number;
  largeObjects: number;
};

/** What the reader can see of a database; it changes nothing. Large objects have rights of their own, which no role grants as a whole. */
const readerFacts = `
  WITH ours AS (
    SELECT c.oid, n.nspname, c.relname, c.relkind, c.relrowsecurity FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%' AND c.relkind IN ('r', 'p', 'S')
  ), me AS (SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user),
  refused AS (
    SELECT nspname || '.' || relname AS name FROM ours
    WHERE NOT has_schema_privilege(nspname, 'USAGE')
      OR NOT CASE relkind WHEN 'S' THEN has_sequence_privilege(oid, 'SELECT') ELSE has_table_privilege(oid, 'SELECT') END
  )
  SELECT current_setting('server_version') AS version,
    pg_database_size(current_database())::float8 AS bytes,
    (SELECT count(*)::int FROM refused) AS unreadable, (SELECT min(name) FROM refused) AS example,
    (SELECT count(*)::int FROM ours, me WHERE relrowsecurity AND NOT rolsuper AND NOT rolbypassrls) AS hidden,
    (SELECT count(*)::int FROM pg_largeobject_metadata l, me
      WHERE NOT rolsuper AND NOT pg_has_role(l.lomowner, 'USAGE') AND l.lomacl IS NULL) AS "largeObjects"`;

async function see(access: ServerAccess, databaseName: string, signal?: AbortSignal): Promise<ReaderSees> {
  const login = { identity: 'reader' as const, database: databaseName, ...(signal && { signal }) };
  const facts = await withSession(access, login, (session) => session.row<ReaderFacts>(readerFacts));
  if (facts === undefined) return { version: '', bytes: 0, problems: [] };
  const who = access.site.reader?.user ?? '';
  return { ...facts, problems: readerProblems(facts, databaseName, who) };
}

function readerProblems(facts: ReaderFacts, databaseName: string, who: string): Problem[] {
  const problems: (Problem | false)[] = [
    facts.unreadable > 0 && {
      code: 'reader-denied',
      message: `"${who}" may not read ${facts.unreadable} tables or sequences of "${databaseName}", such as "${facts.example}".`,
      hint: `As a superuser: GRANT pg_read_all_data TO ${who}.`,
    },
    facts.hidden > 0 && {
      code: 'reader-row-security',
      message: `${facts.hidden} tables of "${databaseName}" show their rows to some only, and "${who}" is bound by that.`,
      hint: `As a superuser: ALTER ROLE ${who} BYPASSRLS.`,
    },
    facts.largeObjects > 0 && {
      code: 'reader-large-objects',
      message: `"${who}" may not read ${facts.largeObjects} large objects of "${databaseName}", and no role gives leave to read them all.`,
      hint: `Make "${who}" a member of the role that owns them.`,
    },
  ];
  return problems.filter((problem) => problem !== false);
}

/** pg_dump does not dump a server that is newer than itself. */
function versions(
  tools: HostFacts['tools'],
  { version }: ReaderSees,
  { site, host }: ServerAccess,
): Problem[] {
  const dumper = Number(/\) (\d+)/.exec(tools.pg_dump ?? '')?.[1] ?? NaN);
  if (!(Number.parseInt(version, 10) > dumper)) return [];
  return [
    {
      code: 'tool-old',
      message: `pg_dump on host "${host.name}" is of version ${dumper}; server "${site.name}" is ${version}.`,
      hint: 'Install the newer client there.',
    },
  ];
}

export const takeLook: TakeLook = {
  tools: { dump: ['pg_dump'], read: ['pg_restore'] },
  packs: 2,
  see,
  versions,
};
