import { keepText } from '../../domain/amounts.ts';
import type { Misfit, Seal } from '../../domain/seal.ts';
import type { Store, Told } from '../../store/store.ts';

/** The shortest time that can be configured. */
const leastSeconds = 365.25 * 86_400;
/** How long after a removal a message may still not know of it: it was being written. */
const slackMs = 86_400_000;

/**
 * Looks at removals of seals' events: each must be written down exactly once, have its time behind it, and be in keeping with what
 * people were told before and afterwards. `keepSeconds` is what the site file says now, which may be another time than then: what was
 * removed sooner is remarked.
 */
export async function removals({ seals }: Pick<Store, 'seals'>, keepSeconds?: number) {
  const told = await seals.told();
  const shorter = new Set<number | 'unknown'>();

  return {
    /** Undefined where the events of the seal were removed as they should have been; `missing` where nothing says so. */
    async misfit(seal: Seal): Promise<Misfit | 'missing' | undefined> {
      const [removal, again] = await seals.prunesOf(seal.number);
      if (removal === undefined) return 'missing';
      const { at, ahead, through, events, keepSeconds: under } = removal;
      const says = (why: string) => ({
        seal: seal.number,
        says: `the events of seal ${seal.number} were removed, and ${why}`,
      });
      if (again !== undefined || ahead || through !== seal.through || events !== seal.count) {
        return says('what was written down of it is not what can have happened');
      }
      const before = told.findLast((head) => head.at <= at && head.keeps !== undefined)?.keeps;
      const known = [under, before === 'ever' ? Infinity : before].filter((one) => typeof one === 'number');
      const needed = Math.max(leastSeconds, ...known);
      const age = (at.getTime() - seal.at.getTime()) / 1000;
      if (age < needed) {
        return says(`at ${at.toISOString()} it was younger than events had to be kept (${keepText(needed)})`);
      }
      const silent = told.find(
        (head) => head.at.getTime() > at.getTime() + slackMs && (head.prunedTo ?? 0) < seal.number,
      );
      if (silent !== undefined) return says(toldOtherwise(silent, at));
      if (keepSeconds !== undefined && (under ?? age) < keepSeconds) shorter.add(under ?? 'unknown');
      return undefined;
    },

    /** What is no misfit, and yet worth a look. */
    remarks: (): string[] =>
      [...shorter].map((under) => {
        const then =
          under === 'unknown'
            ? 'under a retention that is not known'
            : `when they were to be kept ${keepText(under)}`;
        return `events were removed ${then}; the site file says ${keepText(keepSeconds!)}`;
      }),
  };
}

function toldOtherwise({ at, prunedTo }: Told, removedAt: Date): string {
  const upTo = prunedTo === undefined ? 'of none' : `up to seal ${prunedTo} only`;
  return `the message of ${at.toISOString()} told of removed events ${upTo}: they were not gone at ${removedAt.toISOString()}`;
}
