import { assertMayAcknowledge } from '../../domain/access.ts';
import { assertMayDecide, assertMayDecideNow, stagePassed } from '../../domain/deciding.ts';
import { conflict, forbidden, isFreshetError, type FreshetError } from '../../domain/errors.ts';
import type { Event, InPlaceOf } from '../../domain/event.ts';
import { hookEvents, openHookFailure } from '../../domain/hook.ts';
import type { RequestId } from '../../domain/ids.ts';
import { environmentNamed } from '../../domain/lookup.ts';
import type { Actor, Front } from '../../domain/person.ts';
import type { Right } from '../../domain/policy/deputies.ts';
import { approvalStanding, isSingle } from '../../domain/policy/stages.ts';
import { standingText } from '../../domain/policy/words.ts';
import { nextState, type Request } from '../../domain/request.ts';
import type { ServiceDeps } from '../deps.ts';
import { deputiesOf } from '../people/deputies.ts';
import { dispatchInTurn } from '../runs/dispatch.ts';
import { by, record } from '../effects.ts';
import { allowedByApprover, answeredByHolder } from './hold-answers.ts';
import { lapseOf, later } from '../lapse.ts';
import { assertShown, known } from '../known.ts';
import { saidLately } from '../refusals.ts';
import { reviseOne } from './revise.ts';

export type Decision = {
  request: RequestId;
  decision: 'approved' | 'rejected';
  /** What the decider saw; absent where the front can't show one (then the newest is meant). */
  digest?: string;
  /** The stage that a yes is for, where the front says one; absent: the open one. */
  stage?: string;
  reason?: string;
};

/**
 * Decides on a request. Each person's word counts once, whatever the front; the yes that completes its last stage approves it, the
 * first no ends it. Of one that is approved and held, its holder decides whether it goes on. A refusal is recorded on the request and thrown (`Forbidden`, `Conflict`).
 */
export async function decide(deps: ServiceDeps, actor: Actor, decision: Decision): Promise<Request> {
  // What waits is brought to this moment first: no yes counts for what it was.
  const outdated = await reviseOne(deps, decision.request);
  const request = await refusalsRecorded(deps, decision.request, actor.front, actor.person.name, () =>
    deps.store.write(async (tx) => {
      const locked = await known(tx.requests.lock(decision.request), decision.request);
      const answered = await answeredByHolder(deps, tx, locked, actor, decision);
      if (answered !== undefined) return answered;
      const environment = environmentNamed(deps.site, locked.environment);
      const deputies = await deputiesOf(deps, locked, tx.delegations);
      assertMayDecide(deps.site, locked, environment, actor.person, deputies);
      const next = nextState(
        locked.id,
        locked.state,
        decision.decision === 'approved' ? 'approve' : 'reject',
      );
      if (decision.decision === 'approved') assertShown(locked, { digest: decision.digest ?? outdated });
      else assertShown(locked, decision);
      if (locked.expiresAt <= deps.now()) {
        throw conflict(
          'request-expired',
          `${locked.id} has expired; it can't be decided any more.`,
          'Ask anew.',
          { request: locked.id },
        );
      }
      const standing = approvalStanding(deps.site, locked, await tx.approvals.of(locked.id));
      const { stage, right } = assertMayDecideNow(
        deps.site,
        locked,
        standing,
        actor.person,
        decision.decision,
        deputies,
      );
      if (decision.decision === 'approved' && (decision.stage ?? stage.name) !== stage.name)
        throw stagePassed(locked.id, decision.stage!, actor.person, stage.name);
      const inPlaceOf = inPlaceOfBy(right);
      // One word of each person is in force: a no takes the place of an earlier yes.
      await tx.approvals.voidAll(locked.id, deps.now(), actor.person.id);
      await tx.approvals.add({
        request: locked.id,
        decision: decision.decision,
        by: actor.person.id,
        front: actor.front,
        digest: locked.digest,
        at: deps.now(),
        ...(decision.decision === 'approved' ? { stage: stage.name } : {}),
        ...inPlaceOf,
        ...(decision.reason === undefined ? {} : { reason: decision.reason }),
      });
      const single = isSingle(locked.terms.stages);
      if (decision.decision === 'approved') {
        await allowedByApprover(deps, tx, locked, actor);
        const reached = approvalStanding(deps.site, locked, await tx.approvals.of(locked.id));
        if (reached.open !== undefined) {
          const needs = standingText(reached);
          const given = { stage: stage.name, digest: locked.digest, needs, ...inPlaceOf };
          await record(tx, { type: 'approval-given', ...given, ...by(locked, actor) });
          return locked;
        }
      }
      await tx.requests.move(locked.id, locked.state, next);
      if (decision.decision === 'approved') {
        if (locked.startAt !== undefined) {
          // It waits for its moment first, and only then for its turn: that must not use up its time.
          const lapses = lapseOf(locked.startAt, environmentNamed(deps.site, locked.environment));
          await tx.requests.lapses(locked.id, later(locked.expiresAt, lapses));
        }
        await record(tx, {
          type: 'request-approved',
          digest: locked.digest,
          ...(single ? {} : { stage: stage.name }),
          ...inPlaceOf,
          ...by(locked, actor),
        });
      } else {
        await record(tx, {
          type: 'request-rejected',
          ...inPlaceOf,
          ...(decision.reason === undefined ? {} : { reason: decision.reason }),
          ...by(locked, actor),
        });
      }
      return { ...locked, state: next };
    }),
  );
  deps.measure?.({
    type: 'decided',
    environment: request.environment,
    front: actor.front,
    decision: decision.decision,
    seconds: Math.max(0, deps.now().getTime() - request.createdAt.getTime()) / 1000,
  });
  if (request.state === 'approved') await dispatchInTurn(deps, request);
  return (await deps.store.requests.get(request.id)) ?? request;
}

