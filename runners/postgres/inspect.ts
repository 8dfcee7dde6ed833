import type { Backup } from '../../src/domain/backup.ts';
import { isFreshetError } from '../../src/domain/errors.ts';
import type { Inspection, ItemContext, ServerAccess } from '../engine.ts';
import { copyNames } from '../plan.ts';
import { withSession } from './connection.ts';
import { readFacts, type ServerFacts } from './facts.ts';
import { byOid, inMaintenance } from './records.ts';
import { type Problem, rightsProblems } from './rights.ts';
import { isArchive, toolsFor } from './shell.ts';

/** What a run will be about, as far as it must be known to look at the server. */
export type Looked = {
  databaseName: string;
  target: string;
  newName: string;
  backup?: Pick<Backup, 'id' | 'bytes' | 'format' | 'engineVersion'>;
  /** The backup comes from another host, into the run's folder. */
  fetched?: boolean;
  undoes?: { liveRef?: string; keptRef?: string; keptName?: string };
};

/** Reads what a refresh or undo would meet and proves the rights it needs. Changes nothing. */
export async function inspect(access: ServerAccess, item: ItemContext): Promise<Inspection> {
  const { placement, source, undoes } = item;
  return look(access, {
    databaseName: placement.databaseName,
    target: placement.target,
    newName: copyNames(placement.databaseName, item.run).newName,
    ...(source === undefined ? {} : { backup: source.backup, fetched: source.host.name !== item.host.name }),
    ...(undoes === undefined ? {} : { undoes }),
  });
}

/** The same before a run begins to work: rights and space may have changed since it was approved. */
export async function look(access: ServerAccess, looked: Looked, signal?: AbortSignal): Promise<Inspection> {
  const problems: Problem[] = [];
  const warnings: string[] = [];
  const [seen, host] = await Promise.all([
    seeServer(access, looked, problems, signal),
    seeHost(access, looked, problems, warnings),
  ]);
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

type Find = (ref: string) => Promise<{ name: string } | undefined>;

async function undoProblems(looked: Looked, find: Find): Promise<Problem[]> {
  const { liveRef = '', keptRef = '', keptName = '' } = looked.undoes ?? {};
  const kept = keptRef === '' ? undefined : await find(keptRef);
  if (kept === undefined || kept.name !== keptName) {
    return [
      {
        code: 'kept-gone',
        message: `The copy that "${looked.databaseName}" had before is not there any more.`,
        hint: 'Refresh it from a backup instead.',
      },
    ];
  }
  const live = liveRef === '' ? undefined : await find(liveRef);
  if (live?.name === looked.databaseName) return [];
  return [
    {
      code: 'newer-refresh',
      message: `"${looked.databaseName}" is not any more what that run put there.`,
      hint: 'Undo the newest refresh first.',
    },
  ];
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

async function seeHost(
  access: ServerAccess,
  looked: Looked,
  problems: Problem[],
  warnings: string[],
): Promise<{ freeBytes?: number }> {
  const facts = await access.program.facts();
  if (!facts.targets.includes(looked.target)) {
    problems.push({
      code: 'target-unknown',
      message: `Host "${access.host.name}" does not name the target "${looked.target}" in its own file.`,
      hint: "root adds it to the host's file, if it may be overwritten.",
    });
  }
  for (const tool of looked.backup === undefined ? [] : toolsFor(looked.backup.format)) {
    if (facts.tools[tool] !== undefined) continue;
    problems.push({
      code: 'tool-missing',
      message: `Host "${access.host.name}" has no ${tool}, or its file names none.`,
      hint: `Install it and name it in the host's file.`,
    });
  }
  const restore = majorOf(facts.tools.pg_restore);
  const from = Number.parseInt(looked.backup?.engineVersion ?? '', 10);
  if (
    looked.backup !== undefined &&
    isArchive(looked.backup.format) &&
    restore !== undefined &&
    from > restore
  ) {
    problems.push({
      code: 'tool-old',
      message: `pg_restore on host "${access.host.name}" is of version ${restore}; ${looked.backup.id} is of ${from}.`,
      hint: 'Install the newer client there.',
    });
  }
  if (looked.backup !== undefined && looked.fetched === true) {
    const free = await access.program.freeBytes({ run: '.' });
    if (looked.backup.bytes > free) {
      problems.push({
        code: 'no-space',
        message: `Host "${access.host.name}" has ${gigabytes(free)} free for fetched backups; ${looked.backup.id} has ${gigabytes(looked.backup.bytes)}.`,
        hint: 'Make room where freshet-host keeps its state, or move that folder.',
      });
    }
  }
  try {
    return { freeBytes: await access.program.freeBytes({ server: access.site.name }) };
  } catch (error) {
    if (!isFreshetError(error, 'Config')) throw error;
    warnings.push(`The free space of server "${access.site.name}" is not known: ${error.message}`);
    return {};
  }
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

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

function noSpace(access: ServerAccess, needed: number, free: number): Problem {
  return {
    code: 'no-space',
    message: `Server "${access.site.name}" has ${gigabytes(free)} free; the new copy may need ${gigabytes(needed)}.`,
    hint: 'Make room, or drop a kept copy.',
  };
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
