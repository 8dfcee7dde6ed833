import type { Inspection } from '../../runners/engine.ts';
import type { Step } from '../../runners/plan.ts';
import {
  assertMayCancel,
  assertMayRequest,
  assertMayRetry,
  assertMayUndo,
  isApprover,
} from '../domain/access.ts';
import { acceptedKinds } from '../domain/acceptance.ts';
import type { Backup } from '../domain/backup.ts';
import { conflict, inputError, notFound } from '../domain/errors.ts';
import type { BackupId, RequestId } from '../domain/ids.ts';
import { runIdFrom, type RunId } from '../domain/ids.ts';
import { environmentNamed, placementOf, whereabouts } from '../domain/lookup.ts';
import type { Actor } from '../domain/person.ts';
import { nextState, type Request, type RequestKind } from '../domain/request.ts';
import type { Run, Swap } from '../domain/run.ts';
import type { EnvironmentSite } from '../domain/site.ts';
import { bind, type Bound } from './binding.ts';
import { itemContext, type ServiceDeps } from './deps.ts';
import type { StoreTransaction } from '../store/store.ts';
import { dispatch, nudge, targetsOf } from './dispatch.ts';
import { by, record } from './effects.ts';

/** What somebody asks for. Databases without a backup get the newest one that the environment accepts. */
export type RefreshWish = {
  environment: string;
  databases: readonly { database: string; backup?: BackupId }[];
  reason: string;
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
};

const longestReason = 2000;

/** Works out what a refresh would do. Touches nothing; refuses what could not be asked for either. */
export async function previewRefresh(deps: ServiceDeps, actor: Actor, wish: RefreshWish): Promise<Preview> {
  const environment = environmentNamed(deps.site, wish.environment);
  assertMayRequest(environment, actor.person);
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
    const id = wanted.backup ?? (await newestFor(deps, environment, wanted.database)).id;
    items.push({ database: wanted.database, backup: { id, checksum: '' } });
  }
  const bound = await bind(deps.site, deps.store, {
    kind: 'refresh',
    environment: environment.name,
    requestedBy: actor.person.id,
    items,
  });
  return preview(deps, 'refresh', environment, bound, [], environment.protected);
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
    requestedBy: actor.person.id,
    items: swaps.map((swap) => ({ database: swap.database, undoes: swap.run })),
  });
  // An approver who asks for it has, by asking, said the yes that anybody else would need.
  const needsApproval = environment.protected && !isApprover(environment, actor.person);
  const shown = await preview(deps, 'undo', environment, bound, swaps, needsApproval);
  return { ...shown, undoes: swaps[0]!.request };
}

/** Creates the request: waiting for its approval, or approved by rule and on its way. */
export async function requestRefresh(deps: ServiceDeps, actor: Actor, wish: RefreshWish): Promise<Request> {
  const shown = await previewRefresh(deps, actor, wish);
  return create(deps, actor, shown, wish.reason);
}

/** Asks for an undo; a request of its own. */
export async function requestUndo(
  deps: ServiceDeps,
  actor: Actor,
  what: { request: RequestId } | { environment: string; database: string },
  reason: string,
): Promise<Request> {
  const shown = await previewUndo(deps, actor, what);
  return create(deps, actor, shown, reason, shown.undoes);
}

async function create(
  deps: ServiceDeps,
  actor: Actor,
  shown: Preview,
  reason: string,
  undoes?: RequestId,
): Promise<Request> {
  const tooLong = [...reason].length > longestReason;
  if (tooLong) {
    throw inputError(
      'reason-too-long',
      `The reason has ${[...reason].length} characters; at most ${longestReason} are kept.`,
      'Say it shorter, or link to a page that says it all.',
      { field: 'reason' },
    );
  }
  const problem = shown.items.flatMap((item) => item.inspection.problems)[0];
  if (problem !== undefined) {
    throw conflict(problem.code, problem.message, problem.hint, { field: 'environment' });
  }
  const { environment, bound } = shown;
  await refuseDuplicate(deps, environment.name, bound.digest);
  const now = deps.now();
  const request = await deps.store.write(async (tx) => {
    const created = await tx.requests.create({
      kind: shown.kind,
      environment: environment.name,
      items: bound.items,
      reason,
      requestedBy: actor.person.id,
      front: actor.front,
      state: shown.needsApproval ? 'pending' : 'approved',
      digest: bound.digest,
      needsApproval: shown.needsApproval,
      createdAt: now,
      expiresAt: new Date(now.getTime() + environment.approvalSeconds * 1000),
      ...(undoes === undefined ? {} : { undoes }),
    });
    await record(tx, { type: 'request-created', ...by(created, actor) });
    if (!shown.needsApproval) {
      await tx.approvals.add({
        request: created.id,
        decision: 'approved',
        front: 'rule',
        digest: bound.digest,
        at: now,
      });
      await record(tx, {
        type: 'request-approved',
        byRule: true,
        digest: bound.digest,
        request: created.id,
        front: 'rule',
      });
    }
    return created;
  });
  if (!shown.needsApproval) await dispatch(deps, request.id);
  return request;
}

