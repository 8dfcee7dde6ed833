import type { Outcome } from '../../../runners/execute.ts';
import type { Plan } from '../../../runners/plan.ts';
import { assertMayRetry } from '../../domain/access.ts';
import { assertMayDecide, decidersText } from '../../domain/deciding.ts';
import { conflict } from '../../domain/errors.ts';
import { hookEvents, openHookFailure, type HookFailure } from '../../domain/hook.ts';
import type { RequestId } from '../../domain/ids.ts';
import { environmentNamed } from '../../domain/lookup.ts';
import type { Actor } from '../../domain/person.ts';
import { targetsOf, type Request } from '../../domain/request.ts';
import type { Run } from '../../domain/run.ts';
import type { StoreTransaction } from '../../store/store.ts';
import type { ServiceDeps } from '../deps.ts';
import { by, record } from '../effects.ts';
import { known } from '../known.ts';
import { nudge } from './dispatch.ts';
import { ending } from './ending.ts';
import { hooksAfter } from './hooks.ts';
import { hooksNow, type HooksNow } from './hooks-now.ts';
import { whyWait } from './waits.ts';

// Hooks that failed behind the swaps, called once more. The request has succeeded and stays so: a further attempt of its run holds its targets
// while they last, so that nothing is swapped under a migration, and does nothing else.

/** Whether a hook of the request failed, and nothing has come of that since. */
export async function hasOpenHooks(deps: ServiceDeps, id: RequestId): Promise<boolean> {
  return openHookFailure(await deps.store.events.ofRequest(id, hookEvents)) !== undefined;
}

/**
 * Calls what failed and what stood behind it, by the rights of a retry. Where the site file has corrected them since, they are called so for who
 * agrees to exactly that: `agreed` is the digest that the refusal gave, or its beginning. Throws Conflict: `hooks-outdated` where what it put in
 * place is not live any more, `hooks-changed` (with that digest as `changed`) where nobody has agreed to what they are now, `hooks-waiting` where
 * another run has a target, or a hold or a freeze window keeps the environment as it is.
 */
export async function callAgain(
  deps: ServiceDeps,
  actor: Actor,
  id: RequestId,
  agreed?: string,
): Promise<Request> {
  const earlier = await deps.store.runs.ofRequest(id);
  if (earlier === undefined) throw new Error(`${id} has succeeded without a run`);
  const [request, run] = await deps.store.write(async (tx) => {
    const locked = await known(tx.requests.lock(id), id);
    assertMayRetry(deps.site, locked, actor.person);
    const failure = openHookFailure(await tx.events.ofRequest(id, hookEvents));
    if (failure === undefined || failure.again) throw underWay(id);
    const [wait] = (await whyWait(deps, locked, tx)).filter(({ kind }) => kind !== 'window');
    if (wait !== undefined) throw waits(id, wait.why);
    const made = await tx.runs.again(earlier.id, targetsOf(locked), deps.now());
    if ('behind' in made) throw waits(id, `${made.behind} has the same target`);
    // Nobody can swap there from here on.
    await assertLive(deps, locked, earlier);
    const plan = made.run.plan as Plan;
    const current = hooksAfter(deps, locked, made.run, made.run.attempt);
    const now = hooksNow([failure.hook, ...failure.left], plan.steps, current);
    if (now.changes.length > 0) assertAgreed(deps, locked, actor, now, agreed);
    await planAgain(tx, made.run, now);
    await record(tx, {
      type: 'hooks-retried',
      hooks: now.steps.map(({ id: step }) => step.slice('hook.'.length)),
      ...(now.changes.length === 0 ? {} : { changed: now.changes }),
      ...by(locked, actor),
      run: earlier.id,
    });
    return [locked, made.run] as const;
  });
  await nudge(deps, run);
  return request;
}

/** A plan of these hooks alone; what was recorded of them counts no more. */
async function planAgain(tx: StoreTransaction, run: Run, { steps: called }: HooksNow): Promise<void> {
  const { unchanged: _unchanged, ...plan } = run.plan as Plan;
  const steps = [...called, ...plan.steps.filter(({ stage }) => stage === 'tidy')];
  await tx.runs.forgetSteps(
    run.id,
    steps.map(({ id }) => id),
  );
  await tx.runs.plan(run.id, { ...plan, attempt: run.attempt, steps });
}

