import { execute, type Outcome } from '../../../runners/execute.ts';
import { type Plan, type Step, unchangedSteps } from '../../../runners/plan.ts';
import { contentsOf, contentsText } from '../../domain/backup.ts';
import { conflict, isFreshetError } from '../../domain/errors.ts';
import type { Request, RequestItem } from '../../domain/request.ts';
import { nextState, type Transition } from '../../domain/request.ts';
import type { Run } from '../../domain/run.ts';
import type { Job } from '../../queue/queue.ts';
import { asDeclaredNow } from '../backups/binding.ts';
import { storeCheckpoint } from './checkpoint.ts';
import type { ServiceDeps } from '../deps.ts';
import { itemContext } from '../item-context.ts';
import { nudge, whyNot } from './dispatch.ts';
import { breakOffHooks, concludeHooks } from './call-again.ts';
import { ending, transitionOf } from './ending.ts';
import { callHook, hooksAfter } from './hooks.ts';
import { record } from '../effects.ts';
import { keptText, keptUntil } from './kept.ts';
import { strict, withPeople } from '../people/people.ts';

/**
 * Takes a run one slice further: leases it, makes its plan if there is none, walks it, and records how the slice
 * ended. Does nothing when another worker has the run or it is over. `signal` ends the slice; what runs on hosts goes on.
 */
export async function advance(deps: ServiceDeps, job: Job, signal: AbortSignal): Promise<void> {
  const leased = await lease(deps, job);
  if (leased === undefined) return;
  const { run, request } = leased;
  const slice = new AbortController();
  const stop = () => slice.abort();
  signal.addEventListener('abort', stop, { once: true });
  const renewal = setInterval(
    () => {
      void renew(deps, run, slice);
    },
    (deps.pace.leaseSeconds * 1000) / 3,
  );
  try {
    const planned = await planOf(deps, request, run);
    if ('refused' in planned && planned.earlier === undefined) {
      await refusedBeforeItBegan(deps, request, run, planned.refused);
      return;
    }
    const [plan, forbidden] =
      'refused' in planned ? [planned.earlier!, planned.refused] : [planned, undefined];
    const outcome = await execute(plan, {
      checkpoint: storeCheckpoint(deps, request, run, plan),
      fence: run.fence,
      attempt: run.attempt,
      engine: deps.engine,
      access: deps.access,
      program: deps.program,
      call: (step, ends) => callHook(deps, request.environment, step, ends),
      signal: slice.signal,
      sliceSeconds: deps.pace.sliceSeconds,
      ...(forbidden === undefined
        ? { keepsFailed: keptUntil(deps.site, request, deps.now()) > deps.now() }
        : { forbidden }),
    });
    await conclude(deps, request, run, outcome);
  } catch (error) {
    await interrupted(deps, request, run, error);
  } finally {
    clearInterval(renewal);
    signal.removeEventListener('abort', stop);
  }
}

/**
 * Gives up every run that this worker still has, for the end of its process: what it is still waiting for there (a dead host)
 * would keep the run from others until the lease ends. It can write nothing more of it; hosts know it by its fence.
 */
export async function handOn(deps: ServiceDeps): Promise<void> {
  const mine = (await deps.store.runs.active()).filter(({ worker }) => worker === deps.worker);
  for (const run of mine) await deps.store.write((tx) => tx.runs.yieldLease(run.id, deps.worker));
  for (const run of mine) if (!(await nudge(deps, run))) return;
}

async function lease(deps: ServiceDeps, job: Job): Promise<{ run: Run; request: Request } | undefined> {
  const before = await deps.store.runs.get(job.run);
  if (before === undefined || !before.active) return undefined;
  const request = await deps.store.requests.get(before.request);
  // Only a person resumes what is fenced. Of what has succeeded a run is active for its hooks alone.
  if (request?.state !== 'running' && request?.state !== 'succeeded') return undefined;
  let takenOver = false;
  const run = await deps.store.write(async (tx) => {
    const taken = await tx.runs.lease(job.run, deps.worker, deps.pace.leaseSeconds);
    if (taken === undefined) return undefined;
    takenOver = before.worker !== undefined && before.worker !== deps.worker;
    if (takenOver) {
      await record(tx, {
        type: 'run-resumed',
        attempt: taken.attempt,
        worker: deps.worker,
        fence: taken.fence,
        request: request.id,
        run: taken.id,
      });
    }
    return taken;
  });
  if (takenOver) deps.measure?.({ type: 'run-taken-over', environment: request.environment });
  return run === undefined ? undefined : { run, request };
}

