import type { Leftover } from '../../../runners/engine.ts';
import type { HostLeftover } from '../../../runners/host-program/client.ts';
import { assertAcceptable } from '../../domain/acceptance.ts';
import { isFreshetError } from '../../domain/errors.ts';
import { environmentNamed, placementOf, whereabouts } from '../../domain/lookup.ts';
import type { Request } from '../../domain/request.ts';
import type { Run } from '../../domain/run.ts';
import { asDeclaredNow } from '../backups/binding.ts';
import type { ServiceDeps } from '../deps.ts';
import { keptUntil } from '../runs/kept.ts';

// What dead runs left, on hosts and on servers.

/** Messages of the tools that made a run fail, for who looks into it. */
const messagesSeconds = 7 * 86_400;

/**
 * Folders that runs and readings left on a host, with what still runs of them, leave to read a backup, locks of targets:
 * removed after a grace period, and only by the host program, which knows its own. How long they are idle is told by the host's own clock.
 * Throws where the host can't be asked.
 */
export async function sweepHost(deps: ServiceDeps, host: string): Promise<void> {
  const program = deps.program(host);
  const { now, runs } = await program.runs();
  for (const left of runs) {
    const run = await deps.store.runs.get(left.run);
    if (!(await isOverdue(deps, left, run, now))) continue;
    await apart(deps, { host, run: left.run }, async () => {
      await program.sweep(left.run, run?.fence ?? 0);
      deps.log.info({ host, run: left.run }, 'what a run had left on a host was removed');
    });
  }
}

async function isOverdue(
  deps: ServiceDeps,
  left: HostLeftover,
  run: Run | undefined,
  hostNow: Date,
): Promise<boolean> {
  const { sweepAfterSeconds } = deps.pace;
  const idleSeconds = (hostNow.getTime() - left.changedAt.getTime()) / 1000;
  // Not a run of this store: a reading of a backup, or the work of another installation, of which only what is idle is ours to judge.
  if (run === undefined) return left.folder && !left.running && idleSeconds >= sweepAfterSeconds;
  if (run.endedAt === undefined) return false;
  const overSeconds = (deps.now().getTime() - run.endedAt.getTime()) / 1000;
  if (overSeconds < sweepAfterSeconds) return false;
  if (left.running) return true;
  const failed = (await deps.store.requests.get(run.request))?.state === 'failed';
  return idleSeconds >= (failed && left.folder ? messagesSeconds : sweepAfterSeconds);
}

/** New databases of runs that are over: kept ones when nobody can go on from them any more, others after a grace period. */
export async function sweepServer(deps: ServiceDeps, server: string): Promise<void> {
  await apart(deps, { server }, async () => {
    const engine = deps.engine(server);
    for (const left of await engine.leftovers(deps.access(server))) {
      await apart(deps, { server, run: left.run, database: left.name }, async () => {
        if (!(await giveUp(deps, left, server))) return;
        await engine.dropLeftover(deps.access(server), left);
        deps.log.info({ server, run: left.run, database: left.name }, 'what a run had left was dropped');
      });
    }
  });
}

/** Whether it is to be dropped. Then, with the run locked, no attempt can go on from it any more. */
async function giveUp(deps: ServiceDeps, left: Leftover, server: string): Promise<boolean> {
  const seen = await deps.store.runs.get(left.run);
  // Another installation may work on the same server; what no run of this store made is not ours.
  if (seen === undefined) return false;
  const request = await deps.store.requests.get(seen.request);
  const acceptable = await mayLieThere(deps, request, left, server);
  const steps = await deps.store.runs.steps(left.run);
  return deps.store.write(async (tx) => {
    const run = await tx.runs.lock(left.run);
    if (run === undefined || run.active || run.endedAt === undefined) return false;
    if (left.closed ? isWanted(deps, request, run.endedAt, acceptable) : !isPast(deps, run.endedAt))
      return false;
    await tx.runs.forgetSteps(
      left.run,
      steps.map(({ step }) => step),
    );
    return true;
  });
}

function isPast(deps: ServiceDeps, endedAt: Date): boolean {
  return deps.now().getTime() - endedAt.getTime() >= deps.pace.sweepAfterSeconds * 1000;
}

/** Whether somebody may still retry: the request failed (or waits to run again), its time is not over, and its data may lie there. */
function isWanted(
  deps: ServiceDeps,
  request: Request | undefined,
  endedAt: Date,
  acceptable: boolean,
): boolean {
  if (request === undefined || !['failed', 'pending', 'approved'].includes(request.state)) return false;
  return acceptable && deps.now() < keptUntil(deps.site, request, endedAt);
}

/** Whether what the copy was made from would still be accepted where it lies. */
async function mayLieThere(
  deps: ServiceDeps,
  request: Request | undefined,
  left: Leftover,
  server: string,
): Promise<boolean> {
  const item = request?.items.find((one) => one.server === server && one.databaseName === left.databaseName);
  const backup = item?.backup === undefined ? undefined : await deps.store.backups.get(item.backup.id);
  if (request === undefined || item === undefined || backup === undefined) return false;
  try {
    const environment = environmentNamed(deps.site, request.environment);
    const { host } = whereabouts(deps.site, placementOf(environment, item.database));
    assertAcceptable(environment, host, item.database, asDeclaredNow(deps.site, backup));
    return true;
  } catch (error) {
    if (!isFreshetError(error)) throw error;
    return false;
  }
}

/** A fault of one must not hold up the others; it is tried again with the next round. */
async function apart(deps: ServiceDeps, where: object, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    deps.log.warn(
      { err: error, ...where },
      'what dead runs left could not be looked at or removed; it comes again',
    );
  }
}
