import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { call } from '../runners/call.ts';
import type { Engine, Leftover, ServerAccess, StepResult } from '../runners/engine.ts';
import type { HostLeftover, HostProgram } from '../runners/host-program/client.ts';
import type { Stage } from '../runners/plan.ts';
import type { Actor, Front } from '../src/domain/person.ts';
import type { Backup } from '../src/domain/backup.ts';
import { fencedError } from '../src/domain/errors.ts';
import type { EventType } from '../src/domain/event.ts';
import type { BackupId, RequestId } from '../src/domain/ids.ts';
import type { RequestKind } from '../src/domain/request-kinds.ts';
import type { Request, RequestState } from '../src/domain/request.ts';
import type { Site } from '../src/domain/site.ts';
import type { Job, Queue } from '../src/queue/queue.ts';
import type { RefreshWish } from '../src/service/asking/previews.ts';
import { usualPace, type ServiceDeps } from '../src/service/deps.ts';
import { createService, type Service } from '../src/service/service.ts';
import { openStore } from '../src/store/database.ts';
import { asRuntime } from '../src/store/embedded.ts';
import type { Store } from '../src/store/store.ts';
import { actOf, engineDouble, itemOf, takenOf } from './engine-double.ts';
import { paperSite } from './paper-site.ts';
import { administer, freshDatabase } from './postgres.ts';

/**
 * A service on the real store, with a scripted engine and a queue in memory: for tests of rules, not of restores.
 * Tests of the fronts use it too.
 */
export type Paper = {
  site: Site;
  service: Service;
  store: Store;
  engine: ScriptedEngine;
  deps: ServiceDeps;
  /** Jobs that were added and not yet taken. */
  jobs: Job[];
  /** Canaries that were put into the queue; by default nobody takes them. */
  canaries: string[];
  /** Advances every job that waits, until none does. */
  drain(): Promise<void>;
  /** Folders of runs that the paper host has, and those that were swept. */
  folders: HostLeftover[];
  swept: string[];
  /** Puts a backup into the catalogue. */
  backup(more?: Partial<Omit<Backup, 'id'>>): Promise<Backup>;
  actor(person: string, front?: Front): Actor;
  /** As somebody would say it. */
  wish(environment: string, ...databases: string[]): RefreshWish;
  /** Asks for orders: Dana, for uat, where nothing else is said. */
  ask(environment?: string, person?: string): Promise<Request>;
  stateOf(id: RequestId): Promise<RequestState | undefined>;
  /** The types of its events, in their order. */
  typesOf(id: RequestId): Promise<EventType[]>;
  /** What was refused and is of no request, the newest first: `Quinn button-unknown: pressing "approve "`. */
  attempts(): Promise<string[]>;
  /** The store's database, as its owner; the service is there as the role that serves. */
  connectionString: string;
  /** Moves the service's clock. */
  pass(seconds: number): void;
  /** Ends the leases of all runs: those go by the database's clock, which no test sets. */
  endLeases(): Promise<void>;
  close(): Promise<void>;
};

type Told = {
  /** Acts performed, in order: `load orders`. */
  performed: string[];
  /** Throws when the named act is performed. */
  failing: Map<string, Error>;
  /** What a named act answers; others answer nothing. */
  answers: Map<string, StepResult>;
  problems: { code: string; message: string; hint: string }[];
  /** Kept copies that were dropped. */
  dropped: string[];
  abandoned: string[];
  /** Databases whose copies were kept when their run failed. */
  kept: string[];
  /** What the paper server has of runs. */
  left: Leftover[];
  /** Runs before an act is performed, and before an item is abandoned or put back. */
  before?: (act: string) => Promise<void>;
};

export type ScriptedEngine = Engine & Told;

