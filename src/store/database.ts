import { CamelCasePlugin, Kysely, PostgresDialect } from 'kysely';
import { approvalReads, approvalWrites } from './approvals.ts';
import { backupReads, backupWrites } from './backups.ts';
import { createClock } from './clock.ts';
import { delegationReads, delegationWrites } from './delegations.ts';
import { eventReads, eventWrites } from './events.ts';
import { readFigures } from './figures.ts';
import { holdReads, holdWrites } from './holds.ts';
import { openInbox } from './inbox.ts';
import { linkReads, linkWrites } from './links.ts';
import { openListener } from './listener.ts';
import { silent, type StoreLog } from './log.ts';
import { openMirrors } from './mirrors.ts';
import { openOutbox } from './outbox.ts';
import { openPool } from './pool.ts';
import { receiptWrites } from './receipts.ts';
import { reminderReads, reminderWrites } from './reminders.ts';
import { requestReads, requestWrites } from './requests.ts';
import { runReads, runWrites } from './runs.ts';
import { writeProgress } from './steps.ts';
import { scheduleReads, scheduleWrites } from './schedules.ts';
import type { Store, StoreTransaction } from './store.ts';
import { openSeals } from './seals.ts';
import { swapReads, swapWrites } from './swaps.ts';
import type { Db, Tables } from './tables.ts';
import { noteWrites, openUpkeep } from './upkeep.ts';
import { openViewers } from './viewers.ts';

export type StoreOptions = {
  connectionString: string;
  log?: StoreLog;
  /** Connections at most, besides the one that listens. */
  maxConnections?: number;
};

/**
 * The store over a migrated PostgreSQL database (14 or later); see `migrate.ts`. Nothing is asked of the server yet, so
 * that a process can start before its database: `ping` tells. A server that goes away never ends the process.
 */
export async function openStore({
  connectionString,
  log = silent,
  maxConnections = 10,
}: StoreOptions): Promise<Store> {
  const clock = createClock();
  const db = new Kysely<Tables>({
    dialect: new PostgresDialect({ pool: openPool(connectionString, log, maxConnections, clock) }),
    plugins: [new CamelCasePlugin({ maintainNestedObjectKeys: true })],
  });
  const listener = openListener(connectionString, log);
  return {
    write: (work) => db.transaction().execute((tx) => work(transaction(tx))),
    requests: requestReads(db),
    runs: runReads(db),
    backups: backupReads(db),
    events: eventReads(db, listener),
    swaps: swapReads(db),
    approvals: approvalReads(db),
    holds: holdReads(db),
    seals: openSeals(db),
    mirrors: openMirrors(db),
    inbox: openInbox(db),
    outbox: openOutbox(db),
    viewers: openViewers(db),
    reminders: reminderReads(db),
    links: linkReads(db),
    delegations: delegationReads(db),
    schedules: scheduleReads(db),
    progress: (progress) => writeProgress(db, progress),
    figures: () => readFigures(db),
    ...openUpkeep(db),
    now: () => clock.now(),
    async close() {
      await listener.close();
      await db.destroy();
    },
  };
}

function transaction(tx: Db): StoreTransaction {
  return {
    requests: requestWrites(tx),
    approvals: approvalWrites(tx),
    holds: holdWrites(tx),
    runs: runWrites(tx),
    backups: backupWrites(tx),
    swaps: swapWrites(tx),
    receipts: receiptWrites(tx),
    reminders: reminderWrites(tx),
    links: linkWrites(tx),
    delegations: delegationWrites(tx),
    schedules: scheduleWrites(tx),
    notes: noteWrites(tx),
    events: eventWrites(tx),
  };
}
