import { randomBytes } from 'node:crypto';
import { assertMayAsk } from '../../domain/access.ts';
import { approvesByAsking } from '../../domain/deciding.ts';
import { isBeyond, setsNotAligned, tellsStill } from '../../domain/alignment.ts';
import type { Approval } from '../../domain/approval.ts';
import { isFreshetError, unavailable } from '../../domain/errors.ts';
import { runIdFrom, type RequestId, type RunId } from '../../domain/ids.ts';
import { environmentNamed } from '../../domain/lookup.ts';
import { approvalStanding, isSingle } from '../../domain/policy/stages.ts';
import { termsChanged } from '../../domain/policy/terms.ts';
import { standingText } from '../../domain/policy/words.ts';
import { takenApartText } from '../../domain/taken-apart.ts';
import { nextState, targetsOf, type Request } from '../../domain/request.ts';
import { factsOf, needsYes } from '../../domain/request-kinds.ts';
import type { Run } from '../../domain/run.ts';
import { personOf, type EnvironmentSite } from '../../domain/site.ts';
import { bind, type Bound } from '../backups/binding.ts';
import type { ServiceDeps } from '../deps.ts';
import { record } from '../effects.ts';
import { lapseOf } from '../lapse.ts';
import { strict, withPeople } from '../people/people.ts';
import { standingObjection } from '../standing/standing.ts';
import { foretell, holdBack } from './waits.ts';

/** What became of a dispatch: it runs; another request's run has a target; or it is not for now (not due, held, voided, not approved). */
export type Dispatched = 'started' | 'not-now' | { behind: RequestId };

/**
 * Starts an approved request: everything that its approval rests on is looked at again, its targets are taken, and
 * its run is put on the queue. Where another run has a target, the calendar says no, or its own moment has not come, it stays approved and is tried
 * again by the reconciler.
 * Safe to call at any time, by several processes.
 */
export async function dispatch(given: ServiceDeps, id: RequestId): Promise<Dispatched> {
  const seen = await given.store.requests.get(id);
  if (seen?.state !== 'approved') return 'not-now';
  const deps = await withPeople(given, { ...strict, ...(await sinceDecided(given, id)) });
  const now = deps.now();
  if (seen.expiresAt <= now) return 'not-now';
  const isAhead = seen.startAt !== undefined && seen.startAt > now;
  // Looked at outside of the transaction, which then counts only for what was looked at.
  let objection: Objection | undefined;
  try {
    objection = await whyNot(deps, seen);
  } catch (error) {
    if (!isFreshetError(error) || error.code !== 'role-source-silent') throw error;
    deps.log.warn({ err: error, request: id }, 'a request could not be dispatched; it is tried again');
    return 'not-now';
  }
  if (isAhead) {
    if (objection === undefined || objection.maybePassing === true) await foretell(deps, seen);
    else await voidApproval(deps, seen, objection);
    return 'not-now';
  }
  if (objection !== undefined) {
    await voidApproval(deps, seen, objection);
    return 'not-now';
  }
  const earlier = await deps.store.runs.ofRequest(id);
  const waits = await deps.store.events.ofRequest(id, ['request-waiting', 'request-retried']);
  const run = await deps.store.write(async (tx): Promise<Run | { behind: RequestId } | undefined> => {
    const request = await tx.requests.lock(id);
    if (request?.state !== 'approved' || request.digest !== seen.digest) return undefined;
    if (await holdBack(deps, tx, request)) return undefined;
    const targets = targetsOf(request);
    const made =
      earlier === undefined
        ? await tx.runs.create({ id: runIdFrom(randomBytes(5)), request: id, startedAt: now }, targets)
        : await tx.runs.again(earlier.id, targets, now);
    if ('behind' in made) {
      const last = waits.at(-1);
      if (last?.type !== 'request-waiting' || last.behind !== made.behind) {
        await record(tx, { type: 'request-waiting', behind: made.behind, request: id });
      }
      return made;
    }
    await tx.requests.move(id, 'approved', nextState(id, 'approved', 'start'));
    await record(tx, {
      type: 'run-started',
      attempt: made.run.attempt,
      worker: deps.worker,
      request: id,
      run: made.run.id,
    });
    return made.run;
  });
  if (run === undefined) return 'not-now';
  if ('behind' in run) return run;
  await nudge(deps, run);
  return 'started';
}