export async function openPaper(
  change: (site: Site) => Site = (site) => site,
  more: Pick<ServiceDeps, 'roleMembers'> = {},
): Promise<Paper> {
  const site = change(paperSite());
  const connectionString = await freshDatabase({ migrated: true });
  const store = await openStore({ connectionString: asRuntime(connectionString) });
  const engine = scriptedEngine();
  const jobs: Job[] = [];
  const canaries: string[] = [];
  const folders: Paper['folders'] = [];
  const swept: string[] = [];
  let offsetMs = 0;
  const now = () => new Date(Date.now() + offsetMs);
  const host = paperProgram(folders, swept, now);
  const queue: Queue = {
    add(job) {
      jobs.push(job);
      return Promise.resolve();
    },
    canary(id) {
      canaries.push(id);
      return Promise.resolve();
    },
    work: () => Promise.resolve({ stop: () => Promise.resolve() }),
    ping: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  const deps: ServiceDeps = {
    site,
    store,
    queue,
    engine: () => engine,
    access: (server) => ({ site: site.servers[server]! }) as unknown as ServerAccess,
    program: (name) => (name === 'test-db' ? host : paperProgram([], [], now)),
    repositories: {},
    // For real, but with the patience of a test.
    call: (step, _refs, signal) => call(step, { secret: paperSecret }, signal, 1),
    pace: usualPace,
    worker: 'paper-1',
    now,
    random: (bytes) => randomBytes(bytes),
    log: pino({ level: 'silent' }),
    ...more,
  };
  const service = createService(deps);
  let files = 0;

  function actor(person: string, front: Front = 'slack'): Actor {
    const found = site.people[person];
    if (found === undefined) throw new Error(`no "${person}" in the paper site`);
    return { person: found, front };
  }

  function wish(environment: string, ...databases: string[]): RefreshWish {
    return { environment, databases: databases.map((database) => ({ database })), reason: 'release 12' };
  }

  return {
    site,
    service,
    store,
    connectionString,
    engine,
    deps,
    jobs,
    canaries,
    folders,
    swept,
    async drain() {
      for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
        await service.advance(job, new AbortController().signal);
      }
    },
    backup(more = {}) {
      files++;
      return store.write((tx) =>
        tx.backups.put({
          database: 'orders',
          environment: 'production',
          repository: 'nightly',
          path: `orders-${files}.dump`,
          engine: 'postgres',
          format: 'pg-custom',
          engineVersion: '15.18',
          dataAt: new Date(Date.UTC(2026, 10, 1 + files)),
          dataAtOrigin: 'name-pattern',
          takenAt: new Date(Date.UTC(2026, 10, 1 + files)),
          bytes: 1000 * files,
          checksum: files.toString(16).padStart(64, '0'),
          anonymisation: 'declared',
          scope: 'full',
          state: 'present',
          foundAt: new Date(),
          readAt: new Date(),
          ...more,
        }),
      );
    },
    actor,
    wish,
    ask: (environment = 'uat', person = 'dana') =>
      service.requestRefresh(actor(person), wish(environment, 'orders')),
    stateOf: async (id) => (await store.requests.get(id))?.state,
    typesOf: async (id) => (await store.events.ofRequest(id)).map(({ type }) => type),
    async attempts() {
      const events = await store.events.ofNoRequest(['attempt-refused'], 500);
      return events.flatMap((event) =>
        event.type === 'attempt-refused' ? [`${event.who} ${event.code}: ${event.what}`] : [],
      );
    },
    pass(seconds) {
      offsetMs += seconds * 1000;
    },
    async endLeases() {
      await administer(
        connectionString,
        'update freshet.runs set lease_until = clock_timestamp() where lease_until is not null',
      );
    },
    close: () => store.close(),
  };
}

