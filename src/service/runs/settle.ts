import type { Plan } from '../../../runners/plan.ts';
import { assertMaySettle } from '../../domain/access.ts';
import { conflict, inputError } from '../../domain/errors.ts';
import type { RequestId } from '../../domain/ids.ts';
import type { Actor } from '../../domain/person.ts';
import { nextState, type Request } from '../../domain/request.ts';
import type { Run } from '../../domain/run.ts';
import type { ServiceDeps } from '../deps.ts';
import { record } from '../effects.ts';
import { known } from '../known.ts';
import { assertReason } from '../reason.ts';
import { pause } from '../side-by-side.ts';

/** How long a server may take to tell how a target stands, before the word of a person counts. */
const askedSeconds = 8;

/**
 * Ends a fenced request whose targets a person has put right by hand: it fails, and others may have its targets. Refused
 * (`Conflict`, `target-still-fenced`) while a server tells that one of them is neither old nor new; of a server that does not
 * answer or lets us in no more, the person's word is taken, and recorded.
 */
export async function settle(
  deps: ServiceDeps,
  actor: Actor,
  id: RequestId,
  reason: string,
): Promise<Request> {
  assertReason(reason);
  const seen = await known(deps.store.requests.get(id), id);
  assertMaySettle(deps.site, seen, actor.person);
  if (reason === '') {
    throw inputError(
      'reason-missing',
      'What was done by hand is to be said with it.',
      `/refresh settle ${id} --reason "..."`,
      { field: 'reason' },
    );
  }
  const run = await deps.store.runs.ofRequest(id);
  if (seen.state === 'fenced' && run !== undefined) await assertWhole(deps, run);
  const settled = await deps.store.write(async (tx) => {
    const request = await known(tx.requests.lock(id), id);
    if (request.state !== 'fenced' || run === undefined) {
      throw conflict(
        'settle-nothing',
        `${id} is ${request.state}; only a request that is fenced can be settled by hand.`,
        `/refresh status ${id} shows how it stands.`,
        { request: id },
      );
    }
    await tx.runs.end(run.id, deps.now());
    await tx.requests.move(id, 'fenced', nextState(id, 'fenced', 'fail'));
    await record(tx, {
      type: 'run-failed',
      code: 'settled-by-hand',
      cause: `${actor.person.name} has put its target right by hand: ${reason}`,
      hint: 'Its target is free for others. Ask anew when the refresh is still wanted.',
      targetTouched: true,
      request: id,
      run: run.id,
      actor: actor.person.id,
      front: actor.front,
    });
    return { ...request, state: 'failed' as const };
  });
  if (run !== undefined) await clear(deps, run);
  return settled;
}

async function assertWhole(deps: ServiceDeps, run: Run): Promise<void> {
  const plan = run.plan as Plan | undefined;
  for (const item of plan?.items ?? []) {
    const asked = new AbortController();
    const told = async () => deps.engine(item.server).standing(deps.access(item.server), item, run.id);
    const stands = await Promise.race([
      told().catch((error: unknown) => {
        deps.log.warn(
          { err: error, run: run.id, database: item.database },
          'a target could not be looked at',
        );
        return undefined;
      }),
      pause(askedSeconds, asked.signal).then(() => undefined),
    ]);
    asked.abort();
    if (stands !== 'fenced') continue;
    throw conflict(
      'target-still-fenced',
      `"${item.databaseName}" on "${item.server}" is still neither the old nor the new database; settled is what is wholly one of both and open.`,
      'Put it right first: docs/troubleshooting.md tells how. Or press Retry, which tries it again.',
      { database: item.database },
    );
  }
}

/** What still runs on its hosts ends, as far as they can be reached now; the sweep comes by for the rest. */
async function clear(deps: ServiceDeps, run: Run): Promise<void> {
  const plan = run.plan as Plan | undefined;
  for (const host of new Set(plan?.items.map((item) => item.host))) {
    try {
      await deps.program(host).sweep(run.id, run.fence);
    } catch (error) {
      deps.log.warn({ err: error, host, run: run.id }, 'what a settled run had left is swept later');
    }
  }
}
