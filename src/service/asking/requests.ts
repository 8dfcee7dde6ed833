import { assertMayCancel, assertMayRetry } from '../../domain/access.ts';
import { conflict } from '../../domain/errors.ts';
import type { RequestId } from '../../domain/ids.ts';
import { cut } from '../../domain/lookup.ts';
import { type RunId } from '../../domain/ids.ts';
import { lapseOf, later } from '../lapse.ts';
import type { Actor } from '../../domain/person.ts';
import { nextState, openStates, targetsOf, type Request } from '../../domain/request.ts';
import { isReading } from '../../domain/request-kinds.ts';
import type { Run } from '../../domain/run.ts';
import { type ServiceDeps } from '../deps.ts';
import type { StoreTransaction } from '../../store/store.ts';
import { callAgain, hasOpenHooks } from '../runs/call-again.ts';
import { dispatchInTurn, nudge } from '../runs/dispatch.ts';
import { by, record } from '../effects.ts';
import { known } from '../known.ts';
import { previewRefresh, previewUndo, type Preview, type RefreshWish, type UndoWish } from './previews.ts';
import { previewProve, previewTake, type ProveWish, type TakeWish } from './readings.ts';
import { assertReason } from '../reason.ts';
import { attemptsRecorded } from '../refusals.ts';
import { assertGlassReason, tellGlass } from '../runs/break-glass.ts';
import { assertNotClosed } from './closed.ts';
import { seenByNobody } from './seen.ts';

/** What a request brings along that a schedule asks for. */
export type Occasion = {
  schedule: NonNullable<Request['schedule']>;
  /** What it is approved by, in words, where the schedule itself was approved. */
  standing?: string;
  /** Claims its slot, within the transaction that makes the request: throws where somebody else has it. */
  claim?: (tx: StoreTransaction) => Promise<void>;
  made?: (tx: StoreTransaction, id: RequestId) => Promise<void>;
};

/** Creates the request: waiting for its approval, or approved by rule and on its way. */
export async function requestRefresh(
  deps: ServiceDeps,
  actor: Actor,
  wish: RefreshWish,
  occasion?: Occasion,
): Promise<Request> {
  return glassWatched(deps, actor, wish, async () => {
    const shown = await previewRefresh(deps, actor, wish);
    return create(deps, actor, shown, wish.reason, occasion === undefined ? {} : { occasion });
  });
}

/** Asks for an undo; a request of its own. */
export async function requestUndo(
  deps: ServiceDeps,
  actor: Actor,
  what: UndoWish,
  reason: string,
): Promise<Request> {
  return glassWatched(deps, actor, what, async () => {
    const shown = await previewUndo(deps, actor, what);
    return create(deps, actor, shown, reason, { undoes: shown.undoes });
  });
}

/** Asks for backups to be taken. */
export async function requestTake(
  deps: ServiceDeps,
  actor: Actor,
  wish: TakeWish,
  reason: string,
  occasion?: Occasion,
): Promise<Request> {
  const shown = await previewTake(deps, actor, wish);
  return create(deps, actor, shown, reason, occasion === undefined ? {} : { occasion });
}

/** Asks for a backup to be proven by a restore that nobody sees. */
export async function requestProve(
  deps: ServiceDeps,
  actor: Actor,
  wish: ProveWish,
  reason: string,
): Promise<Request> {
  return create(deps, actor, await previewProve(deps, actor, wish), reason, {});
}

/** Whoever wants to break the glass and may not is written down. */
function glassWatched<T>(
  deps: ServiceDeps,
  actor: Actor,
  { breakGlass, environment = '' }: { breakGlass?: boolean; environment?: string },
  ask: () => Promise<T>,
): Promise<T> {
  if (breakGlass !== true) return ask();
  const where = environment === '' ? '' : ` of "${cut(environment)}"`;
  return attemptsRecorded(deps, actor, `breaking the glass${where}`, ask);
}

