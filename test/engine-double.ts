import type { Engine, ItemContext } from '../runners/engine.ts';
import type { TakenResult } from '../runners/execute.ts';
import { type ActStep, copyNames, type PlanItem, type Stage } from '../runners/plan.ts';

const nothing = () => Promise.resolve();

/** An engine that finds nothing, does nothing and keeps nothing, but for what a test gives it. */
export function engineDouble<T = object>(own: Partial<Engine> & T): Engine & T {
  const engine: Engine = {
    name: 'postgres',
    site: {
      title: 'Double',
      port: 5432,
      maintenanceDatabase: 'postgres',
      ownDatabases: [],
      longestName: { most: 63, unit: 'bytes' },
      hasExtensions: true,
    },
    setup: {
      programs: [],
      sql: () => '',
      run: (file) => file,
      passfile: '',
      passwordLine: '',
      dataFolderQuery: '',
    },
    causes: {},
    formats: ['pg-custom'],
    dumping: {
      format: 'pg-directory',
      kind: 'folder',
      ending: '',
      dump: () => ({ pipe: [], report: 'pg-dump-progress' }),
      tally: () => [],
    },
    inspect: () =>
      Promise.resolve({ serverVersion: '15.18', sessions: [], freeBytes: 1e12, problems: [], warnings: [] }),
    steps: (context) => ({ item: itemOf(context), steps: [] }),
    act: () => Promise.resolve({}),
    keep: () => Promise.resolve(false),
    takeUp: () => Promise.resolve(false),
    leftovers: () => Promise.resolve([]),
    dropLeftover: nothing,
    abandon: nothing,
    putBack: nothing,
    standing: () => Promise.resolve('old'),
    dropReplaced: nothing,
    recognise: () => [],
    read: () => Promise.resolve({ state: 'other', why: 'a double' }),
  };
  return Object.assign(engine, own);
}

export function itemOf({ placement, server, run, into }: ItemContext): PlanItem {
  const { database, databaseName, target } = placement;
  const { name, host } = server;
  const names = copyNames(databaseName, run);
  const reads = into === undefined ? {} : { reads: true as const };
  return { database, server: name, host, target, databaseName, ...names, ...reads };
}

/** An act that is all of its stage. */
export function actOf({ placement, server }: ItemContext, stage: Stage, args: ActStep['args'] = {}): ActStep {
  const { database } = placement;
  const id = `${database}.${stage}`;
  const title = `${stage} ${database}`;
  return { kind: 'act', id, stage, database, title, weight: 1, name: stage, server: server.name, args };
}

/** What an act that has given a backup its name tells of it. */
export function takenOf(repository: string, path: string): TakenResult {
  return {
    repository,
    path,
    engine: 'postgres',
    engineVersion: '15.18',
    format: 'pg-directory',
    checksum: 'f'.repeat(64),
    dataAt: '2026-11-26T02:00:00.000Z',
    writtenAt: '2026-11-26T02:00:30.000Z',
    bytes: 1_200_000_000,
    tables: 3,
    rows: 100_200,
  };
}
