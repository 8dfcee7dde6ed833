import assert from 'node:assert/strict';
import type { Event } from '../../src/domain/event.ts';
import { openHookFailure } from '../../src/domain/hook.ts';
import { stateAfter, type Request, type RequestState, type Transition } from '../../src/domain/request.ts';
import type { Store } from '../../src/store/store.ts';
import { storyFaults } from './history.ts';

/** The transition that an event tells of, from the state before it. */
function transitionOf(event: Event, from: RequestState): Transition | undefined {
  switch (event.type) {
    case 'request-approved':
      return 'approve';
    case 'request-rejected':
      return 'reject';
    case 'request-cancelled':
      return 'cancel';
    case 'request-expired':
      return 'expire';
    case 'approval-voided':
      return 'void';
    case 'request-retried':
      return from === 'failed' ? 'retry' : undefined;
    case 'run-started':
      return from === 'fenced' ? 'resume' : 'start';
    case 'run-succeeded':
      return 'succeed';
    case 'run-failed':
      return 'fail';
    case 'run-fenced':
      return 'fence';
    default:
      return undefined;
  }
}

/** The state that the events of a request come to, by allowed transitions alone. */
function replayed(events: readonly Event[]): RequestState {
  assert.equal(events[0]?.type, 'request-created');
  let state: RequestState = 'pending';
  for (const event of events) {
    const transition = transitionOf(event, state);
    if (transition === undefined) continue;
    const next = stateAfter(state, transition);
    assert.ok(next !== undefined, `${event.request}: ${event.type} while ${state}`);
    state = next;
  }
  return state;
}

/**
 * What must hold in a store at any moment: at most one active run per target, and only of requests that run or are fenced; allowed
 * transitions only; one decision in force; events that are complete and come to the state; nothing that ran without an approval.
 */
export async function assertFacts(
  store: Store,
  options: { isProtected: (environment: string) => boolean; isApprover: (person: string) => boolean },
): Promise<Request[]> {
  const { requests } = await store.requests.list({}, { limit: 10_000, offset: 0 });
  const runs = await store.runs.active();
  const holders = new Map<string, string>();
  for (const request of requests) {
    const active = runs.filter((run) => run.request === request.id);
    const events = await store.events.ofRequest(request.id);
    // Of what has succeeded, only while hooks are called again.
    const holds =
      request.state === 'running' ||
      request.state === 'fenced' ||
      (request.state === 'succeeded' && openHookFailure(events)?.again === true);
    assert.equal(active.length, holds ? 1 : 0, `${request.id} is ${request.state}`);
    for (const { server, databaseName } of holds ? request.items : []) {
      const target = `${server}/${databaseName}`;
      assert.equal(holders.get(target), undefined, `${request.id} runs on ${target} as well`);
      holders.set(target, request.id);
    }
    assert.equal(replayed(events), request.state, `the events of ${request.id}`);
    assert.deepEqual(storyFaults(request, events), []);
    await assertDecisions(store, request, events, options);
    if (request.state === 'succeeded') await assertSwapped(store, request);
  }
  return requests;
}

async function assertDecisions(
  store: Store,
  request: Request,
  events: readonly Event[],
  options: Parameters<typeof assertFacts>[1],
): Promise<void> {
  const inForce = (await store.approvals.of(request.id)).filter(({ voidedAt }) => voidedAt === undefined);
  assert.ok(inForce.length <= 1, `${inForce.length} decisions on ${request.id} are in force`);
  const ran = events.findLastIndex(({ type }) => type === 'run-started');
  const lost = events.findLastIndex(({ type }) => type === 'approval-voided');
  if (ran < 0 || lost > ran) return;
  const [approval] = inForce;
  assert.ok(
    approval?.decision === 'approved' && approval.digest === request.digest,
    `${request.id} ran unapproved`,
  );
  if (!options.isProtected(request.environment)) assert.equal(approval.front, 'rule');
  else if (approval.front === 'rule')
    assert.ok(request.kind === 'undo' && options.isApprover(request.requestedBy));
  else
    assert.ok(
      approval.by !== undefined && approval.by !== request.requestedBy && options.isApprover(approval.by),
    );
}

/** Each of its databases was swapped and none put back since: never a half. */
async function assertSwapped(store: Store, request: Request): Promise<void> {
  const run = await store.runs.ofRequest(request.id);
  const swaps = run === undefined ? [] : await store.swaps.ofRun(run.id);
  assert.deepEqual(
    swaps.map(({ database }) => database).sort(),
    request.items.map(({ database }) => database).sort(),
    `${request.id} succeeded`,
  );
}