async function create(
  deps: ServiceDeps,
  actor: Actor,
  shown: Preview,
  reason: string,
  { undoes, occasion }: { undoes?: RequestId; occasion?: Occasion },
): Promise<Request> {
  assertReason(reason);
  if (shown.breakGlass) assertGlassReason(reason);
  assertNotClosed(shown.environment, shown.waits);
  const problem = shown.items.flatMap((item) => item.inspection.problems)[0];
  if (problem !== undefined) {
    throw conflict(problem.code, problem.message, problem.hint, { field: 'environment' });
  }
  const { environment, bound, startAt, startWithin, ticket } = shown;
  await refuseDuplicate(deps, environment.name, bound.digest);
  const now = deps.now();
  const standing = occasion?.standing;
  const approved = !shown.needsApproval || standing !== undefined;
  const impact = approved ? await seenByNobody(deps, shown) : undefined;
  const request = await deps.store.write(async (tx) => {
    await occasion?.claim?.(tx);
    // Again, as a form that is sent twice comes twice in the same moment.
    refuseAlike(await tx.requests.alike(environment.name, bound.digest));
    const created = await tx.requests.create({
      kind: shown.kind,
      environment: environment.name,
      items: bound.items,
      reason,
      requestedBy: actor.person.id,
      front: actor.front,
      state: approved ? 'approved' : 'pending',
      digest: bound.digest,
      needsApproval: shown.needsApproval,
      terms: bound.terms,
      createdAt: now,
      expiresAt: lapseOf(approved ? later(now, startAt) : now, environment),
      ...(undoes === undefined ? {} : { undoes }),
      ...(startAt === undefined ? {} : { startAt }),
      ...(startWithin === undefined ? {} : { startWithin }),
      ...(shown.breakGlass ? { breakGlass: true } : {}),
      ...(bound.alignment === undefined ? {} : { alignment: bound.alignment }),
      ...(occasion === undefined ? {} : { schedule: occasion.schedule }),
      ...(ticket === undefined ? {} : { ticket: ticket.key }),
    });
    await occasion?.made?.(tx, created.id);
    const schedule = occasion === undefined ? {} : { schedule: occasion.schedule.name };
    await record(tx, { type: 'request-created', ...schedule, ...by(created, actor) });
    if (ticket?.seen === false)
      await record(tx, { type: 'ticket-unseen', ticket: ticket.key, request: created.id });
    if (shown.breakGlass) await tellGlass(deps, tx, environment, created, actor);
    if (approved) {
      await tx.approvals.add({
        request: created.id,
        decision: 'approved',
        front: 'rule',
        digest: bound.digest,
        at: now,
        ...(standing === undefined ? {} : { reason: standing }),
      });
      await record(tx, {
        type: 'request-approved',
        byRule: true,
        digest: bound.digest,
        ...(standing === undefined ? {} : { standing }),
        request: created.id,
        front: 'rule',
      });
    }
    if (impact !== undefined) await record(tx, { type: 'impact-seen', items: impact, request: created.id });
    return created;
  });
  if (approved) await dispatchInTurn(deps, request);
  return request;
}

/** The same person asking for exactly the same again while the first still waits is a slip, not a wish. */
export async function refuseDuplicate(deps: ServiceDeps, environment: string, digest: string): Promise<void> {
  const { requests } = await deps.store.requests.list(
    { environment, digest, states: openStates },
    { limit: 1, offset: 0 },
  );
  refuseAlike(requests[0]);
}

function refuseAlike(same: Pick<Request, 'id' | 'state'> | undefined): void {
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
    assertMayCancel(deps.site, request, actor.person);
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
      throw conflict('cancel-too-late', ...tooLate(request), { request: id });
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

function tooLate({ id, kind }: Request): [message: string, hint: string] {
  if (kind === 'prove')
    return [`${id} is dropping what it made; it can't be cancelled any more.`, 'It ends in a moment.'];
  return isReading(kind)
    ? [`${id} is giving its backups their names; it can't be cancelled any more.`, 'It ends in a moment.']
    : [
        `${id} is already swapping; it can't be cancelled any more.`,
        `/refresh undo ${id} when it has ended.`,
      ];
}

/**
 * Runs a failed request again from the step that failed, as it was approved; a change since voids the approval. A fenced
 * one is resumed at once: its target must come out of the fence, and it still holds it. Of one that succeeded, and whose hooks did
 * not, these are called again; `changedHooks` is the agreement to what they are now.
 */
export async function retry(
  deps: ServiceDeps,
  actor: Actor,
  id: RequestId,
  changedHooks?: string,
): Promise<Request> {
  const seen = await known(deps.store.requests.get(id), id);
  if (seen.state === 'succeeded' && (await hasOpenHooks(deps, id)))
    return callAgain(deps, actor, id, changedHooks);
  const earlier = await deps.store.runs.ofRequest(id);
  let resumed: Run | undefined;
  const request = await deps.store.write(async (tx) => {
    const locked = await known(tx.requests.lock(id), id);
    assertMayRetry(deps.site, locked, actor.person);
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
  deps.measure?.({ type: 'retried', environment: request.environment });
  if (resumed === undefined) await dispatchInTurn(deps, request);
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
