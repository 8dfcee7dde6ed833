import type { Store } from '../../../store/store.ts';
import type { Swap } from '../../../domain/run.ts';
import type { Holds } from './state.ts';

export type Held = { holds: Holds | undefined; swap: Swap | undefined };

/** What the bot's own records say of a target: which backup is in it, since when, and by which request. */
export async function heldBy(store: Store | undefined, server: string, databaseName: string): Promise<Held> {
  const swap = await store?.swaps.latest(server, databaseName);
  if (store === undefined || swap === undefined) return { holds: undefined, swap: undefined };
  const request = await store.requests.get(swap.request);
  const { contents } = swap;
  return {
    swap,
    holds: {
      backup: contents?.id,
      anonymisation: contents?.anonymisation,
      dataAt: contents?.dataAt?.getTime(),
      since: swap.at.getTime(),
      request: swap.request,
      undone: request?.kind === 'undo',
      outageSeconds: swap.outageSeconds,
    },
  };
}
