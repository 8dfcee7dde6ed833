import type { StepResult, SwapResult } from '../../../runners/engine.ts';
import type { Checkpoint, TakenResult } from '../../../runners/execute.ts';
import { barrierStage, type Plan, stages, type Step } from '../../../runners/plan.ts';
import { fencedError } from '../../domain/errors.ts';
import { contentsFrom, contentsOf, contentsText, type Contents } from '../../domain/backup.ts';
import type { NewEvent } from '../../domain/event.ts';
import { hookFailureIn } from '../../domain/hook.ts';
import { neutralisedIn } from '../../domain/neutralising.ts';
import type { Request, RequestItem } from '../../domain/request.ts';
import { factsOf } from '../../domain/request-kinds.ts';
import type { Run, Swap } from '../../domain/run.ts';
import type { StoreTransaction } from '../../store/store.ts';
import type { ServiceDeps } from '../deps.ts';
import { record } from '../effects.ts';
import { recordProven, recordTaken, recordUnproven } from './outcomes.ts';
import { whyWait } from './waits.ts';

/** For how long a replaced copy may be kept at most (`keepOld`). */
const longestKeptSeconds = 90 * 86_400;

/** How often progress is written at most; the final value of a step always is. */
const progressEverySeconds = 1;

/**
 * Where a run stands, kept in the store. Each write is one transaction that first makes sure, with the row of the run
 * locked, that this worker still has the lease under this fence: a worker that was frozen and wakes up writes nothing.
 */
