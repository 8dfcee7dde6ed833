import type { Client } from 'pg';
import { keepText } from '../domain/amounts.ts';
import { conflict, forbidden } from '../domain/errors.ts';
import { connected } from './connect.ts';

export type Pruned = { events: number; seal: number };

/**
 * Removes the events of whole seals, from the oldest on, as long as each event is older than `keepSeconds` by the database's clock and
 * belongs to no request that is not over. One seal is one transaction; what went is written down with it, and triggers refuse to remove
 * anything else. As the owner only: throws Forbidden `prune-not-owner`; Conflict `prune-not-told` for a time that is shorter than the
 * newest head was told with.
 */
export async function prune(connectionString: string, keepSeconds: number): Promise<Pruned> {
  return connected(connectionString, async (client) => {
    await assertOwner(client);
    await assertRetention(client, keepSeconds);
    const pruned: Pruned = { events: 0, seal: 0 };
    for (let next = await pruneNext(client, keepSeconds); next !== undefined;) {
      pruned.events += next.events;
      pruned.seal = next.seal;
      next = await pruneNext(client, keepSeconds);
    }
    return pruned;
  });
}

async function assertOwner(client: Client): Promise<void> {
  const { rows } = await client.query<{ role: string; owner: string }>(
    `select current_user as role, tableowner as owner from pg_tables where schemaname = 'freshet' and tablename = 'events'`,
  );
  const { role, owner } = rows[0] ?? { role: '', owner: '' };
  if (role === owner) return;
  throw forbidden(
    'prune-not-owner',
    `Role "${role}" may not remove events; expected "${owner}", who owns the store.`,
    'Set MIGRATE_DATABASE_URL to the address with that role.',
  );
}

async function assertRetention(client: Client, keepSeconds: number): Promise<void> {
  const { rows } = await client.query<{ told: number }>('select freshet.retention() as told');
  const { told } = rows[0]!;
  if (keepSeconds >= told) return;
  throw conflict(
    'prune-not-told',
    `Events would be kept ${keepText(keepSeconds)}; they have to be kept ${keepText(told)} until a daily message has told of a shorter time.`,
    'With a shorter "audit.keep" in the site file, prune after the next daily message.',
  );
}

async function pruneNext(client: Client, keepSeconds: number): Promise<Pruned | undefined> {
  await client.query('begin');
  try {
    // Two at once would write the same down twice.
    await client.query('lock table freshet.prunes in share row exclusive mode');
    const { rows } = await client.query<{ number: string; after: string; through: string }>(
      `select number, "after", through from freshet.seals as one
       where number = (select coalesce(max(seal), 0) + 1 from freshet.prunes)
         and at < clock_timestamp() - make_interval(secs => $1)
         and not exists (
           select from freshet.events left join freshet.requests on requests.number = events.request
           where events.number > one."after" and events.number <= one.through
             and (events.at >= clock_timestamp() - make_interval(secs => $1)
               or requests.state in ('pending', 'approved', 'running', 'fenced'))
         )`,
      [keepSeconds],
    );
    const [seal] = rows;
    if (seal !== undefined) {
      const range = [seal.after, seal.through];
      // What was told, or given up telling, goes with what it told of.
      await client.query('delete from freshet.outbox where event > $1 and event <= $2', range);
      await client.query(`select set_config('freshet.pruning', $1, true)`, [String(keepSeconds)]);
      const { rowCount } = await client.query(
        'delete from freshet.events where number > $1 and number <= $2',
        range,
      );
      await client.query(
        'insert into freshet.prunes (seal, through, events, keep_seconds) values ($1, $2, $3, $4)',
        [seal.number, seal.through, rowCount, keepSeconds],
      );
      await client.query('commit');
      return { events: rowCount ?? 0, seal: Number(seal.number) };
    }
    await client.query('rollback');
    return undefined;
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  }
}
