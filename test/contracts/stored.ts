import { randomBytes } from 'node:crypto';
import assert from 'node:assert/strict';
import type { Backup } from '../../src/domain/backup.ts';
import { runIdFrom, type RequestId, type RunId } from '../../src/domain/ids.ts';
import type { Request, RequestItem } from '../../src/domain/request.ts';
import { asRuntime } from '../../src/store/embedded.ts';
import { openStore } from '../../src/store/database.ts';
import type { Store } from '../../src/store/store.ts';
import { freshDatabase } from '../postgres.ts';
import { plainTerms } from '../plain-terms.ts';

/** A store of one test file, and what its tests begin with. */
export type Stored = {
  /** As the role that serves: it may change no event. */
  store: Store;
  /** As the owner. */
  database: string;
  request: (change?: Partial<Request>) => Promise<Request>;
  /** A run that has its targets; by default some that nobody else has. */
  running: (targets?: string[]) => Promise<{ id: RunId; request: RequestId; fence: number }>;
};

export const newRun = (): RunId => runIdFrom(randomBytes(5));
export const soon = (seconds: number): Date => new Date(Date.now() + seconds * 1000);

export async function freshStore(): Promise<Stored> {
  const database = await freshDatabase({ migrated: true });
  const store = await openStore({ connectionString: asRuntime(database), maxConnections: 20 });

  function request(change: Partial<Request> = {}): Promise<Request> {
    return store.write((tx) => tx.requests.create(wanted(change)));
  }

  async function running(
    targets = [`host/${newRun()}`],
  ): Promise<{ id: RunId; request: RequestId; fence: number }> {
    const { id: of } = await request({ state: 'approved' });
    const id = newRun();
    const made = await store.write((tx) =>
      tx.runs.create({ id, request: of, startedAt: new Date() }, targets),
    );
    assert.ok('run' in made);
    return { id, request: of, fence: made.run.fence };
  }

  return { store, database, request, running };
}

/** What a request is made of. */
export function wanted(change: Partial<Request> = {}): Omit<Request, 'id'> {
  return {
    kind: 'refresh',
    environment: 'uat',
    items: [item('orders')],
    reason: 'a test',
    requestedBy: 'ann',
    front: 'slack',
    state: 'pending',
    digest: 'd'.repeat(64),
    needsApproval: true,
    terms: plainTerms,
    createdAt: new Date(),
    expiresAt: soon(3600),
    ...change,
  };
}

export function item(database: string): RequestItem {
  return {
    database,
    server: 'pg-uat',
    databaseName: database,
    target: `uat-${database}`,
    state: 'waiting',
  };
}

export function backup(change: Partial<Backup>): Omit<Backup, 'id'> {
  return {
    database: 'orders',
    environment: 'production',
    repository: 'nightly',
    path: 'orders.dump',
    engine: 'postgres',
    format: 'pg-custom',
    dataAtOrigin: 'unknown',
    takenAt: new Date(),
    bytes: 1000,
    anonymisation: 'raw',
    scope: 'full',
    state: 'present',
    foundAt: new Date(),
    ...change,
  };
}
