import type { Inspection } from '../../runners/engine.ts';
import type { Step } from '../../runners/plan.ts';
import { approvesByAsking, assertMayRequest, assertMayUndo } from '../domain/access.ts';
import type { Backup } from '../domain/backup.ts';
import { conflict, inputError, notFound } from '../domain/errors.ts';
import type { BackupId, RequestId } from '../domain/ids.ts';
import { runIdFrom } from '../domain/ids.ts';
import { environmentNamed, placementOf } from '../domain/lookup.ts';
import type { Actor, Person } from '../domain/person.ts';
import { type RequestKind } from '../domain/request.ts';
import type { Swap } from '../domain/run.ts';
import type { EnvironmentSite } from '../domain/site.ts';
import { assertStart } from '../domain/start.ts';
import { bind, type Bound } from './binding.ts';
import { itemContext, type ServiceDeps } from './deps.ts';
import { placed } from './fit.ts';
import { known } from './known.ts';
import { assertTicket } from './tickets.ts';

/** What somebody asks for. Databases without a backup get the newest one that the environment accepts. */
export type RefreshWish = {
  environment: string;
  databases: readonly { database: string; backup?: BackupId }[];
  reason: string;
  /** It may start from this moment on, once approved; absent: as soon as it is approved. */
  startAt?: Date;
  /** Key of the ticket that it is for. */
  ticket?: string;
};

/** What would happen, before anything does. */
export type Preview = {
  kind: RequestKind;
  environment: EnvironmentSite;
  items: readonly {
    database: string;
    databaseName: string;
    server: string;
    host: string;
    backup?: Backup;
    inspection: Inspection;
    steps: readonly Step[];
  }[];
  needsApproval: boolean;
  bound: Bound;
  /** From when on it may start; absent: at once, or when it is approved. */
  startAt?: Date;
  /** What it is for; `seen`: Jira has it. */
  ticket?: { key: string; seen: boolean };
};

/** Works out what a refresh would do. Touches nothing; refuses what could not be asked for either. */
export async function previewRefresh(deps: ServiceDeps, actor: Actor, wish: RefreshWish): Promise<Preview> {
  const { environment, bound } = await boundRefresh(deps, actor, wish);
  const { ticket, startAt } = wish;
  const [shown, seen] = await Promise.all([
    preview(deps, 'refresh', environment, bound, [], environment.protected),
    ticket === undefined ? false : assertTicket(deps, ticket),
  ]);
  return {
    ...shown,
    ...(startAt === undefined ? {} : { startAt }),
    ...(ticket === undefined ? {} : { ticket: { key: ticket, seen } }),
  };
}

/** Binds a wish to what it means now, by site and catalogue alone: asks no host. Throws what forbids it. */
export async function boundRefresh(
  deps: ServiceDeps,
  actor: Actor,
  wish: RefreshWish,
): Promise<{ environment: EnvironmentSite; bound: Bound }> {
  const environment = environmentNamed(deps.site, wish.environment);
  assertMayRequest(deps.site, environment, actor.person);
  const { startAt } = wish;
  if (startAt !== undefined) assertStart(startAt, { now: deps.now(), timeZone: environment.timeZone });
  if (wish.databases.length === 0) {
    throw inputError(
      'database-missing',
      'A refresh names at least one database; none was given.',
      `/refresh ${environment.name} ${Object.keys(environment.databases)[0] ?? 'DATABASE'}`,
      { field: 'database' },
    );
  }
  const seen = new Set<string>();
  const items = [];
  for (const wanted of wish.databases) {
    if (seen.has(wanted.database)) {
      throw inputError(
        'database-twice',
        `Database "${wanted.database}" was named twice; each may be named once.`,
        'Name it once.',
        { field: 'database' },
      );
    }
    seen.add(wanted.database);
    const id = wanted.backup ?? (await newestFor(deps, environment, wanted.database, actor.person)).id;
    items.push({ database: wanted.database, backup: { id, checksum: '' } });
  }
  const bound = await bind(deps.site, deps.store, {
    kind: 'refresh',
    environment: environment.name,
    requester: actor.person,
    items,
    ...(startAt === undefined ? {} : { startAt }),
  });
  return { environment, bound };
}

