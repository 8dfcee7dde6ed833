import type { ClientBase } from 'pg';

/** The clock of the database, as well as this process knows it. */
export type Clock = {
  /** Asks nobody. Before the first measure, which comes with the first use of the store, it is the process's own. */
  now(): Date;
  /** Measures over a connection. Never throws: without an answer the last measure goes on to count. */
  measure(client: Pick<ClientBase, 'query'>): Promise<void>;
  /** Whether it is time for another measure. */
  isStale(): boolean;
};

const staleMs = 10_000;

/**
 * All processes of an installation go by the clock of their one database: what one of them wrote as a moment, another one
 * compares. Between two measures time passes by the monotonic clock, so that setting the clock of this machine changes nothing.
 */
export function createClock(monotonic: () => number = () => performance.now()): Clock {
  let offset: number | undefined;
  let measuredAt = -Infinity;
  return {
    now: () => new Date(offset === undefined ? Date.now() : offset + monotonic()),
    async measure(client) {
      const asked = monotonic();
      measuredAt = asked;
      try {
        const { rows } = await client.query<{ ms: string }>(
          'select (extract(epoch from clock_timestamp()) * 1000)::float8::text as ms',
        );
        const heard = monotonic();
        const found = Number(rows[0]!.ms) - (asked + heard) / 2;
        // Within the doubt of this measure the earlier one is as good, and time does not go back.
        if (offset === undefined || Math.abs(found - offset) > (heard - asked) / 2 + 1) offset = found;
      } catch {
        // The connection broke; whoever uses it is told.
      }
    },
    isStale: () => offset === undefined || monotonic() - measuredAt > staleMs,
  };
}
