import type { Backup } from '../../../../src/domain/backup.ts';
import type { Event, EventData } from '../../../../src/domain/event.ts';
import type { RunId } from '../../../../src/domain/ids.ts';
import type { Request } from '../../../../src/domain/request.ts';
import type { Swap } from '../../../../src/domain/run.ts';
import type { Received } from '../../../../src/service/backups/received.ts';
import type { RequestView } from '../../../../src/service/views/view.ts';
import { paperSite } from '../../../paper-site.ts';
import { plainApproval, plainTerms } from '../../../plain-terms.ts';

/** Views of requests, made by hand, for what is pure. */

const site = paperSite();
export const people = site.people;
export const now = new Date('2026-11-23T12:00:00Z');
const run = 'abcdefgh' as RunId;

export function backupOf(database: string, more: Partial<Backup> = {}): Backup {
  return {
    id: 'BKP-12',
    database,
    environment: 'production',
    repository: 'nightly',
    path: `${database}/2026-11-22.dump`,
    engine: 'postgres',
    format: 'pg-custom',
    engineVersion: '15.18',
    dataAt: new Date('2026-11-23T02:00:00Z'),
    dataAtOrigin: 'archive-header',
    takenAt: new Date('2026-11-23T02:04:00Z'),
    bytes: 240_000_000,
    checksum: 'a'.repeat(64),
    anonymisation: 'declared',
    scope: 'full',
    state: 'present',
    foundAt: now,
    readAt: now,
    ...more,
  };
}

export type ViewOptions = {
  request?: Partial<Request>;
  databases?: readonly string[];
  events?: readonly EventData[];
  more?: Partial<RequestView>;
  /** What the name of each live database looks like. */
  liveName?: (database: string) => string;
};

export function viewOf({
  request = {},
  databases = ['orders'],
  events = [],
  more = {},
  liveName,
}: ViewOptions = {}): RequestView {
  const named = liveName ?? ((database: string) => `${database}_uat`);
  const uat = site.environments['uat']!;
  return {
    request: {
      id: 'REQ-12',
      kind: 'refresh',
      environment: 'uat',
      items: databases.map((database) => ({
        database,
        server: 'test-pg',
        databaseName: named(database),
        target: `uat-${database}`,
        backup: { id: 'BKP-12', checksum: 'a'.repeat(64) },
        state: 'waiting',
      })),
      reason: 'Release 12 needs fresh orders',
      requestedBy: 'dana',
      front: 'slack',
      state: 'pending',
      digest: 'd'.repeat(64),
      needsApproval: true,
      terms: plainTerms,
      createdAt: now,
      expiresAt: new Date('2026-11-24T12:00:00Z'),
      ...request,
    },
    environment: uat,
    requester: people['dana'],
    backups: Object.fromEntries(databases.map((database) => [database, backupOf(database)])),
    approvals: [],
    approval: plainApproval,
    approvers: [people['quinn']!, people['rosa']!],
    waits: [],
    swaps: [],
    events: eventsOf(events),
    ...more,
  };
}

/** Events a second apart, with ids from 1 up. */
export function eventsOf(events: readonly EventData[]): Event[] {
  return events.map((event, at) => ({
    ...event,
    id: at + 1,
    at: new Date(now.getTime() + at * 1000),
    request: 'REQ-12',
    run,
  }));
}

export function swapOf(database: string, more: Partial<Swap> = {}): Swap {
  return {
    run,
    request: 'REQ-12',
    database,
    environment: 'uat',
    server: 'test-pg',
    databaseName: `${database}_uat`,
    target: `uat-${database}`,
    at: now,
    liveRef: '1',
    keptRef: '2',
    keptName: `${database}_uat__old_${run}`,
    keptUntil: new Date('2026-11-24T12:00:00Z'),
    outageSeconds: 0.15,
    ...more,
  };
}

/** As many times that something went live, with `text` wherever people's words may stand. */
export function receivedOf(count: number, text: string): Received[] {
  return Array.from({ length: count }, (_, number) => ({
    number,
    environment: text,
    database: text,
    server: text,
    databaseName: text,
    at: now,
    until: now,
    putBack: true,
    backup: 'BKP-7',
    checksum: 'f'.repeat(64),
    anonymisation: 'declared',
    scope: 'subset',
    request: 'REQ-1',
    kind: 'undo',
    requestedBy: text,
    front: 'slack',
    approvals: Array.from({ length: 9 }, () => ({ by: text, front: 'jira', stage: text })),
  }));
}
