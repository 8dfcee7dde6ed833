import type { Backup } from '../domain/backup.ts';
import type { BackupId } from '../domain/ids.ts';
import type { RequestKind } from '../domain/request.ts';
import type { Swap } from '../domain/run.ts';
import type { Placement } from '../domain/site.ts';
import type { ServiceDeps } from './deps.ts';
import { calendar, type EnvironmentCalendar } from './holds.ts';

/** What Freshet put last onto a target. */
export type Standing = {
  swap: Swap;
  /** What is in it; undefined where that is not known, as after an undo of the first refresh. */
  backup?: Backup;
  /** How it came about. */
  kind: RequestKind;
  /** Person id of who asked for it. */
  requestedBy: string;
  /** Whether everything that its run swapped is still what stands last on its targets: only then the whole can be undone. */
  whole: boolean;
};

/** An environment with what the calendar says of it and each of its databases; `standing` is absent where Freshet has never swapped anything. */
export type EnvironmentStanding = EnvironmentCalendar & {
  databases: readonly { placement: Placement; standing?: Standing }[];
};

/** What is in the environments, in the order of the site file; production is none of them. */
export async function standings(deps: ServiceDeps): Promise<EnvironmentStanding[]> {
  const all = await deps.store.swaps.standing();
  const ids = all.flatMap(({ swap }) => (swap.backup === undefined ? [] : [swap.backup]));
  const backups = new Map<BackupId, Backup>();
  if (ids.length > 0) {
    for (const backup of await deps.store.backups.several([...new Set(ids)])) backups.set(backup.id, backup);
  }
  const standingOfRun = new Map<string, number>();
  for (const { swap } of all) standingOfRun.set(swap.run, (standingOfRun.get(swap.run) ?? 0) + 1);
  const calendars = await calendar(deps);
  const byTarget = new Map<string, Standing>();
  for (const { swap, kind, requestedBy, ofRun } of all) {
    const backup = swap.backup === undefined ? undefined : backups.get(swap.backup);
    byTarget.set(key(swap), {
      swap,
      kind,
      requestedBy,
      whole: standingOfRun.get(swap.run) === ofRun,
      ...(backup === undefined ? {} : { backup }),
    });
  }
  return calendars.map((known) => ({
    ...known,
    databases: Object.values(known.environment.databases).map((placement) => {
      const standing = byTarget.get(key(placement));
      return { placement, ...(standing === undefined ? {} : { standing }) };
    }),
  }));
}

function key(place: { server: string; databaseName: string }): string {
  return `${place.server}/${place.databaseName}`;
}