/** The same person asking for exactly the same again while the first still waits is a slip, not a wish. */
async function refuseDuplicate(deps: ServiceDeps, environment: string, digest: string): Promise<void> {
  const { requests } = await deps.store.requests.list(
    { environment, states: ['pending', 'approved', 'running', 'fenced'] },
    { limit: 200, offset: 0 },
  );
  const same = requests.find((request) => request.digest === digest);
  if (same === undefined) return;
  throw conflict(
    'request-duplicate',
    `${same.id} asks for exactly the same and is ${same.state}; one is enough.`,
    `/refresh status ${same.id}, or /refresh cancel ${same.id} first.`,
    { request: same.id },
  );
}

/** Cancels at once while nothing runs; a running one ends its current step first. Too late from the first swap on. */
export async function cancel(deps: ServiceDeps, actor: Actor, id: RequestId): Promise<Request> {
  const active = await deps.store.runs.ofRequest(id);
  const ended = await deps.store.write(async (tx): Promise<Request | undefined> => {
    const request = await known(tx.requests.lock(id), id);
    assertMayCancel(deps.site, request, environmentNamed(deps.site, request.environment), actor.person);
    const next = nextState(id, request.state, 'cancel');
    if (request.state !== 'running') {
      await tx.requests.move(id, request.state, next);
      await record(tx, { type: 'request-cancelled', ...by(request, actor) });
      return { ...request, state: next };
    }
    // Dispatched since we looked: what says "is being cancelled" must have a run to stop.
    const run = active === undefined ? undefined : await tx.runs.lock(active.id);
    if (run === undefined) return undefined;
    if (run.barrierAt !== undefined) {
      throw conflict(
        'cancel-too-late',
        `${id} is already swapping; it can't be cancelled any more.`,
        `/refresh undo ${id} when it has ended.`,
        { request: id },
      );
    }
    if (run.cancelRequestedAt === undefined) {
      await tx.runs.requestCancel(run.id, deps.now());
      await record(tx, { type: 'cancel-requested', ...by(request, actor), run: run.id });
    }
    return request;
  });
  if (ended === undefined) return cancel(deps, actor, id);
  if (ended.state === 'running') {
    const run = await deps.store.runs.ofRequest(id);
    if (run !== undefined) await nudge(deps, run);
  }
  return ended;
}

/**
 * Runs a failed request again from the step that failed, as it was approved; a change since voids the approval. A fenced
 * one is resumed at once: its target must come out of the fence, and it still holds it.
 */
export async function retry(deps: ServiceDeps, actor: Actor, id: RequestId): Promise<Request> {
  const earlier = await deps.store.runs.ofRequest(id);
  let resumed: Run | undefined;
  const request = await deps.store.write(async (tx) => {
    const locked = await known(tx.requests.lock(id), id);
    assertMayRetry(deps.site, locked, environmentNamed(deps.site, locked.environment), actor.person);
    const next = nextState(id, locked.state, locked.state === 'fenced' ? 'resume' : 'retry');
    if (next === 'approved' && locked.expiresAt <= deps.now()) {
      throw conflict(
        'request-expired',
        `${id} has expired: what was approved may be repeated until ${locked.expiresAt.toISOString()}.`,
        'Ask anew.',
        { request: id },
      );
    }
    await tx.requests.move(id, locked.state, next);
    await record(tx, { type: 'request-retried', ...by(locked, actor) });
    if (next === 'running' && earlier !== undefined) resumed = await resume(deps, tx, locked, earlier.id);
    return { ...locked, state: next };
  });
  if (resumed === undefined) await dispatch(deps, id);
  else await nudge(deps, resumed);
  return (await deps.store.requests.get(id)) ?? request;
}

/** A further attempt of a run that holds its targets. */
async function resume(deps: ServiceDeps, tx: StoreTransaction, request: Request, id: RunId): Promise<Run> {
  await tx.runs.end(id, deps.now());
  const made = await tx.runs.again(id, targetsOf(request), deps.now());
  if ('behind' in made) throw new Error(`the targets of ${request.id} are held by ${made.behind}`);
  const { attempt } = made.run;
  await record(tx, { type: 'run-started', attempt, worker: deps.worker, request: request.id, run: id });
  return made.run;
}

/** The request, or `NotFound` (code `request-unknown`). */
export async function known(found: Promise<Request | undefined>, id: RequestId): Promise<Request> {
  const request = await found;
  if (request !== undefined) return request;
  throw notFound(
    'request-unknown',
    `Request "${id}" does not exist; expected a number such as REQ-12.`,
    '/refresh status lists the newest ones.',
    { field: 'request' },
  );
}

async function newestFor(deps: ServiceDeps, environment: EnvironmentSite, database: string): Promise<Backup> {
  const { host } = whereabouts(deps.site, placementOf(environment, database));
  const kinds = acceptedKinds(environment, host);
  const newest = await deps.store.backups.newest(database, kinds);
  if (newest !== undefined) return newest;
  throw notFound(
    'backup-none',
    `No backup of "${database}" is fit for "${environment.name}", which accepts ${kinds.join(' or ')} backups that were read to their end.`,
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
