import { durationText } from './amounts.ts';
import { conflict, type FreshetError } from './errors.ts';
import type { BackupId } from './ids.ts';
import type { AlignmentSite } from './site.ts';

/** One database of an environment, with the moment that its data is true. */
export type Aligning = {
  database: string;
  /** Absent: not known. */
  at?: Date;
  /** Nothing is done to it: what is in it now stays. */
  stays?: true;
  /** It stays, though it came with what an undo takes back. */
  left?: true;
};

/** How far apart the data of an environment will be. Plain values: it is kept with a request as it was shown. */
export type Alignment = {
  /** Newest less oldest moment, and how far clocks may be off. 0 where fewer than two moments are known. */
  skewSeconds: number;
  toleranceSeconds: number;
  /** In the order of the site file. */
  members: readonly {
    database: string;
    /** How much older than the newest of them; absent where its moment is not known. */
    behindSeconds?: number;
    stays?: true;
    left?: true;
    /** There is a newer one, which lies further from the others and was not chosen. */
    newer?: BackupId;
  }[];
};

/** How far apart these are. Moments that are not known count for nothing: they are never aligned with anything. */
export function alignmentOf(
  all: readonly Aligning[],
  { toleranceSeconds, clockOffsetSeconds }: Omit<AlignmentSite, 'beyond'>,
): Alignment {
  const moments = all.flatMap(({ at }) => (at === undefined ? [] : [at.getTime()]));
  const newest = Math.max(...moments);
  const apart = moments.length < 2 ? 0 : (newest - Math.min(...moments)) / 1000 + clockOffsetSeconds;
  return {
    skewSeconds: apart,
    toleranceSeconds,
    members: all.map(({ database, at, stays, left }) => ({
      database,
      ...(at === undefined ? {} : { behindSeconds: (newest - at.getTime()) / 1000 }),
      ...(stays === undefined ? {} : { stays }),
      ...(left === undefined ? {} : { left }),
    })),
  };
}

/** The same, with what is newer than what was chosen, by database. */
export function passingOver(alignment: Alignment, newer: ReadonlyMap<string, BackupId>): Alignment {
  const members = alignment.members.map((member) => {
    const passed = newer.get(member.database);
    return passed === undefined ? member : { ...member, newer: passed };
  });
  return { ...alignment, members };
}

/** The same without what is newer: that grows by itself, and says nothing of what is taken. */
export function figuresOf({ members, ...apart }: Alignment): Alignment {
  const plain = members.map((member) => {
    const { newer: _, ...figures } = member;
    return figures;
  });
  return { ...apart, members: plain };
}

/** Whether it is further apart than the environment tolerates. */
export function isBeyond({ skewSeconds, toleranceSeconds }: Alignment): boolean {
  return skewSeconds > toleranceSeconds;
}

/**
 * Whether figures that somebody was shown still tell enough: by now it is fine, or they were warned, and no database has moved away by more than
 * what is tolerated, nor is torn from what it came with unsaid. The small things that always differ must not cost an approval.
 */
export function tellsStill(shown: Alignment | undefined, now: Alignment | undefined): boolean {
  if (now === undefined) return true;
  const untold = leftOf(now).some((database) => !leftOf(shown).includes(database));
  if (untold || !isBeyond(now)) return !untold;
  if (shown === undefined || !isBeyond(shown)) return false;
  const behind = new Map(shown.members.map(({ database, behindSeconds }) => [database, behindSeconds]));
  return now.members.every(
    ({ database, behindSeconds = 0 }) => behindSeconds <= (behind.get(database) ?? 0) + now.toleranceSeconds,
  );
}

/** What came with what an undo takes back, and stays. */
export function leftOf(alignment: Alignment | undefined): string[] {
  return alignment?.members.flatMap(({ database, left }) => (left === true ? [database] : [])) ?? [];
}

/** Whether there is anything to compare: two moments that are known. */
export function isComparable({ members }: Alignment): boolean {
  return members.filter(({ behindSeconds }) => behindSeconds !== undefined).length >= 2;
}

