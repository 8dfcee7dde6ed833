import type { Step } from '../../../runners/plan.ts';
import { assertMayAsk } from '../../domain/access.ts';
import { approvesByAsking } from '../../domain/deciding.ts';
import { passingOver } from '../../domain/alignment.ts';
import { endOfAll, startWindows, type Hindrance } from '../../domain/calendar/hindrances.ts';
import { nextOpening } from '../../domain/calendar/start-window.ts';
import type { Backup } from '../../domain/backup.ts';
import { conflict, inputError } from '../../domain/errors.ts';
import type { BackupId, RequestId } from '../../domain/ids.ts';
import { runIdFrom } from '../../domain/ids.ts';
import type { Impact, Inspection } from '../../domain/impact.ts';
import { cut, environmentNamed, placementOf } from '../../domain/lookup.ts';
import type { Actor } from '../../domain/person.ts';
import { type RequestKind } from '../../domain/request.ts';
import { notTakenBack, type Swap } from '../../domain/run.ts';
import type { EnvironmentSite } from '../../domain/site.ts';
import { assertStart } from '../../domain/start.ts';
import { judgeAlignment } from '../backups/better.ts';
import { bind, type Bound } from '../backups/binding.ts';
import { choose } from '../backups/choose.ts';
import type { ServiceDeps } from '../deps.ts';
import { inspectItem, itemContext } from '../item-context.ts';
import { foresee, type Foreseen } from '../runs/foresee.ts';
import { known } from '../known.ts';
import { later } from '../lapse.ts';
import { assertTicket } from './tickets.ts';
import { waitsFor } from '../runs/waits.ts';

/** What somebody asks for. Databases without a backup get the one that is chosen for them, see `choose`. */
export type RefreshWish = {
  environment: string;
  databases: readonly { database: string; backup?: BackupId }[];
  reason: string;
  /** It may start from this moment on, once approved; absent: as soon as it is approved. */
  startAt?: Date;
  /** And only within these times of the day. */
  startWithin?: string;
  /** Key of the ticket that it is for. */
  ticket?: string;
  /** What is chosen has data of this moment or before. */
  asOf?: Date;
  /** Past approvers, holds and freeze windows. */
  breakGlass?: boolean;
};

/** What somebody wants taken back. */
export type UndoWish = ({ request: RequestId } | { environment: string; database: string }) & {
  breakGlass?: boolean;
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
    /** What it costs others; only where that was asked for. */
    impact?: Impact;
    steps: readonly Step[];
  }[];
  needsApproval: boolean;
  breakGlass: boolean;
  /** What of the calendar stands in the way, at its moment. */
  waits: readonly Hindrance[];
  /** That it would swap within a freeze window that begins after its start. */
  foreseen?: Foreseen;
  bound: Bound;
  /** From when on it may start; absent: at once, or when it is approved. */
  startAt?: Date;
  startWithin?: string;
  /** What would fit better, where the data would be too far apart; may be empty. */
  better?: string;
  /** What it is for; `seen`: Jira has it. */
  ticket?: { key: string; seen: boolean };
};