/** Whoever said yes a moment ago may have been removed since: what sources of roles said before it does not count. */
async function sinceDecided({ store }: ServiceDeps, id: RequestId): Promise<{ notBefore?: Date }> {
  const approvals = (await store.approvals.of(id)).filter(({ by }) => by !== undefined);
  const decided = [...approvals, ...(await store.holds.answers(id))].map(({ at }) => at.getTime());
  return decided.length === 0 ? {} : { notBefore: new Date(Math.max(...decided)) };
}

/** What is not what was approved, or not by people who may: it waits anew, or ends where nobody would be asked. */
async function voidApproval(deps: ServiceDeps, seen: Request, objection: Objection): Promise<void> {
  const { id } = seen;
  const now = deps.now();
  await deps.store.write(async (tx) => {
    const request = await tx.requests.lock(id);
    if (request?.state !== 'approved' || request.digest !== seen.digest) return;
    await tx.approvals.voidAll(id, now);
    await tx.requests.move(id, 'approved', nextState(id, 'approved', 'void'));
    await record(tx, { type: 'approval-voided', why: objection.why, request: id });
    if (objection.rebound !== undefined) {
      const expiresAt = lapseOf(now, environmentNamed(deps.site, request.environment));
      await tx.requests.rebind(id, objection.rebound, expiresAt);
    } else if (deps.site.environments[request.environment] !== undefined) {
      // It waits anew: for those who may decide, and for the fallback.
      await tx.requests.lapses(id, lapseOf(now, environmentNamed(deps.site, request.environment)));
    }
    if (!request.needsApproval) {
      // Nobody was going to be asked, so nobody will say yes again: it ends here, and says why.
      await tx.requests.move(id, 'pending', 'cancelled');
      await record(tx, { type: 'request-cancelled', why: objection.why, request: id });
    }
  });
}

/**
 * Dispatches a request that has just become ready, but first whoever has waited longest for a target of it: a target that became
 * free a moment ago goes to the oldest.
 */
export async function dispatchInTurn(deps: ServiceDeps, request: Request): Promise<void> {
  for (const { server, databaseName } of request.items) {
    const [first] = await deps.store.requests.due(deps.now(), { on: { server, databaseName }, limit: 1 });
    if (first === undefined || first.id === request.id) continue;
    try {
      await dispatch(deps, first.id);
    } catch (error) {
      deps.log.warn({ err: error, request: first.id }, 'who waits longest could not be dispatched');
    }
  }
  await dispatch(deps, request.id);
}

/** Puts a run in front of a worker now. Without a queue (then it answers false) the reconciler does so later. */
export async function nudge(deps: ServiceDeps, run: { id: RunId; fence: number }): Promise<boolean> {
  try {
    await deps.queue.add({ run: run.id, fence: run.fence });
    return true;
  } catch (error) {
    deps.log.warn({ err: error, run: run.id }, 'the queue took no job; the reconciler brings the run back');
    return false;
  }
}

/**
 * `ofPeople`: what somebody may, by their roles, is what speaks against it. `maybePassing`: what may be otherwise again by the moment
 * of a request, and is said only then: roles, and how far apart data lies.
 */
type Objection = { why: string; rebound?: Bound; ofPeople?: true; maybePassing?: true };

/**
 * Why an approved request may not start now: promise 3, checked at the last moment, by the people of `deps.site`. Throws `Unavailable`
 * (code `role-source-silent`) where that can't be told, as a source of roles does not answer: it does not start, and its approval stands.
 */
export async function whyNot(deps: ServiceDeps, request: Request): Promise<Objection | undefined> {
  const objection = await objectionTo(deps, request);
  const [silent] = deps.site.unasked ?? [];
  if (objection?.ofPeople !== true) return objection;
  if (silent === undefined) return { ...objection, maybePassing: true };
  throw unavailable(
    'role-source-silent',
    `Whether ${request.id} may start can't be told: ${silent.source}, which gives the role "${silent.role}", could not be asked.`,
    'It is tried again; npx freshet check tells what is wrong with the source.',
    { request: request.id },
  );
}

