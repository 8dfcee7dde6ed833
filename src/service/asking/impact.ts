import type { ItemContext } from '../../../runners/engine.ts';
import { isUsable } from '../../domain/backup.ts';
import {
  changesSince,
  sessionCount,
  sessionNames,
  type Impact,
  type Inspection,
  type Survey,
  type Unknown,
} from '../../domain/impact.ts';
import { compareSchemas } from '../../domain/schema.ts';
import type { Swap } from '../../domain/run.ts';
import type { Outlines, ServiceDeps } from '../deps.ts';
import { unknownBy } from '../unknown.ts';

/** How many earlier runs say how long one takes: the middle one of them counts. */
const earlierRuns = 5;

/**
 * What a refresh or an undo of one database costs others, as it is now. `inspection`: what was seen of the target already, or why it was
 * not. Never throws for a server or a host: what they don't tell is unknown, and why is said.
 */
export async function impactOf(
  deps: ServiceDeps,
  item: ItemContext,
  inspection: Inspection | Unknown,
  { outlines, withinMs }: { outlines: Outlines; withinMs: number },
): Promise<Impact> {
  const { placement, source } = item;
  const backup = source?.backup;
  const live = 'unknown' in inspection ? undefined : inspection.live;
  const [survey, schema, last, estimate] = await Promise.all([
    live === undefined ? undefined : surveyed(deps, item),
    backup !== undefined && isUsable(backup) ? outlines.of(backup, withinMs) : undefined,
    lastOf(deps, item),
    estimateOf(deps, item),
  ]);
  return {
    database: placement.database,
    ...(live === undefined ? {} : { liveBytes: live.bytes }),
    ...('unknown' in inspection || inspection.freeBytes === undefined
      ? {}
      : { freeBytes: inspection.freeBytes }),
    ...(backup === undefined ? {} : { backupBytes: backup.bytes }),
    sessions:
      'unknown' in inspection
        ? inspection
        : { count: sessionCount(inspection.sessions), names: sessionNames(inspection.sessions) },
    ...(last === undefined ? {} : { last: last.told }),
    ...(last === undefined || survey === undefined
      ? {}
      : { changes: changesOf(last.swap, survey, live?.ref) }),
    ...(schema === undefined || survey === undefined
      ? {}
      : {
          schema:
            'unknown' in survey
              ? { unknown: survey.unknown }
              : isUnknown(schema)
                ? schema
                : compareSchemas(survey.schema, schema),
        }),
    estimate,
  };
}

function isUnknown(schema: object): schema is Unknown {
  return 'unknown' in schema;
}

async function surveyed(deps: ServiceDeps, { placement }: ItemContext): Promise<Survey | Unknown> {
  const engine = deps.engine(placement.server);
  if (engine.survey === undefined) return { unknown: `${engine.site.title} does not tell` };
  try {
    return await engine.survey(deps.access(placement.server), placement.databaseName);
  } catch (error) {
    return unknownBy(deps, error, 'the server did not answer it', { database: placement.database });
  }
}

function changesOf(swap: Swap, survey: Survey | Unknown, liveRef: string | undefined): Impact['changes'] {
  if ('unknown' in survey) return { unknown: survey.unknown };
  if (liveRef !== swap.liveRef) return { unknown: 'it is not the database any more that was put there' };
  if ('unknown' in survey.writes) return survey.writes;
  if (swap.writes === undefined) return { unknown: 'nothing was counted when it went live' };
  return changesSince(swap.writes, survey.writes, swap.at);
}

async function lastOf(
  deps: ServiceDeps,
  { placement }: ItemContext,
): Promise<{ swap: Swap; told: NonNullable<Impact['last']> } | undefined> {
  const swap = await deps.store.swaps.latest(placement.server, placement.databaseName);
  const request = swap && (await deps.store.requests.get(swap.request));
  if (swap === undefined || request === undefined) return undefined;
  const told = {
    at: swap.at.toISOString(),
    by: request.requestedBy,
    request: request.id,
    kind: request.kind,
    ...(swap.contents === undefined ? {} : { backup: swap.contents.id }),
  };
  return { swap, told };
}

/** By what earlier runs took for as many bytes of the same format; where there are none, by the engine's reckoning. */
async function estimateOf(deps: ServiceDeps, item: ItemContext): Promise<NonNullable<Impact['estimate']>> {
  const { kind, placement, source } = item;
  const backup = source?.backup;
  const earlier = await deps.store.runs.preparedBySize(placement, kind, earlierRuns);
  const seconds = earlier.flatMap((run) => {
    if (backup === undefined) return [run.seconds];
    const comparable = run.format === backup.format && run.bytes !== undefined && run.bytes > 0;
    return comparable ? [(run.seconds * backup.bytes) / run.bytes!] : [];
  });
  const sorted = seconds.toSorted((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle !== undefined) return { seconds: middle, runs: sorted.length };
  const { steps } = deps.engine(placement.server).steps(item);
  return { seconds: steps.reduce((sum, { weight }) => sum + weight, 0), runs: 0 };
}
