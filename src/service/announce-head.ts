import { localTimeAt } from '../domain/zone.ts';
import type { ServiceDeps } from './deps.ts';

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
      },
      [audit.post === 'jira' ? { front: 'jira', kind: 'sync' } : { front: 'slack-alerts', kind: 'alert' }],
    );
  });
}
