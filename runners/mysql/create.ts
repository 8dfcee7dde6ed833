import type { ActContext, ServerAccess, StepResult } from '../engine.ts';
import type { ActStep } from '../plan.ts';
import { liveMissing, nameTaken } from '../refusals.ts';
import type { Session } from './connection.ts';
import { integer } from '../quote.ts';
import { type Account, everythingIn } from './quote.ts';
import { alone, asAdmin, copyOf, markOf, newRef, raise, schemaNamed, tablesIn } from './records.ts';
import { closeTo, dropSchema, makeCopy, makeMark, openTo, schemaRights } from './sql.ts';

/**
 * Makes the new schema, in which the loader may do all, and nothing anywhere else. What an interrupted attempt of the same run
 * left under the name is thrown away first: it is ours only if our record says so. Throws Conflict (`name-taken`).
 */
export async function create(_step: ActStep, context: ActContext): Promise<StepResult> {
  const { access, item, run, fence, signal } = context;
  const ref = await asAdmin(access, signal, async (session) => {
    await raise(session, item, run, fence);
    return alone(session, item, async () => {
      const live = await schemaNamed(session, item.databaseName);
      if (live === undefined) throw liveMissing(item);
      const record = await copyOf(session, run, item.databaseName);
      if ((await schemaNamed(session, item.newName)) !== undefined) {
        if (record === undefined || !(await isOursOrBare(session, access, item.newName, record.ref))) {
          throw nameTaken(item, item.newName);
        }
        await shut(session, access, item.newName);
        await session.rows(dropSchema(item.newName));
      }
      const made = newRef();
      await session.rows(
        'REPLACE INTO freshet.copy (run, database_name, copy_name, ref, closed) VALUES (?, ?, ?, ?, 0)',
        [run, item.databaseName, item.newName, made],
      );
      await session.rows(makeCopy(item.newName, live));
      await session.rows(makeMark(item.newName, made));
      await open(session, access, item.newName);
      return made;
    });
  });
  return { ref, notCarried: [] };
}

/** The accounts of that name; the client and the forwarded port come from here, whatever the server calls it. */
export async function loaders(session: Session, access: ServerAccess): Promise<Account[]> {
  return session.rows<Account>(
    'SELECT user AS user, host AS host FROM mysql.user WHERE user = ? ORDER BY host',
    [access.site.loader.user],
  );
}

/** Lets the loader into a new schema. Repeatable. */
export async function open(session: Session, access: ServerAccess, schema: string): Promise<void> {
  for (const loader of await loaders(session, access)) await session.rows(openTo(loader, schema));
}

/** Lets nobody in any more, and ends who is in. Repeatable. */
export async function shut(session: Session, access: ServerAccess, schema: string): Promise<void> {
  for (const loader of await loadersIn(session, access, schema)) await session.rows(closeTo(loader, schema));
  const inside = await session.rows<{ id: number }>(
    'SELECT id AS id FROM information_schema.processlist WHERE db = ? AND id <> CONNECTION_ID()',
    [schema],
  );
  for (const { id } of inside) await session.rows(`KILL CONNECTION ${integer(id)}`).catch(() => undefined);
}

/** The accounts of the loader that may do something in exactly this schema. */
async function loadersIn(session: Session, access: ServerAccess, schema: string): Promise<Account[]> {
  const granted = everythingIn(schema).slice(1, -3).replaceAll('``', '`');
  const inside: Account[] = [];
  for (const loader of await loaders(session, access)) {
    const has = await session.row(schemaRights, [loader.user, loader.host, granted]);
    if (has !== undefined) inside.push(loader);
  }
  return inside;
}

/**
 * Whether a schema that was recorded is there, and still that one: by the mark inside, or by what the loader may do there, which we alone give.
 * A backup can throw the mark away, and can take no right.
 */
export async function isOurs(
  session: Session,
  access: ServerAccess,
  schema: string,
  ref: string,
): Promise<boolean> {
  if ((await schemaNamed(session, schema)) === undefined) return false;
  return (await markOf(session, schema)) === ref || (await loadersIn(session, access, schema)).length > 0;
}

/** The same, or still without any table: we died before the mark was made. Nobody else makes such names. */
export async function isOursOrBare(
  session: Session,
  access: ServerAccess,
  schema: string,
  ref: string,
): Promise<boolean> {
  if (await isOurs(session, access, schema, ref)) return true;
  return (await markOf(session, schema)) === undefined && (await tablesIn(session, schema)).length === 0;
}
