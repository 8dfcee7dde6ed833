import { sql } from 'kysely';
import type { Takeable } from '../domain/backup.ts';
import type { BackupReads, Window } from './store.ts';
import type { Db } from './tables.ts';
import { backupId, json } from './values.ts';

/** How many sets are looked at, from the newest on: what no set was found among by then is not worth a person's waiting. */
const mostSteps = { aligned: 200, closest: 100 };

/**
 * Sets of backups with moments that lie close together, none of which failed its proof. Nothing is read but the ends of walks over the index (database, kind,
 * moment): from one set to the next all moments between are passed over, for none of them can be part of a better one.
 */
export function alignedReads(
  db: Db,
  several: BackupReads['several'],
): Pick<BackupReads, 'dated' | 'aligned' | 'closest'> {
  return {
    async dated(wanted, until) {
      const { rows } = await sql<{ number: number }>`
        with ${wantedRows(wanted, [])}
        select found.number from positions cross join lateral ${newest(until, sql`'infinity'::timestamptz`)} as found
        order by positions.position`.execute(db);
      return inOrder(
        several,
        rows.map(({ number }) => number),
      );
    },

    /*
     * The newest of each at or before `until` are a set. Where it is too wide, its oldest can be in no set with anything newer
     * than itself and the window: the next set is that of this moment.
     */
    async aligned(wanted, { withinSeconds, beside, until }) {
      const { rows } = await sql<{ numbers: string[] }>`
        with recursive ${wantedRows(wanted, beside)},
        walk(step, until, numbers, oldest, newest) as (
          select 0, 'infinity'::timestamptz, null::bigint[], null::timestamptz, null::timestamptz
          union all
          select walk.step + 1, found.oldest + ${seconds(withinSeconds)}, found.numbers, found.oldest, found.newest
          from walk cross join lateral (
            select array_agg(one.number order by positions.position) as numbers, count(*) as members,
              min(one.at) as oldest, max(one.at) as newest
            from positions cross join lateral ${newest(until, sql`walk.until`)} as one
          ) as found
          where step < ${mostSteps.aligned} and found.members = (select count(*) from positions)
            and (walk.newest is null or walk.newest - walk.oldest > ${seconds(withinSeconds)})
        )
        select numbers from walk where newest - oldest <= ${seconds(withinSeconds)}`.execute(db);
      const [set] = rows;
      return set === undefined
        ? undefined
        : inOrder(several, set.numbers.slice(0, wanted.length).map(Number));
    },

    /*
     * The same walk with a window that shrinks to less than the closest set so far. Of the sets with a certain oldest moment the
     * closest is made of the first of each from that moment on.
     */
    async closest(wanted, { beside, until }) {
      const { rows } = await sql<{ seconds: number | null }>`
        with recursive ${wantedRows(wanted, beside)},
        walk(step, until, best) as (
          select 0, 'infinity'::timestamptz, null::interval
          union all
          select walk.step + 1,
            found.oldest + least(walk.best, closest.newest - found.oldest) - interval '1 millisecond',
            least(walk.best, closest.newest - found.oldest)
          from walk cross join lateral (
            select count(*) as members, min(one.at) as oldest
            from positions cross join lateral ${newest(until, sql`walk.until`)} as one
          ) as found
          cross join lateral (
            select max(one.at) as newest
            from positions cross join lateral ${oldest(until, sql`found.oldest`)} as one
          ) as closest
          where step < ${mostSteps.closest} and found.members = (select count(*) from positions)
            and (walk.best is null or walk.best > interval '0')
        )
        select extract(epoch from min(best))::float as seconds from walk`.execute(db);
      return rows[0]?.seconds ?? undefined;
    },
  };
}

/** One row for each kind that may be taken at a position, and one for each moment that is part of every set. */
function wantedRows(wanted: readonly Takeable[], beside: Window['beside']) {
  const rows = [
    ...wanted.flatMap(({ database, sources }, position) =>
      sources.map((source) => ({ position, database, ...source })),
    ),
    ...beside.map((at, index) => ({ position: wanted.length + index, at: at.toISOString() })),
  ];
  // Positions are counted apart: what nothing may be taken for makes every set incomplete.
  const positions = Array.from({ length: wanted.length + beside.length }, (_, position) => position);
  return sql`
    wanted as materialized (
      select * from jsonb_to_recordset(${json(rows)}::jsonb) as one(position int, at timestamptz, database text,
        anonymisation text, repositories text[], environments text[])
    ),
    positions as materialized (select unnest(${positions}::int[]) as position)`;
}

/** The newest that may be taken at a position, of `bound` or before. */
function newest(until: Date | undefined, bound: ReturnType<typeof sql>) {
  return picked(
    sql`data_at <= least(${bound}, ${until ?? 'infinity'}::timestamptz)`,
    sql`at <= ${bound}`,
    sql`desc`,
  );
}

/** The oldest that may be taken at a position, of `bound` or after. */
function oldest(until: Date | undefined, bound: ReturnType<typeof sql>) {
  return picked(
    sql`data_at >= ${bound} and data_at <= ${until ?? 'infinity'}::timestamptz`,
    sql`at >= ${bound}`,
    sql`asc`,
  );
}

function picked(
  ofBackup: ReturnType<typeof sql>,
  ofMoment: ReturnType<typeof sql>,
  direction: ReturnType<typeof sql>,
) {
  return sql`(
    select candidate.number, candidate.at from wanted cross join lateral (
      (select number, data_at as at from freshet.backups
        where database = wanted.database and anonymisation = wanted.anonymisation
          and state = 'present' and checksum is not null and data_at is not null and unproven_at is null and ${ofBackup}
          and repository = any(wanted.repositories)
          and (wanted.environments is null or environment = any(wanted.environments))
        order by data_at ${direction}, number ${direction} limit 1)
      union all
      select null, wanted.at where wanted.at is not null and wanted.${ofMoment}
    ) as candidate
    where wanted.position = positions.position
    order by candidate.at ${direction}, candidate.number ${direction} limit 1
  )`;
}

function seconds(count: number) {
  return sql`make_interval(secs => ${count})`;
}

async function inOrder(several: BackupReads['several'], numbers: readonly number[]) {
  const ids = numbers.map(backupId);
  const backups = new Map((await several(ids)).map((backup) => [backup.id, backup]));
  return ids.flatMap((id) => backups.get(id) ?? []);
}
