import { Client } from 'pg';
import type { StoreLog } from './log.ts';

/** Tells waiters that something was written. A hint: while its connection is gone, waits simply last their time. */
export interface Listener {
  wait(seconds: number, signal?: AbortSignal): Promise<void>;
  /** The next wait, or those under way, end shortly: there is something that was not final yet. */
  lookAgainSoon(): void;
  close(): Promise<void>;
}

const soonMs = 50;
const retryMs = 2_000;

/** Listens on one connection of its own, opened by the first wait and again after it broke. */
export function openListener(connectionString: string, log: StoreLog): Listener {
  const waiters = new Set<() => void>();
  let client: Client | undefined;
  let triedAt = 0;
  let lookSoon = false;
  let closed = false;

  const wake = () => {
    for (const waiter of waiters) waiter();
  };

  function listen(): void {
    if (client !== undefined || closed || Date.now() - triedAt < retryMs) return;
    triedAt = Date.now();
    const mine = new Client({
      connectionString,
      application_name: 'freshet listen',
      keepAlive: true,
      connectionTimeoutMillis: 10_000,
    });
    client = mine;
    const drop = (error?: Error) => {
      if (client !== mine) return;
      client = undefined;
      if (error && !closed)
        log.warn({ error: error.message }, 'The store can not tell of news; looking by time');
      mine.end().catch(() => undefined);
      // What was written meanwhile went unheard.
      wake();
    };
    mine.on('error', drop);
    mine.on('end', () => drop());
    mine.on('notification', wake);
    mine
      .connect()
      .then(() => mine.query('listen freshet'), drop)
      .catch(drop);
  }

  return {
    wait(seconds, signal) {
      if (closed || signal?.aborted) return Promise.resolve();
      listen();
      const ms = lookSoon ? Math.min(soonMs, seconds * 1000) : seconds * 1000;
      lookSoon = false;
      return new Promise((resolve) => {
        const end = () => {
          clearTimeout(timer);
          waiters.delete(end);
          signal?.removeEventListener('abort', end);
          resolve();
        };
        const timer = setTimeout(end, ms);
        waiters.add(end);
        signal?.addEventListener('abort', end);
      });
    },

    lookAgainSoon() {
      lookSoon = true;
      if (waiters.size > 0) setTimeout(wake, soonMs).unref();
    },

    async close() {
      closed = true;
      wake();
      const open = client;
      client = undefined;
      await open?.end().catch(() => undefined);
    },
  };
}