async function objectionTo(deps: ServiceDeps, request: Request): Promise<Objection | undefined> {
  let environment;
  let bound;
  const requester = personOf(deps.site, request.requestedBy);
  if (requester === undefined) return { why: 'Who asked for it is not in the site file any more.' };
  try {
    environment = environmentNamed(deps.site, request.environment);
    assertMayAsk(deps.site, environment, requester, request);
    bound = await bind(deps.site, deps.store, { ...request, requester, asked: request });
  } catch (error) {
    if (!isFreshetError(error) || error.kind === 'Unavailable') throw error;
    return { why: error.message, ...(error.kind === 'Forbidden' ? { ofPeople: true } : {}) };
  }
  const apart = apartNow(request, environment, bound);
  if (bound.digest !== request.digest) return { why: changeText(request, bound, apart), rebound: bound };
  if (apart !== undefined) return { why: apart, rebound: bound, maybePassing: true };
  const approvals = await deps.store.approvals.of(request.id);
  if (request.needsApproval) {
    const standing = approvalStanding(deps.site, request, approvals);
    if (standing.open === undefined) return undefined;
    if (hasByRule(request, approvals)) return standingObjection(deps, request);
    if (isSingle(request.terms.stages))
      return { why: 'Nobody who approved it may approve any more.', ofPeople: true };
    return {
      ofPeople: true,
      why: `Not everybody who approved it may approve any more; what counts is ${standingText(standing)}.`,
    };
  }
  if (!hasByRule(request, approvals)) return { why: 'It was never approved.' };
  // Whoever broke the glass may still do so: that was looked at above.
  if (!needsYes(request.kind, environment) || request.breakGlass === true) return undefined;
  // Approved by rule on a protected environment: an approver's own undo. The right is looked at again.
  if (
    factsOf(request.kind).approvedByAsking &&
    approvesByAsking(deps.site, request.terms, environment.name, requester)
  )
    return undefined;
  return { why: `"${environment.name}" needs an approval now.`, ofPeople: true };
}

/** Said where the environment's data lies further apart than it tolerates by now, or is taken apart: where that is refused, and where nobody was warned of it. */
export function apartNow(
  request: Request,
  environment: EnvironmentSite,
  { alignmentNow }: Bound,
): string | undefined {
  if (alignmentNow === undefined || request.breakGlass === true) return undefined;
  const { message } = setsNotAligned(environment.name, alignmentNow, '');
  const judged = factsOf(request.kind).aligns === 'judged' && environment.alignment.beyond === 'refuse';
  if (judged && isBeyond(alignmentNow)) return message;
  const told = !request.needsApproval || tellsStill(request.alignment, alignmentNow);
  if (told) return undefined;
  const changed = `What stays in "${environment.name}" has changed since.`;
  const torn = takenApartText({ ...request, alignment: alignmentNow });
  return torn === undefined ? `${changed} ${message}` : `${changed} ${torn}`;
}

function hasByRule(request: Request, approvals: readonly Approval[]): boolean {
  return approvals.some(
    ({ decision, voidedAt, digest, front }) =>
      decision === 'approved' && voidedAt === undefined && digest === request.digest && front === 'rule',
  );
}

/** What is not as it was shown, as far as that is cheap to tell. */
export function changeText(request: Request, bound: Bound, apart?: string): string {
  const rules = termsChanged(request.environment, request.terms, bound.terms);
  if (rules !== undefined) return rules;
  for (const item of request.items) {
    const now = bound.items.find(({ database }) => database === item.database);
    if (now === undefined) continue;
    if (now.backup?.checksum !== item.backup?.checksum)
      return `What was approved has changed since: ${item.backup?.id} is another file now.`;
    if (now.server !== item.server || now.databaseName !== item.databaseName || now.target !== item.target)
      return `What was approved has changed since: "${item.database}" lives somewhere else now.`;
  }
  return (
    apart ?? 'What was approved has changed since: the backup, the target, a script, a hook or an option.'
  );
}