/** What is kept of a right that is not one's own. */
function inPlaceOfBy(right: Right): InPlaceOf {
  if (right === 'own') return {};
  return right === 'fallback' ? { fallback: true } : { for: right.for };
}

/**
 * A decision by somebody whom the site does not know, by automation, or without an author: the answer is no. Recorded on
 * the request, so that the front can say so and put things back.
 */
export async function refuseStranger(
  deps: ServiceDeps,
  id: RequestId,
  front: Front,
  who: string,
): Promise<FreshetError> {
  const refusal = forbidden(
    'person-unknown',
    `"${who}" is nobody that the site file knows; only known people decide.`,
    'An administrator adds people to the site file.',
    { request: id },
  );
  await refuse(deps, id, front, who, refusal);
  return refusal;
}

/** Says that an operator has seen the alert: of a request that failed, or of hooks that did. */
export async function acknowledge(deps: ServiceDeps, actor: Actor, id: RequestId): Promise<Request> {
  return deps.store.write(async (tx) => {
    const request = await known(tx.requests.lock(id), id);
    assertMayAcknowledge(deps.site, request, actor.person);
    const failed = request.state === 'failed' || request.state === 'fenced';
    if (!failed && !hooksFailed(request, await tx.events.ofRequest(id, hookEvents))) {
      throw conflict(
        'acknowledge-nothing',
        `${id} is ${request.state}; only the alert of a failed request, or of hooks that failed, can be acknowledged.`,
        `/refresh status ${id} shows how it stands.`,
        { request: id },
      );
    }
    await record(tx, { type: 'alert-acknowledged', ...by(request, actor) });
    return request;
  });
}

/** Those of one that succeeded, which nobody calls again now. */
function hooksFailed({ state }: Request, events: readonly Event[]): boolean {
  return state === 'succeeded' && openHookFailure(events)?.again === false;
}

async function refusalsRecorded<T>(
  deps: ServiceDeps,
  id: RequestId,
  front: Front,
  who: string,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isFreshetError(error) && (error.kind === 'Forbidden' || error.kind === 'Conflict')) {
      await refuse(deps, id, front, who, error);
    }
    throw error;
  }
}

/** Records on the request that something was refused to `who`, so that every front can say so and put things back. False: there is no such request. */
export async function refuse(
  deps: ServiceDeps,
  id: RequestId,
  front: Front,
  who: string,
  refusal: FreshetError,
): Promise<boolean> {
  // In Jira each one is recorded, as each has an issue to be moved back.
  const earlier = front === 'jira' ? [] : await deps.store.events.ofRequest(id, ['decision-refused']);
  if (saidLately(deps, earlier, { code: refusal.code, who })) return true;
  return deps.store.write(async (tx) => {
    const request = await tx.requests.lock(id);
    if (request === undefined) return false;
    await record(tx, {
      type: 'decision-refused',
      code: refusal.code,
      why: refusal.message,
      who,
      request: id,
      front,
    });
    return true;
  });
}
