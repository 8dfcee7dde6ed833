import type { EventType } from '../../domain/event.ts';
import {
  genesis,
  hashOf,
  leafBytes,
  leafOf,
  type Misfit,
  type Seal,
  type SealedEvent,
} from '../../domain/seal.ts';
import type { Store } from '../../store/store.ts';
import { receiptMisfit } from './verify-receipts.ts';
import { removals } from './verify-removals.ts';

export type Verdict = {
  misfit?: Misfit;
  /** What was walked through, up to the misfit. */
  seals: number;
  events: number;
  /** The last seal that fits. */
  head?: Pick<Seal, 'number' | 'hash' | 'at' | 'through'>;
  /** Seals whose events retention has removed: their hashes were compared, their events are gone. */
  pruned: number;
  /** Newer events that no seal holds yet. */
  unsealed: boolean;
  /** What is no misfit, and yet worth a look. */
  remarks: string[];
};

type Wanted = {
  /** Numbers of seals; all by default. */
  from?: number;
  to?: number;
  /** A hash that was told of: one of the seals must have it. */
  head?: string;
  /** The retention that the site file says. */
  keepSeconds?: number;
};

type Reads = Pick<Store, 'seals'>;
const page = 50;
/** Numbers in a row without an event: those that transactions take and give up with when they are rolled back are far fewer. */
const leap = 1_000_000;
/** Events that are written down as receipts, too. */
const ofReceipts: readonly EventType[] = ['item-swapped', 'item-put-back'];
/** Below every number that an event can have. */
const lowest = -Number.MAX_SAFE_INTEGER;

/** Walks the chain and all that it seals, a seal at a time, to the first that does not fit. Reads only. */
export async function verify(
  store: Reads,
  { from = 1, to, head, keepSeconds }: Wanted = {},
): Promise<Verdict> {
  const verdict: Verdict = { seals: 0, events: 0, pruned: 0, unsealed: false, remarks: [] };
  const removed = await removals(store, keepSeconds);
  const before = from === 1 ? undefined : (await store.seals.after(from - 2, 1))[0];
  if (from !== 1 && before?.number !== from - 1) {
    return { ...verdict, misfit: { seal: from - 1, says: `seal ${from - 1} is missing` } };
  }
  if (from === 1) {
    const [early] = await store.seals.events({ after: lowest, through: 0 }, 1);
    if (early !== undefined) return { ...verdict, misfit: { event: early.id, says: inserted(early.id) } };
  }
  let last = before;
  let headSeen = head === undefined || before?.hash === head;
  for (let seals = await pageAfter(last); seals.length > 0; seals = await pageAfter(last)) {
    const after = last?.through ?? 0;
    const told: SealedEvent[] = [];
    const gone: Seal[] = [];
    for (const seal of seals) {
      const found = linkMisfit(last, seal) ?? (await contentOf(store, seal, removed));
      if ('says' in found) return { ...verdict, misfit: found };
      if (found.events === undefined) {
        verdict.pruned++;
        gone.push(seal);
      } else {
        verdict.events += seal.count;
        verdict.remarks.push(...leapsIn(seal, found.events));
        told.push(...found.events.filter(({ data }) => ofReceipts.includes(data.type)));
      }
      verdict.seals++;
      verdict.head = seal;
      headSeen ||= seal.hash === head;
      last = seal;
    }
    const misfit = await receiptMisfit(store, { after, through: last!.through }, told, gone);
    if (misfit !== undefined) return { ...verdict, misfit };
  }
  if (!headSeen) {
    const ends = last === undefined ? 'there is no seal' : `it ends with seal ${last.number}, ${last.hash}`;
    return { ...verdict, misfit: { says: `no seal has the hash ${head}; ${ends}` } };
  }
  if (to !== undefined && last !== undefined && last.number < to) {
    return { ...verdict, misfit: { seal: last.number + 1, says: `seal ${last.number + 1} is missing` } };
  }
  const rest = { after: last?.through ?? 0, through: Number.MAX_SAFE_INTEGER };
  verdict.remarks.push(...removed.remarks());
  verdict.unsealed = to === undefined && (await store.seals.events(rest, 1)).length > 0;
  return verdict;

  async function pageAfter(done: Seal | undefined): Promise<Seal[]> {
    const seals = await store.seals.after(done?.number ?? from - 1, page);
    return to === undefined ? seals : seals.filter(({ number }) => number <= to);
  }
}

/** Whether the seal is itself, and stands where it says. */
function linkMisfit(last: Seal | undefined, seal: Seal): Misfit | undefined {
  const number = (last?.number ?? 0) + 1;
  if (seal.number !== number) return { seal: number, says: `seal ${number} is missing` };
  if (seal.count * leafBytes !== seal.leaves.length || hashOf(seal) !== seal.hash) {
    return { seal: number, says: `seal ${number} was changed: its hash is not that of what it says` };
  }
  if (seal.previous !== (last?.hash ?? genesis) || seal.after !== (last?.through ?? 0)) {
    return { seal: number, says: `seal ${number} does not follow the one before it` };
  }
  return undefined;
}

/** The events of a seal, or that retention has removed them. */
async function contentOf(
  store: Reads,
  seal: Seal,
  removed: Awaited<ReturnType<typeof removals>>,
): Promise<Misfit | { events: SealedEvent[] | undefined }> {
  // One more than there may be: what was put in between is seen, however much it is.
  const events = await store.seals.events(seal, seal.count + 1);
  const leaves = Array.from({ length: seal.count }, (_, at) =>
    seal.leaves.subarray(at * leafBytes, (at + 1) * leafBytes).toString('hex'),
  );
  if (events.length === 0) {
    const misfit = await removed.misfit(seal);
    if (misfit !== 'missing') return misfit ?? { events: undefined };
  }
  const found = events.map((event) => leafOf(event).toString('hex'));
  const at = leaves.findIndex((leaf, index) => leaf !== found[index]);
  if (at === -1 && events.length === seal.count) return { events };
  const place = at === -1 ? seal.count : at;
  const event = events[place];
  const { number } = seal;
  if (event === undefined) {
    const where = place === 0 ? `above ${seal.after}` : `behind event ${events[place - 1]!.id}`;
    return { seal: number, says: `an event of seal ${number} is missing, ${where}` };
  }
  const next = leaves[place] === undefined ? -1 : found.indexOf(leaves[place], place);
  if (leaves[place] === undefined || next !== -1) {
    return { seal: number, event: event.id, says: `${inserted(event.id)} (seal ${number})` };
  }
  if (leaves.includes(found[place]!, place)) {
    return {
      seal: number,
      event: event.id,
      says: `an event of seal ${number} is missing, before event ${event.id}`,
    };
  }
  return { seal: number, event: event.id, says: `event ${event.id} is not what seal ${number} holds` };
}

/** Where numbers were passed over that no rolled back transactions can have taken: more can't be told from a gap. */
function leapsIn({ after }: Seal, events: readonly SealedEvent[]): string[] {
  return events.flatMap(({ id }, index) => {
    const before = events[index - 1]?.id ?? after;
    return id - before > leap
      ? [
          `no event is numbered between ${before} and ${id}: the numbering was set forward there, or what it held was removed before it was sealed`,
        ]
      : [];
  });
}

function inserted(id: number): string {
  return `event ${id} was put in afterwards`;
}
