import { durationText } from './amounts.ts';
import { backupMoment, isUsable, newestFirst, type Backup } from './backup.ts';
import type { BackupId } from './ids.ts';

/**
 * Which of the backups that Freshet took into a repository stay. Without a count all stay that are younger than `maxAgeSeconds`; with
 * counts those that one of them holds and that are younger. Days, weeks (from Monday) and months are those of UTC.
 */
export type Retention = {
  /** The newest so many. */
  last?: number;
  /** The newest of each of the newest so many days, weeks and months that have one. */
  daily?: number;
  weekly?: number;
  monthly?: number;
  maxAgeSeconds?: number;
};

/** What becomes of a backup, and why, in plain words. */
export type Verdict = { backup: Backup; stays: boolean; why: string };

/**
 * What becomes of the backups of one database in one repository, the newest first. Only what Freshet took is judged. Whatever the
 * rule says, these stay: what a request needs, the newest that is whole, and the newest that was proven. One that failed its proof takes no other's
 * place, and goes no sooner than it would have: what was asked of it may have been mistyped.
 */
export function judged(
  backups: readonly Backup[],
  rule: Retention,
  { now, needed }: { now: Date; needed: ReadonlySet<BackupId> },
): Verdict[] {
  const own = backups.filter((one) => one.takenBy !== undefined && isUsable(one)).toSorted(newestFirst);
  const sound = own.filter(({ unprovenAt }) => unprovenAt === undefined);
  const [newest] = sound;
  const proven = sound.find(({ verifiedAt }) => verifiedAt !== undefined);
  const held = new Map([...heldBy(own, rule), ...heldBy(sound, rule)]);
  const counts = countsOf(rule).length > 0;
  const verdict = (backup: Backup): Omit<Verdict, 'backup'> => {
    if (needed.has(backup.id)) return { stays: true, why: 'a request needs it' };
    if (backup === newest) return { stays: true, why: 'the newest that is whole' };
    if (backup === proven) return { stays: true, why: 'the newest that was proven' };
    if (backup.unprovenAt !== undefined && (newest === undefined || newestFirst(newest, backup) > 0))
      return { stays: true, why: 'it failed its proof, and no newer one is whole' };
    const { maxAgeSeconds = Infinity } = rule;
    if ((now.getTime() - backupMoment(backup).getTime()) / 1000 > maxAgeSeconds)
      return { stays: false, why: `older than ${durationText(maxAgeSeconds)}` };
    const why = held.get(backup.id);
    if (why !== undefined) return { stays: true, why };
    return counts
      ? { stays: false, why: 'neither among the newest nor held for its day, week or month' }
      : { stays: true, why: 'young enough' };
  };
  return own.map((backup) => ({ backup, ...verdict(backup) }));
}

type Count = { most: number; period: (at: Date, backup: Backup) => string; why: string };

function countsOf({ last, daily, weekly, monthly }: Retention): Count[] {
  const all: { most: number | undefined; period: Count['period']; why: string }[] = [
    { most: last, period: (_at, { id }) => id, why: 'among the newest' },
    { most: daily, period: (at) => at.toISOString().slice(0, 10), why: 'held for its day' },
    { most: weekly, period: mondayOf, why: 'held for its week' },
    { most: monthly, period: (at) => at.toISOString().slice(0, 7), why: 'held for its month' },
  ];
  return all.flatMap(({ most, ...rest }) => (most === undefined ? [] : [{ most, ...rest }]));
}

/** Why a backup is held, by the first count that does. `backups`: the newest first. */
function heldBy(backups: readonly Backup[], rule: Retention): ReadonlyMap<BackupId, string> {
  const held = new Map<BackupId, string>();
  for (const { most, period, why } of countsOf(rule)) {
    const periods = new Set<string>();
    for (const backup of backups) {
      const of = period(backupMoment(backup), backup);
      if (periods.has(of)) continue;
      if (periods.size === most) break;
      periods.add(of);
      if (!held.has(backup.id)) held.set(backup.id, why);
    }
  }
  return held;
}

function mondayOf(at: Date): string {
  const sinceMonday = (at.getUTCDay() + 6) % 7;
  return new Date(at.getTime() - sinceMonday * 86_400_000).toISOString().slice(0, 10);
}

/** `the newest 3, 7 days, 4 weeks, at most 365 days old`. */
export function retentionText(rule: Retention): string {
  const { last, daily, weekly, monthly, maxAgeSeconds } = rule;
  const many = (count: number | undefined, one: string) =>
    count === undefined ? [] : [`${count} ${one}${count === 1 ? '' : 's'}`];
  return [
    ...(last === undefined ? [] : [`the newest ${last}`]),
    ...many(daily, 'day'),
    ...many(weekly, 'week'),
    ...many(monthly, 'month'),
    ...(maxAgeSeconds === undefined ? [] : [`at most ${durationText(maxAgeSeconds)} old`]),
  ].join(', ');
}