/**
 * What is not as it was approved is called only for who has seen what it is now. Where the request took a yes, that is one more: of somebody who
 * may decide on it, and did not ask for it.
 */
function assertAgreed(
  { site }: ServiceDeps,
  request: Request,
  actor: Actor,
  { steps, changes, digest }: HooksNow,
  agreed: string | undefined,
): void {
  const { id, environment } = request;
  const message = `Hooks of ${id} are not what was approved with it: ${changes.join('; ')}.`;
  if (steps.length === 0) {
    const hint = `Do by hand what they did; /refresh acknowledge ${id} says that it is seen to.`;
    throw conflict('hooks-changed', message, hint, { request: id });
  }
  if (agreed === undefined || !digest.startsWith(agreed)) {
    const whose = request.needsApproval
      ? ` That is a decision on it, of somebody else than its requester: ${decidersText(site, request.terms.stages, environment)}.`
      : '';
    const hint = `/refresh retry ${id} --changed ${digest.slice(0, markLength)} calls them as they are now.${whose}`;
    throw conflict('hooks-changed', message, hint, { request: id, changed: digest });
  }
  if (request.needsApproval)
    assertMayDecide(site, request, environmentNamed(site, environment), actor.person);
}

/** Of a digest so much is typed. */
const markLength = 8;

/** A migration belongs into what this request brought, and into nothing that came after it. */
async function assertLive({ store }: ServiceDeps, request: Request, run: Run): Promise<void> {
  for (const { server, databaseName } of request.items) {
    const latest = await store.swaps.latest(server, databaseName);
    if (latest?.run === run.id) continue;
    throw conflict(
      'hooks-outdated',
      `"${databaseName}" is not what ${request.id} put there any more; its hooks are not called for it.`,
      latest === undefined ? 'Ask anew.' : `/refresh status ${latest.request} shows what is there now.`,
      { request: request.id },
    );
  }
}

function underWay(id: RequestId): Error {
  return conflict('hooks-under-way', `The hooks of ${id} are being called.`, `/refresh status ${id}`, {
    request: id,
  });
}

function waits(id: RequestId, why: string): Error {
  return conflict(
    'hooks-waiting',
    `The hooks of ${id} can't be called now: ${why}.`,
    'Try again when that is over.',
    {
      request: id,
    },
  );
}

/** Writes down what came of them. */
export async function concludeHooks(
  deps: ServiceDeps,
  request: Request,
  run: Run,
  outcome: Exclude<Outcome, { end: 'waiting' }>,
): Promise<void> {
  const hooks = hooksIn(run);
  if (outcome.end === 'succeeded') return conclude(deps, request, run, outcome.hook);
  // Nothing of them was called where the host refuses the run.
  const why =
    outcome.end === 'cancelled'
      ? { code: 'hook-left', cause: 'It was cancelled.', hint: '' }
      : { code: outcome.code, cause: outcome.cause, hint: outcome.hint };
  const [hook = '', ...left] = hooks;
  return conclude(deps, request, run, { hook, ...why, left });
}

/** A fault that nobody foresaw: it would come again with every slice. */
export async function breakOffHooks(deps: ServiceDeps, request: Request, run: Run): Promise<void> {
  const [hook = '', ...left] = hooksIn(run);
  const cause = 'Freshet itself hit a fault that nobody foresaw.';
  const hint = 'The log of the worker has it. Do by hand what the hook does.';
  return conclude(deps, request, run, { hook, code: 'run-broke', cause, hint, left });
}

async function conclude(
  deps: ServiceDeps,
  request: Request,
  run: Run,
  failure: HookFailure | undefined,
): Promise<void> {
  const about = { request: request.id, run: run.id };
  await ending(deps, request, run, 'hooks', async (tx) => {
    await tx.runs.end(run.id, deps.now());
    if (failure === undefined) await record(tx, { type: 'hooks-done', hooks: hooksIn(run), ...about });
    else await record(tx, { type: 'hook-failed', ...failure, ...about });
  });
}

function hooksIn({ plan }: Run): string[] {
  return (plan as Plan).steps.flatMap((step) =>
    'hook' in step && step.hook !== undefined ? [step.hook] : [],
  );
}
