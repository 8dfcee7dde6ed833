import { Gauge, Registry } from 'prom-client';
import type { Figures } from '../service/health/figures.ts';
import type { Standing } from './parts.ts';

/** What is known when somebody reads. */
export type Known = {
  /** Figures of the store and when they were read; absent where they are too old to tell of now. */
  seen?: { figures: Figures; at: Date };
  ready: boolean;
  standings: readonly Standing[];
  canarySeconds?: number;
};

type Sample = { labels: Record<string, string>; value: number };

/**
 * How the installation stands (the same from every process that tells it: take the largest, do not add up), and how the parts of this
 * process stand. Made anew for each reading: what is not known is not there, instead of being what it was or nothing.
 */
export function gaugesOf({ seen, ready, standings, canarySeconds }: Known): Registry {
  const registry = new Registry();
  function gauge(name: string, help: string, samples: readonly Sample[]): void {
    const [first] = samples;
    if (first === undefined) return;
    const made = new Gauge({ name, help, labelNames: Object.keys(first.labels), registers: [registry] });
    for (const { labels, value } of samples) made.set(labels, value);
  }
  const single = (value: number | undefined): Sample[] =>
    value === undefined ? [] : [{ labels: {}, value }];

  gauge('freshet_ready', 'Whether this process is ready, as /readyz has it.', single(ready ? 1 : 0));
  gauge(
    'freshet_part_ok',
    'Whether a part is well for this process, as /readyz has it.',
    standings.map(({ part, ok }) => ({ labels: { part }, value: ok ? 1 : 0 })),
  );
  gauge(
    'freshet_canary_round_trip_seconds',
    'From here to a worker and back, of the last job that only showed that workers take jobs.',
    single(canarySeconds),
  );
  if (seen === undefined) return registry;

  const { requests, runs, outbox, inbox, backups, reconciled } = seen.figures;
  gauge(
    'freshet_store_read_timestamp_seconds',
    'When the numbers below were read from the store.',
    single(seen.at.getTime() / 1000),
  );
  gauge(
    'freshet_requests',
    'Requests there are, by environment and state.',
    requests.map(({ environment, state, count }) => ({ labels: { environment, state }, value: count })),
  );
  gauge('freshet_runs_active', 'Runs under way; fenced ones are none of them.', single(runs.active));
  gauge(
    'freshet_runs_unattended',
    'Runs under way that no worker has. Between two slices one may be so for a moment.',
    single(runs.unattended),
  );
  const byFront = (value: (one: Figures['outbox'][number]) => number) =>
    outbox.map((one) => ({ labels: { front: one.front }, value: value(one) }));
  gauge(
    'freshet_outbox_waiting',
    'What is still to be told to a front.',
    byFront(({ waiting }) => waiting),
  );
  gauge(
    'freshet_outbox_lag_seconds',
    'For how long the oldest of it has waited.',
    byFront(({ lagSeconds }) => lagSeconds),
  );
  gauge(
    'freshet_outbox_given_up',
    'What was given up, as no repetition can mend it; stays until somebody looks.',
    byFront(({ givenUp }) => givenUp),
  );
  gauge(
    'freshet_inbox_waiting',
    'Deliveries of Slack and Jira that are not dealt with yet.',
    inbox.map(({ source, waiting }) => ({ labels: { source }, value: waiting })),
  );
  gauge(
    'freshet_inbox_lag_seconds',
    'For how long the oldest of them has waited.',
    inbox.map(({ source, lagSeconds }) => ({ labels: { source }, value: lagSeconds })),
  );
  gauge(
    'freshet_backup_newest_timestamp_seconds',
    'Moment of the newest usable backup of a database, by how far it is anonymised; its age is time() minus this.',
    backups.map(({ database, anonymisation, newestAt }) => ({
      labels: { database, anonymisation },
      value: newestAt.getTime() / 1000,
    })),
  );
  gauge(
    'freshet_reconciler_last_round_timestamp_seconds',
    'When each part of the upkeep, in whichever process, had last come to its end.',
    single(reconciled && reconciled.at.getTime() / 1000),
  );
  gauge('freshet_reconciler_last_round_seconds', 'What that round took.', single(reconciled?.seconds));
  return registry;
}