export function storeCheckpoint(deps: ServiceDeps, request: Request, run: Run, plan: Plan): Checkpoint {
  let lastProgressAt = 0;

  async function held<T>(work: (tx: StoreTransaction, now: Run) => Promise<T>): Promise<T> {
    return deps.store.write(async (tx) => {
      const now = await tx.runs.lock(run.id);
      if (now === undefined || !now.active || now.fence !== run.fence || now.worker !== deps.worker) {
        throw fencedError(
          'lease-lost',
          `Run "${run.id}" was taken over; this worker has fence "${run.fence}" and the run has "${now?.fence ?? 'none'}".`,
          'Nothing is to be done: the other worker goes on.',
        );
      }
      return work(tx, now);
    });
  }

  function where(step: Step) {
    const server = step.kind === 'act' ? deps.site.servers[step.server] : undefined;
    const host = step.kind === 'exec' ? step.host : server?.host;
    return {
      step: step.id,
      title: step.title,
      ...(host === undefined ? {} : { host }),
      ...(step.database === undefined ? {} : { database: step.database }),
    };
  }

  const about = { request: request.id, run: run.id };
  const startedAt = new Map<string, Date>();

  return {
    steps: () => deps.store.runs.steps(run.id),

    async started(step) {
      const at = deps.now();
      startedAt.set(step.id, at);
      await held(async (tx) => {
        await tx.runs.step({
          run: run.id,
          step: step.id,
          attempt: run.attempt,
          state: 'started',
          startedAt: at,
        });
        await record(tx, { type: 'step-started', ...where(step), ...about });
        // What comes from the barrier on changes the item by its outcome: swapped, put back.
        if (step.database !== undefined && isPreparation(step))
          await tx.requests.item(request.id, step.database, 'preparing');
      });
    },

    async done(step, result) {
      const proven = neutralisedIn(result);
      const more: NewEvent[] =
        proven === undefined || step.database === undefined
          ? []
          : [{ type: 'item-neutralised', database: step.database, held: proven, ...about }];
      const event = (began: Date, at: Date): NewEvent => {
        const seconds = Math.max(0, at.getTime() - began.getTime()) / 1000;
        const hook = hookFailureIn(result);
        if (hook === undefined) return { type: 'step-done', ...where(step), seconds, ...about };
        const { code, cause } = hook;
        return { type: 'step-failed', ...where(step), code, cause, ...about };
      };
      await ended(step, 'done', result, event, more);
    },

    async failed(step, failure) {
      const { code, cause } = failure;
      const event = { type: 'step-failed' as const, ...where(step), code, cause, ...about };
      const blame = (tx: StoreTransaction) => recordUnproven(tx, { request, run }, step, failure, deps.now());
      await ended(step, 'failed', failure, () => event, [], blame);
    },

    async goOn(stand, anew) {
      const records = new Map((await deps.store.runs.steps(run.id)).map((known) => [known.step, known]));
      await held(async (tx) => {
        for (const { id } of stand) {
          const earlier = records.get(id);
          if (earlier !== undefined) await tx.runs.step({ ...earlier, attempt: run.attempt });
        }
        await tx.runs.forgetSteps(
          run.id,
          anew.map(({ id }) => id),
        );
      });
    },

    takenBack: (steps) =>
      held((tx) =>
        tx.runs.forgetSteps(
          run.id,
          steps.map(({ id }) => id),
        ),
      ),

    async progress(step, fraction, secondsLeft, note) {
      const at = deps.now();
      if (at.getTime() - lastProgressAt < progressEverySeconds * 1000) return;
      lastProgressAt = at.getTime();
      const { host } = where(step);
      await deps.store.progress({
        run: run.id,
        step: step.id,
        title: step.title,
        fraction,
        at,
        ...(host === undefined ? {} : { host }),
        ...(secondsLeft === undefined ? {} : { secondsLeft }),
        ...(note === undefined ? {} : { note }),
      });
    },

    async transferTurn(database, between) {
      const limits = Object.fromEntries(
        Object.values(deps.site.hosts).flatMap(({ name, transfers }) =>
          transfers === undefined ? [] : [[name, transfers]],
        ),
      );
      const full = await held((tx) => tx.runs.takeTransfer({ run: run.id, database, ...between }, limits));
      if (full === undefined) return undefined;
      const { host, underWay } = full;
      return `waits its turn: host ${host} takes part in ${underWay} ${underWay === 1 ? 'transfer' : 'transfers'}, and in no more`;
    },

    transferDone: (database, between) =>
      held(async (tx) => {
        const travel = await tx.runs.giveTransfer(run.id, database);
        const steps = await deps.store.runs.steps(run.id);
        const done = new Set(steps.flatMap(({ step, state }) => (state === 'done' ? [step] : [])));
        const open = plan.steps.flatMap(({ id, stage, database: whose }) =>
          isTravel(stage) && whose !== undefined && !done.has(id) ? [whose] : [],
        );
        const left = [...new Set([...open, ...travel])].filter((name) => name !== database);
        await record(tx, { type: 'item-moved', database, ...between, left, ...about });
      }),

    cancelled: () =>
      held(async (_tx, now) => now.cancelRequestedAt !== undefined && now.barrierAt === undefined),

    barrier: () =>
      held(async (tx, now) => {
        // Another worker may come here again after the first swap: the barrier is passed once.
        if (now.barrierAt !== undefined) return true;
        if (now.cancelRequestedAt !== undefined) return false;
        await tx.runs.barrier(run.id, deps.now());
        if (deps.site.environments[request.environment] !== undefined) await tellWhatIsPassed(tx);
        return true;
      }),

    itemReady: (database) =>
      held(async (tx) => {
        // Whoever takes over says it again: a worker may have been lost before it could.
        if (!(await tx.requests.item(request.id, database, 'ready', 'preparing'))) return;
        await record(tx, { type: 'item-ready', database, ...about });
      }),

    async itemSwapped(database, result) {
      const swap = await swapOf(database, result);
      await held(async (tx) => {
        // A worker that was lost between the two has said it.
        if (!(await tx.swaps.add(swap))) return;
        await tx.requests.item(request.id, database, 'swapped');
        const { environment, server, databaseName, contents } = swap;
        const event = await record(tx, {
          type: 'item-swapped',
          database,
          kept: swap.keptName,
          outageSeconds: swap.outageSeconds,
          notCarried: [...result.notCarried],
          into: { environment, server, databaseName },
          ...(contents === undefined ? {} : { brought: contentsText(contents) }),
          ...(result.keeps === undefined || result.keeps.length === 0 ? {} : { keeps: [...result.keeps] }),
          ...(result.changed === undefined ? {} : { changed: result.changed }),
          ...about,
        });
        await tx.receipts.add(run.id, database, event);
      });
    },

    itemTaken: (database, result) =>
      held((tx) => recordTaken(tx, { request, run, database }, result as TakenResult, deps.now())),

    itemProven: (database) => held((tx) => recordProven(tx, { request, run, database }, deps.now())),

    itemPutBack: (database) =>
      held(async (tx) => {
        await tx.swaps.remove(run.id, database);
        await tx.requests.item(request.id, database, 'put-back');
        const event = await record(tx, { type: 'item-put-back', database, ...about });
        await tx.receipts.putBack(run.id, database, event);
      }),
  };

  async function ended(
    step: Step,
    state: 'done' | 'failed',
    result: StepResult | undefined,
    eventOf: (began: Date, at: Date) => NewEvent,
    more: readonly NewEvent[] = [],
    also: (tx: StoreTransaction) => Promise<void> = async () => {},
  ): Promise<void> {
    const at = deps.now();
    const began = startedAt.get(step.id) ?? (await begun(step.id)) ?? at;
    await held(async (tx) => {
      await tx.runs.step({
        run: run.id,
        step: step.id,
        attempt: run.attempt,
        state,
        startedAt: began,
        endedAt: at,
        ...(result === undefined ? {} : { result }),
      });
      for (const event of [eventOf(began, at), ...more]) await record(tx, event);
      await also(tx);
    });
    measure(step, hookFailureIn(result) === undefined ? state : 'failed', began, at);
  }

  /** A swap waits for nobody: whoever holds the environment is told themselves. The times to start within are about the start only. */
  async function tellWhatIsPassed(tx: StoreTransaction): Promise<void> {
    const passed = (await whyWait(deps, request, tx)).filter(({ kind }) => kind !== 'window');
    if (passed.length === 0) return;
    const holders = new Set(passed.flatMap((one) => (one.kind === 'hold' ? [one.hold.by] : [])));
    const event = { type: 'swap-not-waiting' as const, passed: passed.map(({ why }) => why), ...about };
    await record(tx, event, [...holders]);
  }

  function measure(step: Step, outcome: 'done' | 'failed', began: Date, ended: Date): void {
    deps.measure?.({
      type: 'step-ended',
      environment: request.environment,
      stage: step.stage,
      outcome,
      seconds: Math.max(0, ended.getTime() - began.getTime()) / 1000,
      ...(step.database === undefined ? {} : { database: step.database }),
    });
  }

  async function begun(step: string): Promise<Date | undefined> {
    return (await deps.store.runs.steps(run.id)).find((known) => known.step === step)?.startedAt;
  }

  async function swapOf(database: string, result: SwapResult): Promise<Swap> {
    const item = plan.items.find((candidate) => candidate.database === database);
    const asked = request.items.find((candidate) => candidate.database === database);
    if (item === undefined || asked === undefined)
      throw new Error(`no item "${database}" in the plan of ${run.id}`);
    const before = await deps.store.swaps.latest(item.server, item.databaseName);
    // After a crash between swap and record, the newest swap may be this one already.
    const earlier = before?.run === run.id ? undefined : before;
    const brings = factsOf(request.kind).brings;
    const live = brings === 'kept-copy' ? earlier?.keptContents : await broughtTo(asked);
    const at = deps.now();
    // It is swapped: that must be written down also where the environment is gone from the site file.
    const keep = deps.site.environments[request.environment]?.keepOldSeconds ?? longestKeptSeconds;
    return {
      run: run.id,
      request: request.id,
      database,
      environment: request.environment,
      server: item.server,
      databaseName: item.databaseName,
      target: item.target,
      at,
      liveRef: result.liveRef,
      keptRef: result.keptRef,
      keptName: item.oldName,
      keptUntil: new Date(at.getTime() + keep * 1000),
      outageSeconds: result.outageSeconds,
      ...(live === undefined ? {} : { contents: live }),
      ...(result.writes === undefined ? {} : { writes: result.writes }),
      ...(earlier?.contents === undefined ? {} : { keptContents: earlier.contents }),
    };
  }

  /** As the plan has it, which was made when what was approved was looked at last: the file may be another by now. */
  async function broughtTo({ database, backup }: RequestItem): Promise<Contents | undefined> {
    const planned = plan.contents?.[database];
    if (planned !== undefined || backup === undefined) return planned && contentsFrom(planned);
    const found = await deps.store.backups.get(backup.id);
    if (found === undefined) return undefined;
    const { dataAt: _dataAt, takenAt: _takenAt, ...rest } = contentsOf({ ...found, ...backup });
    // Of a file that was replaced neither moment nor kind is known.
    return found.checksum === backup.checksum
      ? contentsOf({ ...found, ...backup })
      : { ...rest, anonymisation: 'raw', scope: 'full' };
  }
}

/** Whether backups go from one host to another in it. */
function isTravel(stage: Step['stage']): boolean {
  return stage === 'fetch' || stage === 'send';
}

function isPreparation(step: Step): boolean {
  return stages.indexOf(step.stage) < stages.indexOf(barrierStage);
}
