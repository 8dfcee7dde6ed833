import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchServer } from './engine-bench.ts';

/** So many clients of the application that ask, and come again at once when they are thrown out. Answers how to end them. */
export function hammer(server: BenchServer, database: string, count: number): () => Promise<void> {
  const state = { over: false };
  const one = async () => {
    while (!state.over) {
      try {
        const client = await server.guest(database);
        for (let at = 0; at < 3 && !state.over; at += 1) {
          await client.ask();
          await sleep(20);
        }
        await client.end();
      } catch {
        await sleep(10);
      }
    }
  };
  const all = Array.from({ length: count }, one);
  return async () => {
    state.over = true;
    await Promise.all(all);
  };
}
