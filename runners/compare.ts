import { compareSchemas } from '../src/domain/schema.ts';
import { type ActContext, type Engine, type StepResult, type SwapResult, swapResult } from './engine.ts';
import type { ActStep } from './plan.ts';

/**
 * The act `compare` of an engine: what the new database has otherwise than the live one, and from where on what is written to it is counted,
 * right before the swap, as the old one can't be asked afterwards. What the server does not tell, as `refused` knows its errors, is left
 * out: nothing else depends on it.
 */
export function comparing(
  survey: NonNullable<Engine['survey']>,
  refused: (error: unknown) => boolean,
): (step: ActStep, context: ActContext) => Promise<StepResult> {
  return async (_step, { access, item, signal }) => {
    try {
      const [live, fresh] = await Promise.all([
        survey(access, item.databaseName, signal),
        survey(access, item.newName, signal),
      ]);
      const changed = compareSchemas(live.schema, fresh.schema);
      return 'unknown' in fresh.writes ? { changed } : { changed, writes: fresh.writes };
    } catch (error) {
      if (!refused(error)) throw error;
      return {};
    }
  };
}

/** What the comparison before a swap found, and what was kept; nothing where there was none, as of an undo. */
export function compared({ results, item }: ActContext): Pick<SwapResult, 'changed' | 'writes' | 'keeps'> {
  const { changed, writes } = swapResult(results[`${item.database}.compare`] ?? {});
  const { keeps } = swapResult(results[`${item.database}.keep-rows`] ?? {});
  return {
    ...(changed === undefined ? {} : { changed }),
    ...(writes === undefined ? {} : { writes }),
    ...(keeps === undefined ? {} : { keeps }),
  };
}