/** How far two moments of one set may be apart, what clocks may be off taken away. */
export function windowSeconds({
  toleranceSeconds,
  clockOffsetSeconds,
}: Omit<AlignmentSite, 'beyond'>): number {
  return toleranceSeconds - clockOffsetSeconds;
}

/** `2 h apart`, `of the same moment`. */
export function apartText({ skewSeconds }: Pick<Alignment, 'skewSeconds'>): string {
  return skewSeconds === 0 ? 'of the same moment' : `${durationText(skewSeconds)} apart`;
}

/** `orders is the newest`, `billing is 2 h older`, `catalog stays as it is: 6 days older`. */
export function distanceText({ database, behindSeconds, stays }: Alignment['members'][number]): string {
  const distance =
    behindSeconds === undefined
      ? 'the moment of its data is not known'
      : behindSeconds === 0
        ? 'the newest'
        : `${durationText(behindSeconds)} older`;
  if (stays) return `${database} stays as it is: ${distance}`;
  return behindSeconds === undefined ? `${database}: ${distance}` : `${database} is ${distance}`;
}

/** Who is told first: those that are furthest behind, and last those of which nothing is known. */
export function farthestFirst({ members }: Alignment): Alignment['members'] {
  return [...members].sort((a, b) => (b.behindSeconds ?? -1) - (a.behindSeconds ?? -1));
}

/** How many databases a sentence names. */
const named = 6;

/** Each one's distance, the furthest first: `billing stays as it is: 6 days older; orders is the newest`. */
export function distancesText(alignment: Alignment, most = named): string {
  const all = farthestFirst(alignment);
  const told = all.slice(0, most).map(distanceText);
  const more = all.length > most ? [`${all.length - most} more`] : [];
  return [...told, ...more].join('; ');
}

/**
 * All of it in one line: `6 days apart, and at most 6 h is fine: billing stays as it is: 6 days older; orders is the newest.` Undefined
 * where there is nothing to compare.
 */
export function alignmentText(alignment: Alignment): string | undefined {
  if (!isComparable(alignment)) return undefined;
  const most = `, and at most ${durationText(alignment.toleranceSeconds)} is fine`;
  const newer = alignment.members.flatMap((one) =>
    one.newer === undefined ? [] : [`${one.newer} of ${one.database}`],
  );
  const passed =
    newer.length === 0
      ? ''
      : ` Newer, but further from the others: ${listText(newer)}.${movingOn(alignment.members)}`;
  return `${apartText(alignment)}${isBeyond(alignment) ? most : ''}: ${distancesText(alignment)}.${passed}`;
}

/** What stays and of which nothing is known, in a line; undefined where there is none of that, or `alignmentText` tells of each. */
export function unknownText(alignment: Alignment): string | undefined {
  const { members } = alignment;
  if (isComparable(alignment) && members.length <= named) return undefined;
  const unknown = members.flatMap(({ database, behindSeconds, stays }) =>
    stays && behindSeconds === undefined ? [database] : [],
  );
  if (unknown.length === 0) return undefined;
  return unknown.length === 1
    ? `${unknown[0]} stays as it is; of what moment its data is, nobody knows.`
    : `${listText(unknown)} stay as they are; of what moment their data is, nobody knows.`;
}

/** What stays keeps older data in: said wherever something newer was passed over. */
function movingOn(members: Alignment['members']): string {
  const stays = members.flatMap(({ database, behindSeconds, stays: still }) =>
    still && behindSeconds !== undefined ? [database] : [],
  );
  if (stays.length === 0) return '';
  return ` What stays counts: refreshing ${listText(stays)} as well may move all of them on.`;
}

function listText(words: readonly string[]): string {
  const told = words.slice(0, named).join(', ');
  return words.length > named ? `${told} and ${words.length - named} more` : told;
}

/** Refuses a set that is further apart than the environment tolerates. `hint`: what would fit better. */
export function setsNotAligned(environment: string, alignment: Alignment, hint: string): FreshetError {
  return conflict(
    'sets-not-aligned',
    `The data of "${environment}" would be ${apartText(alignment)} (${distancesText(alignment)}); at most ${durationText(alignment.toleranceSeconds)} is allowed.`,
    hint,
    { field: 'databases' },
  );
}
