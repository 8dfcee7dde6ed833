import { type Connection } from 'mysql2/promise';
import { administrator } from '../../src/sandbox/hosts/mariadb.ts';
import type { HeldSwap } from './held-swap.ts';
import type { Rig } from './rig.ts';
import { until } from '../until.ts';

/** Where a swap of MariaDB can be held, by what it writes down then. */
export const exchangePoints = [
  { title: 'with the old tables out of sight', reached: 'old-hidden' },
  { title: 'with the new tables in and out of sight', reached: 'new-hidden' },
] as const;

const lock = 'hold_swap';

/** A trigger on the journal that waits for a lock of the server's own, which this session has: the journal is written behind each move. */
export async function holdExchange({ sandbox }: Rig, point: string): Promise<HeldSwap> {
  const { root, mariadbPort = 0 } = sandbox.hosts.hosts['test-db'];
  const reached = exchangePoints.find(({ title }) => title === point)?.reached ?? '';
  const holder = await administrator(root, mariadbPort);
  await holder.query(`SELECT GET_LOCK('${lock}', 10)`);
  await holder.query(
    `CREATE OR REPLACE TRIGGER freshet.hold_swap BEFORE UPDATE ON freshet.swap FOR EACH ROW
     IF NEW.live_is = '${reached}' AND OLD.live_is <> '${reached}' THEN
       DO GET_LOCK('${lock}', 300); DO RELEASE_LOCK('${lock}');
     END IF`,
  );
  return {
    reached: () =>
      until(
        'the swap is held',
        async () => {
          const [rows] = await holder.query(
            // Within a trigger it goes by the name of who made that.
            `SELECT id FROM information_schema.processlist WHERE state = 'User lock' AND info LIKE '%''${lock}''%'`,
          );
          return (rows as { id: number }[])[0]?.id;
        },
        120,
      ),
    release: () => release(holder, () => administrator(root, mariadbPort)),
  };
}

async function release(holder: Connection, again: () => Promise<Connection>): Promise<void> {
  // It may have died with the server; its lock did, too.
  await holder.end().catch(() => undefined);
  await until('the trigger is gone', async () => {
    const server = await again().catch(() => undefined);
    if (server === undefined) return false;
    try {
      await server.query('DROP TRIGGER IF EXISTS freshet.hold_swap');
      return true;
    } finally {
      await server.end();
    }
  });
}
