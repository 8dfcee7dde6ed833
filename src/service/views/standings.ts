import type { RequestKind } from '../../domain/request.ts';
import type { Swap } from '../../domain/run.ts';
import type { Placement } from '../../domain/site.ts';
import type { ServiceDeps } from '../deps.ts';
import { calendar, type EnvironmentCalendar } from '../approvals/holds.ts';

/** What Freshet put last onto a target. */
export type Standing = {
  /** Its contents are what is in it; undefined where that is not known, as after an undo of the first refresh. */
  swap: Swap;
  /** How it came about. */
  kind: RequestKind;
  /** Person id of who asked for it. */
  requestedBy: string;
  /** Whether everything that its run swapped, and that was not taken back since, is what stands last on its targets: only then that can be undone. */
  whole: boolean;
};

/** An environment with what the calendar says of it and each of its databases; `standing` is absent where Freshet has never swapped anything. */
export type EnvironmentStanding = EnvironmentCalendar & {
  databases: readonly { placement: Placement; standing?: Standing }[];
};

/** What is in the environments, in the order of the site file; production is none of them. */
export async function standings(deps: ServiceDeps): Promise<EnvironmentStanding[]> {
  const all = await deps.store.swaps.standing();
  const standingOfRun = new Map<string, number>();
  for (const { swap } of all) standingOfRun.set(swap.run, (standingOfRun.get(swap.run) ?? 0) + 1);
  const calendars = await calendar(deps);
  const byTarget = new Map<string, Standing>();
  for (const { swap, kind, requestedBy, ofRun } of all) {
    byTarget.set(key(swap), {
      swap,
      kind,
      requestedBy,
      whole: standingOfRun.get(swap.run) === ofRun,
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