async function renew(deps: ServiceDeps, run: Run, slice: AbortController): Promise<void> {
  try {
    const still = await deps.store.write(async (tx) => {
      const before = await tx.runs.lock(run.id);
      if (before?.worker !== deps.worker || before.fence !== run.fence) return false;
      const now = await tx.runs.lease(run.id, deps.worker, deps.pace.leaseSeconds);
      if (now?.fence === run.fence) return true;
      // It had ended, and would be ours under a fence that this slice does not have: whoever comes next goes on at once.
      await tx.runs.yieldLease(run.id, deps.worker);
      return false;
    });
    if (!still) slice.abort();
  } catch (error) {
    deps.log.warn({ err: error, run: run.id }, 'the lease could not be renewed; it is tried again');
  }
}

/**
 * The plan of this attempt: made once, then read, so that every worker walks the same one. This worker's site file and the
 * catalogue of this moment go into it: it is made only where they are exactly what was approved. Where they are not, the plan
 * of the attempt before tells what may have to be taken back: a run that was fenced left its targets as they happened to be.
 */
async function planOf(
  deps: ServiceDeps,
  request: Request,
  run: Run,
): Promise<Plan | { refused: Explanation; earlier: Plan | undefined }> {
  const earlier = run.plan as Plan | undefined;
  if (earlier?.attempt === run.attempt) return earlier;
  try {
    const objection = await whyNot(await withPeople(deps, strict), request);
    if (objection === undefined) return await makePlan(deps, request, run, earlier);
    return {
      refused: {
        code: 'approval-outdated',
        cause: objection.why,
        hint: 'Retry asks for the approval anew; all processes must have the same site file.',
      },
      earlier,
    };
  } catch (error) {
    if (!isFreshetError(error) || error.kind === 'Unavailable' || error.kind === 'Fenced') throw error;
    return { refused: { code: error.code, cause: error.message, hint: error.hint }, earlier };
  }
}

type Explanation = { code: string; cause: string; hint: string };

/** Nothing has begun: the run ends, and its target is as it was. */
async function refusedBeforeItBegan(
  deps: ServiceDeps,
  request: Request,
  run: Run,
  explanation: Explanation,
): Promise<void> {
  await ending(deps, request, run, 'failed', async (tx) => {
    await tx.runs.end(run.id, deps.now());
    await tx.requests.move(request.id, 'running', nextState(request.id, 'running', 'fail'));
    const about = { request: request.id, run: run.id };
    await record(tx, { type: 'run-failed', ...explanation, targetTouched: false, ...about });
  });
}

/** What was approved, as the catalogue has it; a file that was replaced since is not. */
async function approvedBackup(deps: ServiceDeps, { id, checksum }: NonNullable<RequestItem['backup']>) {
  const found = await deps.store.backups.get(id);
  if (found?.checksum === checksum) return { ...found, checksum };
  throw conflict(
    'approval-outdated',
    `Backup ${id} is not the file that was approved any more.`,
    'Retry asks for the approval anew.',
    { field: 'backup' },
  );
}

async function makePlan(
  deps: ServiceDeps,
  request: Request,
  run: Run,
  earlier: Plan | undefined,
): Promise<Plan> {
  const parts = await Promise.all(
    request.items.map(async (item) => {
      const backup = item.backup === undefined ? undefined : await approvedBackup(deps, item.backup);
      const undone = item.undoes === undefined ? [] : await deps.store.swaps.ofRun(item.undoes);
      const undoes = undone.find((swap) => swap.database === item.database);
      const context = itemContext(deps, item, {
        kind: request.kind,
        environment: request.environment,
        request: request.id,
        run: run.id,
        ...(backup === undefined ? {} : { backup }),
        ...(undoes === undefined ? {} : { undoes }),
      });
      const part = deps.engine(item.server).steps(context);
      return {
        ...part,
        ...(backup === undefined
          ? {}
          : { contents: contentsText(contentsOf(asDeclaredNow(deps.site, backup))) }),
      };
    }),
  );
  const plan: Plan = {
    version: 1,
    kind: request.kind,
    request: request.id,
    run: run.id,
    attempt: run.attempt,
    items: parts.map((part) => part.item),
    contents: Object.fromEntries(
      parts.flatMap(({ item, contents }) => (contents === undefined ? [] : [[item.database, contents]])),
    ),
    steps: [...parts.flatMap((part): Step[] => part.steps), ...hooksAfter(deps, request, run)],
  };
  const made = earlier === undefined ? plan : { ...plan, unchanged: unchangedSteps(earlier, plan) };
  await deps.store.write((tx) => tx.runs.plan(run.id, made));
  return made;
}