/** An engine whose databases are words: each act is written down, and may be told to fail. */
function scriptedEngine(): ScriptedEngine {
  let oid = 100;
  const standing = new Map<string, { live: number; kept: number }>();
  /** By the name of what went live. */
  const swapped = new Set<string>();
  const standsNew = new Set<string>();
  const engine: ScriptedEngine = engineDouble<Told>({
    keepsRows: true,
    performed: [],
    failing: new Map(),
    answers: new Map(),
    problems: [],
    dropped: [],
    abandoned: [],
    kept: [],
    left: [],
    inspect: () =>
      Promise.resolve({
        serverVersion: '15.18',
        live: { ref: '99', bytes: 5_000_000 },
        sessions: [{ user: 'shop_uat_app', application: 'shop', count: 3 }],
        freeBytes: 50_000_000_000,
        problems: engine.problems,
        warnings: [],
      }),
    steps(context) {
      const { databaseName } = context.placement;
      const args = {
        databaseName,
        undo: context.kind === 'undo',
        repository: context.into?.repository.name ?? '',
      };
      return {
        item: itemOf(context),
        steps: recipes[context.kind].map((stage) => actOf(context, stage, args)),
      };
    },
    async act(step, context) {
      const what = `${step.name} ${step.database}`;
      await engine.before?.(what);
      // As real ones do: whoever was frozen and wakes up finds the fence passed.
      const { item, run, fence } = context;
      await context.program(item.host).confirm(item.target, run, fence);
      const failure = engine.failing.get(what);
      if (failure !== undefined) throw failure;
      engine.performed.push(what);
      if (step.name === 'load') standsNew.add(`${run} ${step.database}`);
      if (step.name === 'publish' && context.item.reads === true)
        return {
          ...takenOf(String(step.args['repository']), `${run}-${step.database}`),
          ...engine.answers.get(what),
        };
      if (step.name !== 'swap') return engine.answers.get(what) ?? {};
      const place = `${step.server} ${step.database} ${String(step.args['databaseName'])}`;
      const now = standing.get(place) ?? { live: ++oid, kept: 0 };
      const next = { live: step.args['undo'] === true ? now.kept : ++oid, kept: now.live };
      standing.set(place, next);
      swapped.add(`${String(step.args['databaseName'])}__new_${run}`);
      return { liveRef: String(next.live), keptRef: String(next.kept), outageSeconds: 0.02, notCarried: [] };
    },
    async abandon(_access, item, run) {
      await engine.before?.(`abandon ${item.database}`);
      standsNew.delete(`${run} ${item.database}`);
      engine.abandoned.push(item.database);
    },
    keep(_access, item) {
      engine.kept.push(item.database);
      return Promise.resolve(true);
    },
    takeUp: (_access, item, run) => Promise.resolve(standsNew.has(`${run} ${item.database}`)),
    leftovers: () => Promise.resolve([...engine.left]),
    dropLeftover(_access, leftover) {
      engine.left.splice(engine.left.indexOf(leftover), 1);
      return Promise.resolve();
    },
    async putBack(_access, item) {
      await engine.before?.(`put-back ${item.database}`);
      swapped.delete(item.newName);
    },
    standing: (_access, { newName }) => Promise.resolve(swapped.has(newName) ? 'new' : 'old'),
    dropReplaced(_access, swap) {
      engine.dropped.push(swap.keptName);
      return Promise.resolve();
    },
  });
  return engine;
}

const recipes: Readonly<Record<RequestKind, readonly Stage[]>> = {
  refresh: ['check', 'load', 'verify', 'swap'],
  undo: ['check', 'swap'],
  take: ['check', 'dump', 'publish'],
  prove: ['check', 'load', 'verify', 'publish'],
};

const nothing = () => Promise.resolve();

/** A host on which nothing ever runs: it keeps the fences of its targets, and there is nothing to stop or to sweep. */
function paperProgram(folders: Paper['folders'], swept: string[], now: () => Date): HostProgram {
  const fences = new Map<string, number>();
  const passed = async (target: string, _run: string, fence: number) => {
    const highest = fences.get(target) ?? 0;
    if (fence < highest)
      throw fencedError('fence-passed', `${target} has seen ${highest}; ${fence} is late.`, '');
    fences.set(target, fence);
  };
  return {
    host: 'test-db',
    claim: passed,
    confirm: passed,
    release: nothing,
    state: () => Promise.resolve({ state: 'absent' as const }),
    stop: () => Promise.resolve({ state: 'absent' as const }),
    sweep(run: string) {
      swept.push(run);
      return nothing();
    },
    revoke: nothing,
    runs: () => Promise.resolve({ now: now(), runs: folders }),
    close: nothing,
  } as unknown as HostProgram;
}

/** Key of the signatures of its hooks. */
export const paperSecret = 'paper-secret';

/** A backup id that nobody has. */
export const noBackup: BackupId = 'BKP-999999';
