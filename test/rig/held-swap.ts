import type { Client } from 'pg';
import type { SandboxHost } from '../../src/sandbox/hosts/hosts.ts';
import { until } from '../until.ts';

/** Where a swap can be held, by locks of the server's own. */
export const swapPoints = ['between closing and renaming', 'inside of the transaction that renames'] as const;
export type SwapPoint = (typeof swapPoints)[number];

/** A swap that stands still with its transaction open. */
export type HeldSwap = {
  /** The server's process that the swap's session has, once it stands there. */
  reached(run: string): Promise<number>;
  release(): Promise<void>;
};

const key = 4711;

/**
 * Between both: the lock that a comment on the live database takes, which closing does not want and renaming does. Inside: a
 * trigger on the record of the swap, which is written when both are renamed and nothing is committed.
 */
export async function holdSwap(host: SandboxHost, database: string, point: SwapPoint): Promise<HeldSwap> {
  const client = await host.connect('postgres');
  // Within a transaction the activity is seen as it was at first.
  const watcher = await host.connect('postgres');
  if (point === 'between closing and renaming') {
    await client.query(`begin; comment on database ${database} is 'held by a test'`);
  } else {
    await client.query(trigger);
    await client.query(`select pg_advisory_lock(${key})`);
  }
  type Seen = { pid: number; wait: string | null; query: string };
  const seen = async (run: string) => {
    const { rows } = await watcher.query<Seen>(
      'select pid, wait_event_type as wait, query from pg_stat_activity where application_name = $1',
      [`freshet-${run}`],
    );
    return rows;
  };
  return {
    reached: (run) =>
      until(
        'the swap is held',
        async () => (await seen(run)).find(({ wait }) => wait === 'Lock')?.pid,
        120,
        async () => JSON.stringify(await seen(run)),
      ),
    release: () => release([client, watcher], host),
  };
}

async function release(clients: readonly Client[], host: SandboxHost): Promise<void> {
  // They may have died with the server; their locks did, too.
  await Promise.allSettled(clients.map((client) => client.end()));
  await until('the trigger is gone', () =>
    host
      .sql('postgres', 'drop function if exists public.hold_swap cascade')
      .then(() => true)
      .catch(() => false),
  );
}

const trigger = `
  create or replace function public.hold_swap() returns trigger language plpgsql as $$
  begin
    perform pg_advisory_xact_lock(${key});
    return new;
  end $$;
  create or replace trigger hold_swap before update on freshet.swap for each row
    when (old.swapped_at is null and new.swapped_at is not null) execute function public.hold_swap()`;
