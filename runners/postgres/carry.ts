import { commandError } from '../../src/domain/errors.ts';
import { stateInWords } from './causes.ts';
import type { ActContext, StepResult } from '../engine.ts';
import type { ActStep } from '../plan.ts';
import { liveMissing } from '../refusals.ts';
import { type Session, sqlState, withSession } from './connection.ts';
import { inMaintenance, named } from './records.ts';
import { carryOver, type Carrying, type Holdings } from './sql-carry.ts';
import {
  type DatabaseObject,
  defaultPrivileges,
  type DefaultPrivileges,
  leftBehind,
  objects,
} from './sql-objects.ts';

/**
 * Gives the new database's objects the owners and rights of the live one's. The live one is only read. What the server
 * refuses is listed and not carried; only the owner must be: without it the application could not work.
 */
export async function carry(_step: ActStep, context: ActContext): Promise<StepResult> {
  const { access, item, run, signal } = context;
  const admin = { identity: 'admin' as const, signal, run };
  const live = await inMaintenance(access, run, signal, (session) => named(session, item.databaseName));
  if (live === undefined) throw liveMissing(item);
  const old = await withSession(access, { ...admin, database: item.databaseName }, async (session) => ({
    holdings: await holdingsOf(session),
    behind: await session.rows<{ kind: string; name: string }>(leftBehind),
  }));
  return withSession(access, { ...admin, database: item.newName }, async (session) => {
    const { owner } = live;
    const roles = await session.rows<{ name: string }>(
      `SELECT rolname AS name FROM pg_roles WHERE pg_has_role(oid, 'USAGE')`,
    );
    const carrying = carryOver({
      live: old.holdings,
      fresh: await holdingsOf(session),
      loader: access.site.loader.user,
      owner,
      mayGiveTo: new Set(roles.map(({ name }) => name)),
    });
    const refused = await perform(session, carrying, owner);
    const notCarried = [
      ...carrying.notCarried,
      ...refused,
      ...old.behind.map(
        ({ kind, name }) => `${kind} "${name}" of the old database: it stays with the old copy`,
      ),
    ];
    return { owner, notCarried };
  });
}

async function holdingsOf(session: Session): Promise<Holdings> {
  return {
    objects: await session.rows<DatabaseObject>(objects),
    defaults: await session.rows<DefaultPrivileges>(defaultPrivileges),
  };
}

/** All at once, which is quick; where the server refuses one, one by one, to know which. Answers what was refused. */
async function perform(session: Session, { statements }: Carrying, owner: string): Promise<string[]> {
  try {
    await session.transaction(() => session.rows(statements.map(({ text }) => text).join(';\n')));
    return [];
  } catch (error) {
    if (sqlState(error) === undefined) throw error;
  }
  const refused = new Map<string, string>();
  for (const { text, about } of statements) {
    try {
      await session.rows(text);
    } catch (error) {
      const state = sqlState(error);
      if (state === undefined) throw error;
      if (text.startsWith('REASSIGN')) {
        throw commandError(
          'owner-refused',
          `What was restored can't be given to "${owner}": ${stateInWords(state)}.`,
          'Make the admin identity a member of that role.',
        );
      }
      refused.set(about, stateInWords(state));
    }
  }
  return [...refused].map(([about, why]) => `${about}: ${why}`);
}
