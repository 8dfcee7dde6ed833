import { isFreshetError } from '../../src/domain/errors.ts';
import type { Inspection } from '../../src/domain/impact.ts';
import type { ItemContext, ServerAccess } from '../engine.ts';
import {
  type Looked,
  lookedAt,
  noSpace,
  type Problem,
  seeHost,
  type SeenHost,
  undoProblems,
} from '../look.ts';
import { withSession } from './connection.ts';
import { readFacts, type ServerFacts } from './facts.ts';
import { withKeepable } from '../keeping.ts';
import { assertKeepable } from './keep-rows.ts';
import { byOid, inMaintenance } from './records.ts';
import { rightsProblems } from './rights.ts';
import { isArchive, toolsFor } from './shell.ts';

/** Reads what a refresh or undo would meet and proves the rights it needs. Changes nothing. */
export async function inspect(access: ServerAccess, item: ItemContext): Promise<Inspection> {
  const seen = await look(access, lookedAt(item));
  return withKeepable(item, seen, (databaseName, keep) => assertKeepable(access, databaseName, keep));
}

/** The same before a run begins to work: rights and space may have changed since it was approved. */
export async function look(access: ServerAccess, looked: Looked, signal?: AbortSignal): Promise<Inspection> {
  const refused: Problem[] = [];
  const [seen, host] = await Promise.all([
    seeServer(access, looked, refused, signal),
    seeHost(access, looked, looked.backup === undefined ? [] : toolsFor(looked.backup.format)),
  ]);
  const problems = [...refused, ...host.problems, ...toolProblems(host, looked, access.host.name)];
  const warnings = [...host.warnings];
  if (seen !== undefined) {
    problems.unshift(...rightsProblems(seen.facts, access.site, looked.databaseName), ...seen.problems);
    warnings.push(...warningsOf(seen.facts, access, looked));
    const needed = bytesNeeded(looked.backup, seen.facts.live?.bytes);
    if (host.freeBytes !== undefined && needed > host.freeBytes + seen.facts.reclaimableBytes)
      problems.push(noSpace(access, needed, host.freeBytes));
  }
  const live = seen?.facts.live;
  return {
    serverVersion: seen?.facts.version ?? '',
    ...(live === undefined ? {} : { live: { ref: live.oid, bytes: live.bytes } }),
    sessions: seen?.facts.sessions ?? [],
    ...(host.freeBytes === undefined ? {} : { freeBytes: host.freeBytes }),
    problems,
    warnings,
  };
}

async function seeServer(access: ServerAccess, looked: Looked, problems: Problem[], signal?: AbortSignal) {
  try {
    const seen = await inMaintenance(access, 'look' as never, signal, async (session) => ({
      facts: await readFacts(session, access, looked),
      problems: looked.undoes === undefined ? [] : await undoProblems(looked, (ref) => byOid(session, ref)),
    }));
    // The loader's login is proved by logging in.
    const login = { identity: 'loader' as const, database: access.site.maintenanceDatabase };
    await withSession(access, { ...login, ...(signal === undefined ? {} : { signal }) }, (session) =>
      session.rows('SELECT'),
    );
    return {
      ...seen,
      problems: [...seen.problems, ...backupProblems(seen.facts, access, looked)],
    };
  } catch (error) {
    if (!isFreshetError(error, 'Config')) throw error;
    problems.push({ code: error.code, message: error.message, hint: error.hint });
    return undefined;
  }
}

function backupProblems(
  facts: ServerFacts,
  access: ServerAccess,
  { backup, databaseName, newName }: Looked,
): Problem[] {
  const problems: Problem[] = [];
  // Whose the new one would be is known from the live one alone, and it must never be the admin identity's own.
  if (backup !== undefined && facts.live === undefined) {
    problems.push({
      code: 'live-missing',
      message: `There is no database "${databaseName}" yet.`,
      hint: "Create an empty one that belongs to the application's role first.",
    });
  }
  const from = Number.parseInt(backup?.engineVersion ?? '', 10);
  if (backup !== undefined && from > facts.major) {
    problems.push({
      code: 'server-version-old',
      message: `${backup.id} is of PostgreSQL ${backup.engineVersion}; server "${access.site.name}" is ${facts.version}.`,
      hint: 'Choose a backup of the same or an older version.',
    });
  }
  for (const name of access.site.extensions) {
    if (facts.extensions[name] === false) {
      problems.push({
        code: 'extension-needs-superuser',
        message: `Extension "${name}" can be created by a superuser only, and "${access.site.admin.user}" is none.`,
        hint: 'Mark it as trusted in its control file, or take it from `extensions` in the site file.',
      });
    }
  }
  // A run that starts again drops its own; somebody else's stays and stands in the way. The run id makes it unlikely.
  if (facts.newName !== undefined && facts.newName.owner !== access.site.admin.user && backup !== undefined) {
    problems.push({
      code: 'name-taken',
      message: `A database "${newName}" exists already and is not ours.`,
      hint: 'Look whose it is; drop or rename it.',
    });
  }
  return problems;
}

/** pg_restore reads archives of its own and older versions. */
function toolProblems({ facts }: SeenHost, { backup }: Looked, host: string): Problem[] {
  const restore = majorOf(facts.tools['pg_restore']);
  const from = Number.parseInt(backup?.engineVersion ?? '', 10);
  if (backup === undefined || !isArchive(backup.format) || restore === undefined || !(from > restore))
    return [];
  return [
    {
      code: 'tool-old',
      message: `pg_restore on host "${host}" is of version ${restore}; ${backup.id} is of ${from}.`,
      hint: 'Install the newer client there.',
    },
  ];
}

function majorOf(version: string | undefined): number | undefined {
  const match = /\) (\d+)/.exec(version ?? '');
  return match === null ? undefined : Number(match[1]);
}

/**
 * Room for the new copy: as much as the live one has, or what the backup may grow to. Compressed dumps of tables and their
 * indexes grow by about seven; text by about a third.
 */
export function bytesNeeded(backup: Looked['backup'], liveBytes = 0): number {
  if (backup === undefined) return 0;
  return Math.max(liveBytes, backup.bytes * (backup.format === 'pg-plain' ? 1.4 : 7));
}

function warningsOf(facts: ServerFacts, access: ServerAccess, looked: Looked): string[] {
  const { live } = facts;
  const warnings: string[] = [];
  if (live === undefined) return warnings;
  if (live.superusers > 0 && !facts.identity.superuser) {
    warnings.push(
      `${live.superusers} session(s) of superusers are on "${looked.databaseName}"; "${access.site.admin.user}" can't end them.`,
    );
  }
  if (live.tablespace !== undefined) {
    warnings.push(
      `"${looked.databaseName}" lies in the tablespace "${live.tablespace.name}", and its new copy will; the free space there is not known.`,
    );
  }
  for (const slot of live.slots) {
    warnings.push(`The replication slot "${slot}" stays with the old copy and keeps it from being dropped.`);
  }
  for (const name of access.site.extensions) {
    if (!(name in facts.extensions))
      warnings.push(`Extension "${name}" is not installed on server "${access.site.name}".`);
  }
  return warnings;
}