/** Works out what undoing a request's swaps would do. Touches nothing. */
export async function previewUndo(
  deps: ServiceDeps,
  actor: Actor,
  what: { request: RequestId } | { environment: string; database: string },
): Promise<Preview & { undoes: RequestId }> {
  const swaps = await swapsToUndo(deps, what);
  const environment = environmentNamed(deps.site, swaps[0]!.environment);
  assertMayUndo(deps.site, environment, actor.person);
  const bound = await bind(deps.site, deps.store, {
    kind: 'undo',
    environment: environment.name,
    requester: actor.person,
    items: swaps.map((swap) => ({ database: swap.database, undoes: swap.run })),
  });
  const needsApproval =
    environment.protected && !approvesByAsking(deps.site, bound.terms, environment.name, actor.person);
  const shown = await preview(deps, 'undo', environment, bound, swaps, needsApproval);
  return { ...shown, undoes: swaps[0]!.request };
}

/** The backup that is taken where none is named, or `NotFound` (code `backup-none`). */
export async function newestFor(
  deps: ServiceDeps,
  environment: EnvironmentSite,
  database: string,
  person: Person,
): Promise<Backup> {
  const place = placed(deps, environment, database, person);
  const { kinds } = place;
  const newest = await deps.store.backups.newest(database, kinds);
  if (newest !== undefined && place.refuses(newest)?.code !== 'raw-not-allowed') return newest;
  const anonymised = kinds.filter((kind) => kind !== 'raw');
  const readable = newest === undefined ? undefined : await deps.store.backups.newest(database, anonymised);
  if (readable !== undefined) return readable;
  throw notFound(
    'backup-none',
    `No backup of "${database}" is fit for "${environment.name}", which accepts ${kinds.join(' or ') || 'no'} backups that were read to their end.`,
    `/backups ${database} lists what there is.`,
    { field: 'backup' },
  );
}

async function swapsToUndo(
  deps: ServiceDeps,
  what: { request: RequestId } | { environment: string; database: string },
): Promise<Swap[]> {
  if ('request' in what) {
    await known(deps.store.requests.get(what.request), what.request);
    const run = await deps.store.runs.ofRequest(what.request);
    const swaps = run === undefined ? [] : await deps.store.swaps.ofRun(run.id);
    if (swaps.length > 0) return swaps;
    throw conflict(
      'undo-nothing',
      `${what.request} has swapped nothing; only a finished refresh or undo can be undone.`,
      `/refresh status ${what.request} shows how it stands.`,
      { request: what.request },
    );
  }
  const environment = environmentNamed(deps.site, what.environment);
  const placement = placementOf(environment, what.database);
  const latest = await deps.store.swaps.latest(placement.server, placement.databaseName);
  if (latest !== undefined) return [latest];
  throw conflict(
    'undo-nothing',
    `"${what.database}" on "${environment.name}" was never refreshed by Freshet; there is nothing to undo.`,
    'Ask for a refresh instead.',
  );
}

async function preview(
  deps: ServiceDeps,
  kind: RequestKind,
  environment: EnvironmentSite,
  bound: Bound,
  swaps: readonly Swap[],
  needsApproval: boolean,
): Promise<Preview> {
  // A run id of its own, never used: names in the plan look as they will.
  const run = runIdFrom(deps.random(5));
  const items = await Promise.all(
    bound.items.map(async (item) => {
      const backup = bound.backups.find((candidate) => candidate.database === item.database);
      const undoes = swaps.find((swap) => swap.database === item.database);
      const context = itemContext(deps, item, {
        kind,
        environment: environment.name,
        run,
        ...(backup === undefined ? {} : { backup }),
        ...(undoes === undefined ? {} : { undoes }),
      });
      const engine = deps.engine(item.server);
      return {
        database: item.database,
        databaseName: item.databaseName,
        server: item.server,
        host: context.host.name,
        ...(backup === undefined ? {} : { backup }),
        inspection: await engine.inspect(deps.access(item.server), context),
        steps: engine.steps(context).steps,
      };
    }),
  );
  return { kind, environment, items, needsApproval, bound };
}
