import { setTimeout as sleep } from 'node:timers/promises';
import { isFreshetError } from '../../src/domain/errors.ts';
import { SliceOver } from './ending.ts';

/**
 * Repeats `work` while its outcome is unknown (`Unavailable`): a lost connection says nothing of what was asked over
 * it, and all that is asked for may be repeated. Ends with `SliceOver` when the slice is over or the signal is given;
 * any other error passes through.
 */
export async function patiently<T>(
  walk: { deadline: number; signal: AbortSignal },
  work: () => Promise<T>,
): Promise<T> {
  for (let pause = 200; ; pause = Math.min(3000, pause * 2)) {
    if (walk.signal.aborted) throw new SliceOver();
    try {
      return await work();
    } catch (error) {
      if (walk.signal.aborted && !isFreshetError(error, 'Fenced')) throw new SliceOver();
      if (!isFreshetError(error, 'Unavailable')) throw error;
      if (Date.now() + pause > walk.deadline) throw new SliceOver();
    }
    try {
      await sleep(pause, undefined, { signal: walk.signal });
    } catch {
      throw new SliceOver();
    }
  }
}
