import { escapeIdentifier, type ClientBase } from 'pg';
import { configError } from '../domain/errors.ts';
import { connected } from './connect.ts';

/** Who owns the store, and who asks. */
export type Roles = {
  role: string;
  /** The role that owns the schema. */
  owner: string;
  /** Whether `role` can do what the owner can: then only triggers keep events from being changed. */
  owns: boolean;
};

/** Undefined where there is no store in the database yet. Throws as `migrate` does. */
export async function rolesOf(connectionString: string): Promise<Roles | undefined> {
  return connected(connectionString, async (client) => {
    const { rows } = await client.query<Roles>(`
      select current_user as role, pg_get_userbyid(nspowner) as owner, pg_has_role(current_user, nspowner, 'MEMBER') as owns
      from pg_namespace where nspname = 'freshet'`);
    return rows[0];
  });
}

/** What a process that serves or works may do: all but change what was written down, or the tables themselves. */
const addedTo = ['seals', 'receipts', 'put_backs'];
const readOnly = ['migrations', 'prunes', 'received', 'receivable'];
/** What is written of an event: its number, its moment and its transaction are the store's to give. */
const ofEvents = ['request', 'run', 'actor', 'front', 'data'];

/**
 * Gives `role` what `serve` and `worker` need, and takes what they must not have; may be repeated. Throws Config
 * `runtime-role-unknown`, or `runtime-role-mighty` where grants would not bind it.
 */
export async function grantTo(client: ClientBase, role: string): Promise<void> {
  await assertOrdinary(client, role);
  const to = escapeIdentifier(role);
  const listed = (tables: readonly string[]) => tables.map((table) => `freshet.${table}`).join(', ');
  await client.query(`
    begin;
    revoke all on all tables in schema freshet from ${to};
    grant usage on schema freshet to ${to};
    grant select, insert, update, delete on all tables in schema freshet to ${to};
    revoke all on ${listed(['events', ...addedTo, ...readOnly])} from ${to};
    grant select, insert on ${listed(addedTo)} to ${to};
    grant select, insert (${ofEvents.join(', ')}) on freshet.events to ${to};
    grant select on ${listed(readOnly)} to ${to};
    grant usage, select on all sequences in schema freshet to ${to};
    commit`);
}

async function assertOrdinary(client: ClientBase, role: string): Promise<void> {
  const { rows } = await client.query<{ mighty: boolean }>(
    `select rolsuper or pg_has_role(rolname, (select nspowner from pg_namespace where nspname = 'freshet'), 'MEMBER') as mighty
     from pg_roles where rolname = $1`,
    [role],
  );
  const [found] = rows;
  if (found === undefined) {
    throw configError(
      'runtime-role-unknown',
      `Role "${role}" is not there; expected one of the server that "serve" and "worker" log in as.`,
      `On the server: create role ${escapeIdentifier(role)} login password '...'; then npx freshet migrate again.`,
    );
  }
  if (!found.mighty) return;
  throw configError(
    'runtime-role-mighty',
    `Role "${role}" is a superuser, or owns the store; expected one that is neither, as nothing could be kept from it.`,
    'Let "serve" and "worker" log in as a role of their own, in DATABASE_URL.',
  );
}
