import { sql, type Selectable, type UpdateObject } from 'kysely';
import { conflict } from '../domain/errors.ts';
import { idNumber, type RunId } from '../domain/ids.ts';
import type { Run } from '../domain/run.ts';
import type { RunReads, StoreTransaction } from './store.ts';
import { stepReads, stepWrites } from './steps.ts';
import type { Db, RunRow, Tables } from './tables.ts';
import { freeTargets, holderOf, holdTargets } from './targets.ts';
import { giveTransfer, takeTransfer } from './transfers.ts';
import { json, requestId, withoutNulls } from './values.ts';

export function runReads(db: Db): RunReads {
  return {
    ...stepReads(db),
    async get(id) {
      return found(await db.selectFrom('freshet.runs').selectAll().where('id', '=', id).executeTakeFirst());
    },

    async ofRequest(id) {
      return found(
        await db
          .selectFrom('freshet.runs')
          .selectAll()
          .where('request', '=', idNumber(id))
          .executeTakeFirst(),
      );
    },

    async active({ unleased = false } = {}) {
      const rows = await db
        .selectFrom('freshet.runs')
        .selectAll()
        .where('active', '=', true)
        .$if(unleased, (query) =>
          query.where((or) => or.or([or('leaseUntil', 'is', null), or('leaseUntil', '<=', clockTime)])),
        )
        .orderBy('startedAt')
        .orderBy('fence')
        .execute();
      return rows.map(runFrom);
    },

    holder: (targets) => holderOf(db, targets),

    async preparations({ server, databaseName }, kind, limit) {
      const { rows } = await sql<{ seconds: number }>`
        select extract(epoch from runs.barrier_at - runs.started_at)::float as seconds
        from freshet.swaps
        join freshet.runs on runs.id = swaps.run
        join freshet.requests on requests.number = swaps.request
        where swaps.server = ${server} and swaps.database_name = ${databaseName}
          and requests.kind = ${kind} and runs.barrier_at is not null
        order by swaps.number desc limit ${limit}`.execute(db);
      return rows.map(({ seconds }) => seconds);
    },

    async preparedBySize({ server, databaseName }, kind, limit) {
      const { rows } = await sql<{ seconds: number; bytes: number | null; format: string | null }>`
        select (
            select coalesce(sum(extract(epoch from steps.ended_at - steps.started_at)), 0)::float
            from freshet.run_steps as steps
            where steps.run = swaps.run and steps.state = 'done' and starts_with(steps.step, swaps.database || '.')
              and steps.ended_at <= swaps.at
          ) as seconds, backups.bytes, backups.format
        from freshet.swaps
        join freshet.requests on requests.number = swaps.request
        left join freshet.backups on backups.number = swaps.backup and backups.checksum = swaps.contents ->> 'checksum'
        where swaps.server = ${server} and swaps.database_name = ${databaseName} and requests.kind = ${kind}
        order by swaps.number desc limit ${limit}`.execute(db);
      return rows.map(({ seconds, bytes, format }) => ({
        seconds,
        ...(bytes === null ? {} : { bytes }),
        ...(format === null ? {} : { format }),
      }));
    },
  };
}

function found(row: Selectable<RunRow> | undefined): Run | undefined {
  return row === undefined ? undefined : runFrom(row);
}

function runFrom(row: Selectable<RunRow>): Run {
  const { request, ...rest } = withoutNulls(row);
  return { ...rest, request: requestId(request) };
}

export function runWrites(db: Db): StoreTransaction['runs'] {
  const lock = (id: RunId) =>
    db.selectFrom('freshet.runs').selectAll().where('id', '=', id).forNoKeyUpdate().executeTakeFirst();
  const change = async (id: RunId, set: UpdateObject<Tables, 'freshet.runs'>) => {
    const row = await db
      .updateTable('freshet.runs')
      .set(set)
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirst();
    if (row === undefined) throw new Error(`There is no run "${id}"`);
    return runFrom(row);
  };

  return {
    ...stepWrites(db),

    async create({ id, request, startedAt }, targets) {
      const row = await db
        .insertInto('freshet.runs')
        .values({ id, request: idNumber(request), startedAt })
        .onConflict((conflicting) => conflicting.column('request').doNothing())
        .returningAll()
        .executeTakeFirst();
      if (row === undefined) throw alreadyThere(request);
      const behind = await holdTargets(db, id, row.attempt, targets);
      if (behind === undefined) return { run: runFrom(row) };
      await db.deleteFrom('freshet.runs').where('id', '=', id).execute();
      return { behind };
    },

    async again(id, targets, at) {
      const row = await lock(id);
      if (row === undefined) throw new Error(`There is no run "${id}"`);
      if (row.active) throw alreadyThere(requestId(row.request));
      const attempt = row.attempt + 1;
      const behind = await holdTargets(db, id, attempt, targets);
      if (behind !== undefined) return { behind };
      const run = await change(id, {
        attempt,
        fence: await nextFence(db),
        active: true,
        worker: null,
        leaseUntil: null,
        cancelRequestedAt: null,
        barrierAt: null,
        startedAt: at,
        endedAt: null,
      });
      return { run };
    },

    async lock(id) {
      return found(await lock(id));
    },

    async lease(id, worker, seconds) {
      const row = await lock(id);
      if (row === undefined || !row.active) return undefined;
      const lasts = row.leaseUntil !== null && row.leaseUntil > (await timeNow(db));
      if (lasts && row.worker !== worker) return undefined;
      const fence = lasts ? row.fence : await nextFence(db);
      const leaseUntil = sql<Date>`clock_timestamp() + make_interval(secs => ${seconds})`;
      return change(id, { worker, fence, leaseUntil });
    },

    async yieldLease(id, worker) {
      await db
        .updateTable('freshet.runs')
        .set({ worker: null, leaseUntil: null })
        .where('id', '=', id)
        .where('worker', '=', worker)
        .execute();
    },

    async plan(id, plan) {
      await change(id, { plan: json(plan) });
    },

    async requestCancel(id, at) {
      await change(id, { cancelRequestedAt: at });
    },

    async barrier(id, at) {
      await change(id, { barrierAt: at });
    },

    async end(id, at) {
      await change(id, { active: false, endedAt: at, worker: null, leaseUntil: null });
      await freeTargets(db, id);
      await giveTransfer(db, id);
    },

    takeTransfer: (transfer, limits) => takeTransfer(db, transfer, limits),
    giveTransfer: (run, database) => giveTransfer(db, run, database),
  };
}

const clockTime = sql<Date>`clock_timestamp()`;

/** Asked after the row was locked: a lease may have been renewed while we waited for it. */
async function timeNow(db: Db): Promise<Date> {
  const { rows } = await sql<{ now: Date }>`select ${clockTime} as now`.execute(db);
  return rows[0]!.now;
}

/** One sequence for the whole installation: whatever the target, a later fence is a larger one. */
async function nextFence(db: Db): Promise<number> {
  const { rows } = await sql<{ fence: number }>`select nextval('freshet.fences') as fence`.execute(db);
  return rows[0]!.fence;
}

function alreadyThere(request: string) {
  return conflict(
    'run-exists',
    `${request} has a run already.`,
    `/refresh status ${request} shows how it stands.`,
    { request },
  );
}
