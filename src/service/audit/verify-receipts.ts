import { isDeepStrictEqual } from 'node:util';
import { contentsFrom } from '../../domain/backup.ts';
import type { Misfit, SealedEvent } from '../../domain/seal.ts';
import type { PutBack, Receipt, Store } from '../../store/store.ts';

type Range = { after: number; through: number };

/**
 * Compares who received what with what the sealed events of a range say: each swap has its receipt, and no receipt says anything else.
 * `gone` are the parts of the range whose events retention has removed.
 */
export async function receiptMisfit(
  { seals }: Pick<Store, 'seals'>,
  range: Range,
  events: readonly SealedEvent[],
  gone: readonly Range[],
): Promise<Misfit | undefined> {
  const { live, back } = await seals.receipts(range);
  const receipts = new Map(live.map((receipt) => [receipt.event, receipt]));
  const told = new Map(events.map((event) => [event.id, event]));
  for (const event of events) {
    const said = saidBy(event);
    if (said === undefined || isDeepStrictEqual(receipts.get(event.id), said)) continue;
    const what = receipts.has(event.id) ? 'is not' : 'does not hold';
    return { event: event.id, says: `what was written down as received ${what} what event ${event.id} says` };
  }
  const isGone = (id: number) => gone.some(({ after, through }) => id > after && id <= through);
  const lone = [...live, ...back].find((one) => !isGone(one.event) && !tellsOf(told.get(one.event), one));
  if (lone === undefined) return undefined;
  return {
    event: lone.event,
    says: `something was written down as received that event ${lone.event} does not say`,
  };
}

/** The receipt that belongs to a swap; undefined for other events, and for those of the time before there were receipts. */
function saidBy({ id, at, run, request, data }: SealedEvent): Receipt | undefined {
  if (data.type !== 'item-swapped' || data.into === undefined || run === undefined || request === undefined)
    return undefined;
  const about = { event: id, at, run, request, database: data.database, ...data.into };
  if (data.brought === undefined) return about;
  const { id: backup, environment: source, database: _database, ...rest } = contentsFrom(data.brought);
  return { ...about, backup, source, ...rest };
}

function tellsOf(event: SealedEvent | undefined, { run, database, ...one }: Receipt | PutBack): boolean {
  const type = 'server' in one ? 'item-swapped' : 'item-put-back';
  return event?.run === run && event.data.type === type && event.data.database === database;
}
