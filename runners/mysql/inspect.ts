import { isFreshetError } from '../../src/domain/errors.ts';
import type { Inspection } from '../../src/domain/impact.ts';
import type { ItemContext, ServerAccess } from '../engine.ts';
import { withKeepable } from '../keeping.ts';
import { type Looked, lookedAt, noSpace, type Problem, seeHost, undoProblems } from '../look.ts';
import { withSession } from './connection.ts';
import { readFacts } from './facts.ts';
import { assertKeepable } from './keep-rows.ts';
import { asAdmin, liveRefOf, markOf } from './records.ts';
import { rightsProblems } from './rights.ts';
import { toolsFor } from './shell.ts';

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
  const problems = [...refused, ...(seen?.problems ?? []), ...host.problems];
  const needed = bytesNeeded(looked.backup, seen?.facts.live?.bytes);
  const reclaimable = seen?.facts.reclaimableBytes ?? 0;
  if (host.freeBytes !== undefined && needed > host.freeBytes + reclaimable)
    problems.push(noSpace(access, needed, host.freeBytes));
  return {
    serverVersion: seen?.facts.version ?? '',
    ...(seen?.facts.live === undefined ? {} : { live: seen.facts.live }),
    sessions: seen?.facts.sessions ?? [],
    ...(host.freeBytes === undefined ? {} : { freeBytes: host.freeBytes }),
    problems,
    warnings: host.warnings,
  };
}

async function seeServer(access: ServerAccess, looked: Looked, refused: Problem[], signal?: AbortSignal) {
  try {
    const seen = await asAdmin(access, signal, async (session) => {
      const facts = await readFacts(session, access, looked);
      const { databaseName, undoes } = looked;
      const find = async (ref: string) => {
        if (undoes?.keptName !== undefined && (await markOf(session, undoes.keptName)) === ref)
          return { name: undoes.keptName };
        return (await liveRefOf(session, databaseName)) === ref ? { name: databaseName } : undefined;
      };
      const undo = undoes === undefined || !facts.setUp ? [] : await undoProblems(looked, find);
      return { facts, problems: [...rightsProblems(facts, access.site, looked), ...undo] };
    });
    // The loader's login is proved by logging in.
    await withSession(
      access,
      { identity: 'loader', ...(signal === undefined ? {} : { signal }) },
      (session) => session.rows('SELECT 1'),
    );
    return seen;
  } catch (error) {
    if (!isFreshetError(error, 'Config')) throw error;
    refused.push({ code: error.code, message: error.message, hint: error.hint });
    return undefined;
  }
}

/** Room for the new copy: as much as the live one has, or what the backup may grow to. Tables and their indexes take about what their text does; packed text is a seventh. */
export function bytesNeeded(backup: Looked['backup'], liveBytes = 0): number {
  if (backup === undefined) return 0;
  return Math.max(liveBytes, backup.bytes * (backup.format === 'mysql-plain' ? 1.4 : 7));
}
