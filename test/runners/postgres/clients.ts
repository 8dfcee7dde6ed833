import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import type { Rig } from './rig.ts';

/** A client of the application. */
export async function guest(rig: Rig, database: string): Promise<Client> {
  const client = new Client({
    host: '127.0.0.1',
    port: rig.port,
    user: 'shop_app',
    password: 'app',
    database,
  });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** So many clients that ask and connect again at once when they are thrown out. */
export function hammer(rig: Rig, database: string, count: number) {
  const state = { over: false };
  let last = performance.now();
  let longestGapMs = 0;
  const one = async () => {
    while (!state.over) {
      try {
        const client = await guest(rig, database);
        longestGapMs = Math.max(longestGapMs, performance.now() - last);
        last = performance.now();
        for (let at = 0; at < 3 && !state.over; at += 1) {
          await client.query('SELECT 1');
          await sleep(20);
        }
        await client.end();
      } catch {
        await sleep(10);
      }
    }
  };
  const all = Array.from({ length: count }, one);
  return {
    /** Begins to measure anew; answers the longest time until now. */
    fromHere(): number {
      const until = longestGapMs;
      longestGapMs = 0;
      return until;
    },
    async end() {
      await sleep(100);
      state.over = true;
      await Promise.all(all);
      return { longestGapMs };
    },
  };
}
