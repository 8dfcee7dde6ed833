import { conflict } from '../../src/domain/errors.ts';
import { identifier } from './quote.ts';
import type { ActContext, StepResult } from '../engine.ts';
import type { ActStep } from '../plan.ts';
import { nameTaken } from '../refusals.ts';
import { withSession } from './connection.ts';
import { endMaking } from './making.ts';
import { copyOf, inMaintenance, named, raise } from './records.ts';
import {
  openNewDatabase,
  createDatabase,
  dropDatabase,
  loadingSettings,
  type Locale,
  localeOf,
  recordCopy,
  recordCopyOid,
} from './sql.ts';

/**
 * Makes the new database, closed to all but us, with the extensions that the backup wants. What an interrupted
 * attempt of the same run left under the name is thrown away first: it is ours only if our record says so.
 * Throws Conflict (`extension-not-allowed`, `name-taken`).
 */
export async function create(_step: ActStep, context: ActContext): Promise<StepResult> {
  const { access, item, run, fence, signal } = context;
  const contents = context.results[`${item.database}.contents`] ?? {};
  const extensions = wantedExtensions(contents);
  const wanted = extensions.map(({ name }) => name);
  const refused = wanted.filter((name) => !access.site.extensions.includes(name));
  if (refused.length > 0) {
    throw conflict(
      'extension-not-allowed',
      `The backup wants the extension "${refused[0]}"; server "${access.site.name}" allows ${access.site.extensions.join(', ') || 'none'}.`,
      'Add it to `extensions` of the server in the site file, if it may be used there.',
      { server: access.site.name, extension: refused[0] ?? '' },
    );
  }
  const oid = await inMaintenance(access, run, signal, async (session) => {
    await raise(session, item, run, fence);
    const record = await copyOf(session, run, item.databaseName);
    if (record?.oid === null) await endMaking(session, run, item.newName);
    const there = await named(session, item.newName);
    if (there !== undefined) {
      // A record without an oid: we died between making it and writing that down. Nobody else makes such names.
      if (record === undefined || (record.oid !== null && record.oid !== there.oid)) {
        throw nameTaken(item, item.newName);
      }
      await session.rows(dropDatabase(item.newName));
    }
    await session.rows(recordCopy, [run, item.databaseName, item.newName]);
    const like = await session.row<Locale>(localeOf, [item.databaseName]);
    await session.rows(createDatabase(item.newName, like));
    for (const text of openNewDatabase(item.newName, access.site.loader.user)) await session.rows(text);
    for (const text of loadingSettings(item.newName)) await session.rows(text);
    const made = await named(session, item.newName);
    await session.rows(recordCopyOid, [run, item.databaseName, made?.oid]);
    return made?.oid;
  });
  await withSession(access, { identity: 'admin', database: item.newName, signal, run }, async (session) => {
    const { major } = (await session.row<{ major: number }>(
      "SELECT current_setting('server_version_num')::int / 10000 AS major",
    )) ?? { major: 15 };
    for (const schema of schemasOf(contents)) {
      const owner = identifier(access.site.loader.user);
      await session.rows(`CREATE SCHEMA IF NOT EXISTS ${identifier(schema)} AUTHORIZATION ${owner}`);
    }
    for (const { name, schema } of extensions) {
      await session.rows(
        `CREATE EXTENSION IF NOT EXISTS ${identifier(name)} WITH SCHEMA ${identifier(schema)}`,
      );
    }
    // From 15 on only the owner of a database may create in its schema public; the loader is not the owner.
    if (major >= 15) {
      await session.rows(`GRANT CREATE, USAGE ON SCHEMA public TO ${identifier(access.site.loader.user)}`);
    }
  });
  return { oid, extensions: wanted, notCarried: leftOut(contents) };
}

/** `extension-1: citext@public` ... as the host read it in the backup. plpgsql is in every database. */
function wantedExtensions(contents: StepResult): { name: string; schema: string }[] {
  return Object.entries(contents)
    .filter(([key, value]) => key.startsWith('extension-') && typeof value === 'string')
    .sort(([a], [b]) => Number(a.slice(10)) - Number(b.slice(10)))
    .map(([, value]) => {
      const [name = '', schema = 'public'] = String(value).split('@');
      return { name, schema };
    })
    .filter(({ name }) => name !== 'plpgsql');
}

/** Schemas of the backup, by name; the host gives them as they stand in the statement, quoted or bare. */
function schemasOf(contents: StepResult): string[] {
  return Object.entries(contents)
    .filter(([key, value]) => key.startsWith('schema-') && typeof value === 'string')
    .map(([, value]) => String(value))
    .map((name) => (name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name));
}

/** What of the backup is not restored, in plain words. */
function leftOut(contents: StepResult): string[] {
  if (typeof contents['left-out'] !== 'string') return [];
  return contents['left-out']
    .split(',')
    .filter((entry) => entry !== '')
    .map((entry) => {
      const [kind = '', count = '1'] = entry.split('=');
      return `${count} ${kind.toLowerCase()}${count === '1' ? '' : 's'} of the backup: never restored`;
    });
}
