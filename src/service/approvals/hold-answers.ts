import { assertMayHold, may } from '../../domain/access.ts';
import { isAsking, type Asking } from '../../domain/calendar/hindrances.ts';
import { conflict, forbidden } from '../../domain/errors.ts';
import { environmentNamed } from '../../domain/lookup.ts';
import type { Actor } from '../../domain/person.ts';
import { listed } from '../../domain/policy/words.ts';
import { nextState, type Request } from '../../domain/request.ts';
import { personOf } from '../../domain/site.ts';
import type { StoreTransaction } from '../../store/store.ts';
import type { ServiceDeps } from '../deps.ts';
import { by, record } from '../effects.ts';
import { assertShown } from '../known.ts';
import { whyWait } from '../runs/waits.ts';

type Answer = {
  decision: 'approved' | 'rejected';
  reason?: string | undefined;
  digest?: string | undefined;
};

/**
 * A yes or no of whoever holds the environment of an approved request: the same words as an approver's, as a person says the same with them. A
 * yes lets it go on, a no ends it. Undefined where it is not the holder's to say: then it is judged as an approver's.
 */
export async function answeredByHolder(
  deps: ServiceDeps,
  tx: StoreTransaction,
  request: Request,
  actor: Actor,
  answer: Answer,
): Promise<Request | undefined> {
  const { person, front } = actor;
  const { decision, reason } = answer;
  if (request.state === 'pending') return undefined;
  const asking = request.state === 'approved' ? (await whyWait(deps, request, tx)).filter(isAsking) : [];
  const own = asking.filter(({ hold }) => hold.by === person.id);
  if (own.length === 0) {
    if (asking.length > 0) throw notTheHolder(deps, request, asking);
    if (await wasAsked(tx, request, actor)) throw nothingToAnswer(request, actor);
    return undefined;
  }
  assertShown(request, answer);
  assertMayHold(deps.site, environmentNamed(deps.site, request.environment), person);
  if (decision === 'approved') {
    await allow(deps, tx, request, actor, own);
    return request;
  }
  const at = deps.now();
  const why = reason ?? own[0]!.why;
  // One word of each person is in force: a no takes the place of an earlier yes.
  await tx.approvals.voidAll(request.id, at, person.id);
  await tx.approvals.add({
    request: request.id,
    decision,
    by: person.id,
    front,
    digest: request.digest,
    at,
    reason: why,
  });
  const next = nextState(request.id, request.state, 'decline');
  await tx.requests.move(request.id, request.state, next);
  await record(tx, { type: 'request-rejected', reason: why, hold: own[0]!.hold.id, ...by(request, actor) });
  return { ...request, state: next };
}

/**
 * Lets a request go on past the holds of whoever approves it: the same person is not asked twice for one thing. It is said so, like
 * every yes of a holder.
 */
export async function allowedByApprover(
  deps: ServiceDeps,
  tx: StoreTransaction,
  request: Request,
  actor: Actor,
): Promise<void> {
  if (!may(deps.site, 'hold', request.environment, actor.person)) return;
  const asking = (await whyWait(deps, request, tx)).filter(isAsking);
  await allow(
    deps,
    tx,
    request,
    actor,
    asking.filter(({ hold }) => hold.by === actor.person.id),
  );
}

async function allow(
  deps: ServiceDeps,
  tx: StoreTransaction,
  request: Request,
  actor: Actor,
  own: readonly Asking[],
): Promise<void> {
  const answer = { digest: request.digest, by: actor.person.id, front: actor.front, at: deps.now() };
  for (const { hold } of own) {
    await tx.holds.answer(request.id, { hold: hold.id, ...answer });
    await record(tx, { type: 'hold-allowed', hold: hold.id, ...by(request, actor) });
  }
}

async function wasAsked(tx: StoreTransaction, request: Request, { person }: Actor): Promise<boolean> {
  const told = await tx.events.ofRequest(request.id, ['request-held']);
  return told.some(
    (event) => event.type === 'request-held' && event.asks === true && event.holder === person.id,
  );
}

function notTheHolder(deps: ServiceDeps, request: Request, asking: readonly Asking[]) {
  const names = [...new Set(asking.map(({ hold }) => personOf(deps.site, hold.by)?.name ?? hold.by))];
  return forbidden(
    'hold-not-yours',
    `${request.id} is approved and waits for the yes of ${listed(names)}, who ${names.length === 1 ? 'holds' : 'hold'} "${request.environment}"; nobody else can say it.`,
    `Whoever may hold there may release the hold: /refresh release ${asking[0]!.hold.id}`,
    { request: request.id },
  );
}

function nothingToAnswer(request: Request, { person }: Actor) {
  return conflict(
    'hold-not-asked',
    `${request.id} does not wait for a hold of ${person.name} any more; it is ${request.state}.`,
    `/refresh status ${request.id} shows how it stands.`,
    { request: request.id },
  );
}
