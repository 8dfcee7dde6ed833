import type { Request } from '../../domain/request.ts';
import type { Run } from '../../domain/run.ts';
import type { StoreTransaction } from '../../store/store.ts';
import type { ServiceDeps } from '../deps.ts';

/** What becomes of the request by how its run ended. */
export const transitionOf = {
  succeeded: 'succeed',
  cancelled: 'cancel',
  failed: 'fail',
  fenced: 'fence',
} as const;

/** Writes down how a run ended, unless another worker has it now or it is over; `hooks`: those of one that had succeeded before. */
export async function ending(
  deps: ServiceDeps,
  request: Request,
  run: Run,
  outcome: keyof typeof transitionOf | 'hooks',
  write: (tx: StoreTransaction) => Promise<void>,
): Promise<void> {
  const ended = await deps.store.write(async (tx) => {
    // The request first, as everybody does who needs both: a cancel in the same moment waits, and nobody for each other.
    await tx.requests.lock(request.id);
    const now = await tx.runs.lock(run.id);
    if (now === undefined || !now.active || now.fence !== run.fence) return false;
    await write(tx);
    return true;
  });
  if (!ended) return;
  const seconds = Math.max(0, deps.now().getTime() - run.startedAt.getTime()) / 1000;
  if (outcome === 'hooks') return;
  const { environment, kind } = request;
  deps.measure?.({ type: 'run-ended', environment, kind, outcome, seconds });
}
