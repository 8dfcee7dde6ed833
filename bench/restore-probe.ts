import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import type { Rig } from '../test/runners/postgres/rig.ts';

/** 20 clients that connect again at once, and one that tries every 10 ms: the longest time without a success, in seconds. */
export function probe(rig: Rig, database: string) {
  const state = { over: false };
  let last = performance.now();
  let longest = 0;
  const connected = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  };
  async function once(hold: number): Promise<void> {
    let client: Client | undefined;
    try {
      client = await rig.login('shop_app', 'app', database);
      connected();
      for (let at = 0; at < hold && !state.over; at += 1) {
        await client.query('SELECT 1');
        await sleep(10);
      }
      await client.end();
    } catch {
      await client?.end().catch(() => undefined);
    }
  }
  const again = async (hold: number) => {
    while (!state.over) {
      await once(hold);
      await sleep(10);
    }
  };
  const all = [...Array.from({ length: 20 }, () => again(50)), again(0)];
  return {
    async end(): Promise<number> {
      await sleep(300);
      state.over = true;
      await Promise.all(all);
      return longest / 1000;
    },
  };
}
