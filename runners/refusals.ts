import { commandError, configError, conflict, fencedError, unavailable } from '../src/domain/errors.ts';
import type { ServerSite } from '../src/domain/site.ts';
import type { PlanItem } from './plan.ts';

// Refusals that each engine has a reason to give; where they look, is theirs.

/** Another attempt holds the database: whoever gets this changes nothing more. */
export function fencePassed(item: PlanItem, fence: number): Error {
  return fencedError(
    'fence-passed',
    `Database "${item.databaseName}" has seen a larger fence than ${fence}: another attempt has taken it over.`,
    'Nothing is to be done: the other attempt goes on.',
    { server: item.server, database: item.databaseName },
  );
}

/** What was proved before anybody was asked is not so any more. */
export function problemMet(
  { name: server }: ServerSite,
  problem: { code: string; message: string; hint: string },
): Error {
  return conflict(problem.code, problem.message, problem.hint, { server });
}

/** What has the name of a kept copy is not the one that a swap left. */
export function keptDiffers({ name: server }: ServerSite, name: string): Error {
  return conflict(
    'kept-differs',
    `Database "${name}" is not the kept copy as it was left; it stays.`,
    'Look whose it is and drop it by hand.',
    { server },
  );
}

/** Somebody has it open. */
export function keptInUse({ name: server }: ServerSite, name: string): Error {
  return conflict('kept-in-use', `"${name}" is in use.`, 'It is tried again.', { server });
}

/** The server does not know an identity of ours, or its password. `look`: where people see why. */
export function loginRefused(
  { name, host }: ServerSite,
  user: string,
  identity: 'loader' | 'admin' | 'reader',
  look: string,
): Error {
  return configError(
    'login-refused',
    `Server "${name}" refuses the login of "${user}" (${identity}).`,
    look,
    {
      server: name,
      host,
    },
  );
}

/** What was asked last over it is unknown. */
export function sessionLost({ name, host }: ServerSite): Error {
  return unavailable(
    'connection-lost',
    `The connection to server "${name}" was lost, or it takes no more.`,
    'It is tried again.',
    { server: name, host },
  );
}

/** Whose the new database becomes is known from the live one alone; it must never stay the admin identity's own. */
export function liveMissing(item: PlanItem): Error {
  return conflict(
    'live-missing',
    `There is no database "${item.databaseName}" any more.`,
    "Create an empty one that belongs to the application's role, then retry.",
    { server: item.server, database: item.databaseName },
  );
}

/** A name that only this run gives, and somebody else's database has it: it stays, and so does the live one. */
export function nameTaken({ server }: PlanItem, name: string): Error {
  return conflict(
    'name-taken',
    `A database "${name}" exists that this run did not make.`,
    'Look whose it is; drop or rename it, then retry.',
    { server, database: name },
  );
}

/** Backups are taken under an account of their own. */
export function missingReader(site: ServerSite): never {
  throw configError(
    'reader-missing',
    `Server "${site.name}" has no "reader" in the site file; databases are dumped under no other account.`,
    'Set `reader` of the server; `npx freshet host install` prints what it needs.',
    { server: site.name },
  );
}

/** What was to go live is not there as it was recorded; the live one is as it was. */
export function newDatabaseGone(item: PlanItem): Error {
  return conflict(
    'new-database-gone',
    `What was to go live as "${item.databaseName}" is not there any more as it was made; the live database is as it was.`,
    'Retry: it is made anew.',
    { server: item.server, database: item.databaseName },
  );
}

/** A table that `minimumRows` names is not in the new database. */
export function tableMissing(table: string): Error {
  return commandError(
    'table-missing',
    `The backup has no table ${table}.`,
    'Look at `minimumRows`, or at the backup.',
  );
}

/** `rows`: how many were found, counted up to the least. */
export function rowsMissing(table: string, rows: number, least: number): Error {
  return commandError(
    'rows-missing',
    `The table ${table} has ${rows} rows in the new database; at least ${least} are expected.`,
    'Look at the backup: it may be of an empty or cut source.',
  );
}

/** `why`: what the server's code means, in words. */
export function sentinelFailed(name: string, why: string): Error {
  return commandError(
    'sentinel-failed',
    `The sentinel "${name}" can't be asked: ${why}.`,
    'Correct its query in the site file.',
  );
}

/** What it answered is not repeated, as it may be data. */
export function sentinelDiffers({ name, expect }: { name: string; expect: string }): Error {
  return commandError(
    'sentinel-differs',
    `The sentinel "${name}" does not answer "${expect}".`,
    'Look at the backup and at the configuration scripts.',
  );
}