/** Writes down how the slice ended: the run's end and the request's transition are one transaction. */
async function conclude(deps: ServiceDeps, request: Request, run: Run, outcome: Outcome): Promise<void> {
  if (outcome.end === 'waiting') {
    await deps.store.write((tx) => tx.runs.yieldLease(run.id, deps.worker));
    await nudge(deps, run);
    return;
  }
  if (request.state === 'succeeded') return concludeHooks(deps, request, run, outcome);
  const at = deps.now();
  const about = { request: request.id, run: run.id };
  await ending(deps, request, run, outcome.end, async (tx) => {
    const transition: Transition = transitionOf[outcome.end];
    // A fenced run keeps its targets: nobody else may come near them before somebody has looked and it was resumed.
    if (outcome.end === 'fenced') await tx.runs.yieldLease(run.id, deps.worker);
    else await tx.runs.end(run.id, at);
    await tx.requests.move(request.id, 'running', nextState(request.id, 'running', transition));
    if (outcome.end === 'succeeded') {
      const seconds = (at.getTime() - run.startedAt.getTime()) / 1000;
      await record(tx, { type: 'run-succeeded', seconds, ...about });
      if (outcome.hook !== undefined) await record(tx, { type: 'hook-failed', ...outcome.hook, ...about });
    } else if (outcome.end === 'cancelled') {
      await record(tx, { type: 'request-cancelled', ...about });
    } else {
      const { code, cause, hint, step } = outcome;
      const host =
        step.kind === 'exec'
          ? step.host
          : step.kind === 'act'
            ? deps.site.servers[step.server]?.host
            : undefined;
      const what = { code, cause, hint, step: step.id, ...(host === undefined ? {} : { host }), ...about };
      if (outcome.end === 'fenced') {
        const unseen = outcome.unseen === undefined ? {} : { unseen: outcome.unseen };
        await record(tx, { type: 'run-fenced', ...what, ...unseen });
      } else {
        await record(tx, {
          type: 'run-failed',
          ...what,
          hint: `${hint}${keptText(deps, request, at, outcome)}`.trim(),
          targetTouched: outcome.targetTouched,
        });
      }
    }
  });
}

/**
 * A slice that ended by an error instead of an outcome: the lease was lost (another worker goes on), or something
 * that this walk stands on is away (the reconciler brings the run back when the lease has ended).
 */
async function interrupted(deps: ServiceDeps, request: Request, run: Run, error: unknown): Promise<void> {
  const about = { run: run.id, request: request.id };
  if (isFreshetError(error, 'Fenced')) {
    deps.log.warn({ ...about, code: error.code }, 'the run was taken over; this worker leaves it alone');
    return;
  }
  deps.log.error({ err: error, ...about }, 'the slice was interrupted');
  deps.measure?.({ type: 'slice-interrupted', environment: request.environment });
  try {
    if (isFreshetError(error, 'Unavailable')) {
      await deps.store.write((tx) => tx.runs.yieldLease(run.id, deps.worker));
    } else await handToPeople(deps, request, run);
  } catch {
    // The store is away too: the lease ends by itself.
  }
}

/**
 * What nobody foresaw would come again with every slice: the run stops and holds its targets, the operators are told, and
 * one of them resumes it.
 */
async function handToPeople(deps: ServiceDeps, request: Request, run: Run): Promise<void> {
  if (request.state === 'succeeded') return breakOffHooks(deps, request, run);
  await ending(deps, request, run, 'fenced', async (tx) => {
    await tx.runs.yieldLease(run.id, deps.worker);
    await tx.requests.move(request.id, 'running', nextState(request.id, 'running', 'fence'));
    await record(tx, {
      type: 'run-fenced',
      code: 'run-broke',
      cause: 'Freshet itself hit a fault that nobody foresaw; the run stopped where it was.',
      hint: 'The log of the worker has it. Retry goes on from there.',
      unseen: true,
      request: request.id,
      run: run.id,
    });
  });
}
