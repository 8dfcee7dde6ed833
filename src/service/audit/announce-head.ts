import { localTimeAt } from '../../domain/zone.ts';
import type { ServiceDeps } from '../deps.ts';

const note = 'audit-head';

/**
 * Tells of the newest seal, where the site file says, once a day from its hour on; by however many processes. What others have read
 * can't be taken back: who shortens the log afterwards is found out. The first time is the day after the first start.
 */
export async function announceHead({ site: { audit }, store, now }: ServiceDeps): Promise<void> {
  if (audit.post === 'none') return;
  const { year, month, day, hour, minute } = localTimeAt(now(), audit.timeZone);
  const today = [year, month, day].map((part) => String(part).padStart(2, '0')).join('-');
  const told = await store.note(note);
  if (told === undefined) {
    await store.write((tx) => tx.notes.set(note, today));
    return;
  }
  if (typeof told !== 'string' || told >= today || hour * 60 + minute < audit.atMinute) return;
  const head = await store.seals.latest();
  if (head === undefined) return;
  const pruned = await store.seals.pruned();
  const overdue = await overdueEvents({ site: { audit }, store, now });
  await store.write(async (tx) => {
    // Whoever sets it first tells of it; all others wait for that transaction and find it set.
    if (!(await tx.notes.set(note, today))) return;
    const { number: seal, hash, through, at } = head;
    await tx.events.append(
      {
        type: 'head-announced',
        seal,
        hash,
        through,
        sealedAt: at.toISOString(),
        keeps: audit.keepSeconds ?? 'ever',
        ...(pruned === undefined ? {} : { prunedTo: pruned.seal }),
        ...(overdue === 0 ? {} : { overdue }),
      },
      [audit.post === 'jira' ? { front: 'jira', kind: 'sync' } : { front: 'slack-alerts', kind: 'alert' }],
    );
  });
}

/** How many events are older than `audit.keep` and still there: nothing but their owner's `prune` removes them. */
export async function overdueEvents({
  site: { audit },
  store,
  now,
}: Pick<ServiceDeps, 'store' | 'now'> & { site: Pick<ServiceDeps['site'], 'audit'> }): Promise<number> {
  if (audit.keepSeconds === undefined) return 0;
  return store.seals.sealedBefore(new Date(now().getTime() - audit.keepSeconds * 1000));
}