/** Works out what a refresh would do. Touches nothing; refuses what could not be asked for either. */
export async function previewRefresh(deps: ServiceDeps, actor: Actor, wish: RefreshWish): Promise<Preview> {
  const { environment, bound } = await boundRefresh(deps, actor, wish);
  const { ticket, startAt, startWithin, breakGlass = false } = wish;
  // In an emergency how far apart it is, is said and refuses nothing.
  const better = breakGlass ? undefined : await judgeAlignment(deps, environment, actor.person, bound);
  const way = await wayOf(deps, actor, environment, environment.protected, {
    startAt,
    startWithin,
    breakGlass,
  });
  const startsAt = endOfAll(way.waits) ?? later(deps.now(), startAt);
  const [shown, seen, foreseen] = await Promise.all([
    preview(deps, 'refresh', environment, bound, [], way),
    ticket === undefined ? false : assertTicket(deps, ticket),
    foresee(deps, environment, { kind: 'refresh', items: bound.items, startsAt }),
  ]);
  return {
    ...shown,
    ...(foreseen === undefined ? {} : { foreseen }),
    ...(startAt === undefined ? {} : { startAt }),
    ...(startWithin === undefined ? {} : { startWithin }),
    ...(better === undefined ? {} : { better }),
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
  const { startAt, startWithin, breakGlass = false } = wish;
  assertMayAsk(deps.site, environment, actor.person, { kind: 'refresh', ...glass(breakGlass) });
  if (startAt !== undefined) assertStart(startAt, { now: deps.now(), timeZone: environment.timeZone });
  if (startWithin !== undefined) assertComes(environment, startWithin, later(deps.now(), startAt));
  if (wish.databases.length === 0) {
    throw inputError(
      'database-missing',
      'A refresh names at least one database; none was given.',
      `/refresh ${environment.name} ${Object.keys(environment.databases)[0] ?? 'DATABASE'}`,
      { field: 'database' },
    );
  }
  assertOnce(wish.databases.map(({ database }) => database));
  const { chosen, newer } = await choose(deps, environment, actor.person, wish);
  const items = wish.databases.map(({ database }) => ({
    database,
    backup: { id: chosen.get(database)!, checksum: '' },
  }));
  const bound = await bind(deps.site, deps.store, {
    kind: 'refresh',
    environment: environment.name,
    requester: actor.person,
    items,
    breakGlass,
    ...(startAt === undefined ? {} : { startAt }),
    ...(startWithin === undefined ? {} : { startWithin }),
  });
  const { alignment } = bound;
  if (alignment === undefined || newer.size === 0) return { environment, bound };
  return { environment, bound: { ...bound, alignment: passingOver(alignment, newer) } };
}

/** Refuses times that have none in common with those of the environment. Throws `Input`: `start-never`, about the field `at`. */
function assertComes(environment: EnvironmentSite, startWithin: string, from: Date): void {
  const { name, timeZone } = environment;
  if (nextOpening(startWindows(environment, startWithin), from, timeZone) !== undefined) return;
  throw inputError(
    'start-never',
    `"${cut(startWithin)}" has no time in common with those at which "${name}" lets things start, "${environment.startWithin?.text ?? ''}".`,
    'Choose times within those.',
    { field: 'at' },
  );
}

/** Works out what undoing a request's swaps would do. Touches nothing. */
export async function previewUndo(
  deps: ServiceDeps,
  actor: Actor,
  what: UndoWish,
): Promise<Preview & { undoes: RequestId }> {
  const swaps = await swapsToUndo(deps, what);
  const environment = environmentNamed(deps.site, swaps[0]!.environment);
  const { breakGlass = false } = what;
  assertMayAsk(deps.site, environment, actor.person, { kind: 'undo', ...glass(breakGlass) });
  const bound = await bind(deps.site, deps.store, {
    kind: 'undo',
    environment: environment.name,
    requester: actor.person,
    items: swaps.map((swap) => ({ database: swap.database, undoes: swap.run })),
    breakGlass,
  });
  const needsApproval =
    environment.protected && !approvesByAsking(deps.site, bound.terms, environment.name, actor.person);
  const way = await wayOf(deps, actor, environment, needsApproval, { breakGlass });
  const shown = await preview(deps, 'undo', environment, bound, swaps, way);
  return { ...shown, undoes: swaps[0]!.request };
}

export function assertOnce(databases: readonly string[]): void {
  const twice = databases.find((database, at) => databases.indexOf(database) !== at);
  if (twice === undefined) return;
  throw inputError(
    'database-twice',
    `Database "${twice}" was named twice; each may be named once.`,
    'Name it once.',
    { field: 'database' },
  );
}

/** What a request has to pass. */
type Way = Pick<Preview, 'needsApproval' | 'breakGlass' | 'waits'>;

async function wayOf(
  deps: ServiceDeps,
  actor: Actor,
  environment: EnvironmentSite,
  needsApproval: boolean,
  way: { startAt?: Date | undefined; startWithin?: string | undefined; breakGlass: boolean },
): Promise<Way> {
  const { breakGlass } = way;
  const waits = await waitsFor(deps, environment, { requestedBy: actor.person.id, ...way });
  return { needsApproval: needsApproval && !breakGlass, breakGlass, waits };
}

function glass(broken: boolean): { breakGlass?: true } {
  return broken ? { breakGlass: true } : {};
}

async function swapsToUndo(deps: ServiceDeps, what: UndoWish): Promise<Swap[]> {
  if ('request' in what) {
    await known(deps.store.requests.get(what.request), what.request);
    const run = await deps.store.runs.ofRequest(what.request);
    const swaps = run === undefined ? [] : await deps.store.swaps.ofRun(run.id);
    const left = notTakenBack(swaps);
    // Where nothing is left, the refusal says what took it back.
    if (swaps.length > 0) return left.length > 0 ? left : swaps;
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

/** What binds to these items would do, and what it meets on their servers now. */
export async function preview(
  deps: ServiceDeps,
  kind: RequestKind,
  environment: EnvironmentSite,
  bound: Bound,
  swaps: readonly Swap[],
  way: Way,
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
      return {
        database: item.database,
        databaseName: item.databaseName,
        server: item.server,
        host: context.host.name,
        ...(backup === undefined ? {} : { backup }),
        inspection: await inspectItem(deps, context),
        steps: deps.engine(item.server).steps(context).steps,
      };
    }),
  );
  return { kind, environment, items, bound, ...way };
}
