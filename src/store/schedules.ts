import { sql, type Selectable } from 'kysely';
import { idNumber } from '../domain/ids.ts';
import type {
  BoundSchedule,
  Schedule,
  ScheduleRecord,
  Slot,
  StandingApproval,
} from '../domain/schedule/schedule.ts';
import type { KeptSchedule, ScheduleReads, StoreTransaction } from './store.ts';
import type { Db } from './tables.ts';
import type { ScheduleRow, SlotRow } from './tables-calendar.ts';
import { json, requestId, text, withoutNulls } from './values.ts';

export function scheduleReads(db: Db): ScheduleReads {
  return {
    async get(name) {
      const row = await db
        .selectFrom('freshet.schedules')
        .selectAll()
        .where('name', '=', name)
        .executeTakeFirst();
      return row === undefined ? undefined : (await kept(db, [row]))[0];
    },

    async all() {
      return kept(db, await db.selectFrom('freshet.schedules').selectAll().orderBy('name').execute());
    },

    async slots(name, limit) {
      const rows = await db
        .selectFrom('freshet.scheduleSlots')
        .selectAll()
        .where('schedule', '=', name)
        .orderBy('slot', 'desc')
        .limit(limit)
        .execute();
      return rows.map(slotFrom);
    },
  };
}

async function kept(db: Db, rows: readonly Selectable<ScheduleRow>[]): Promise<KeptSchedule[]> {
  if (rows.length === 0) return [];
  const names = rows.map(({ name }) => name);
  const approvals = await db
    .selectFrom('freshet.scheduleApprovals')
    .selectAll()
    .where('schedule', 'in', names)
    .where('voidedAt', 'is', null)
    .orderBy('number')
    .execute();
  // The newest of each by the primary key, one after the other: they are few.
  const { rows: last } = await sql<SlotRow>`
    select slots.* from unnest(${names}::text[]) as one (name) cross join lateral (
      select * from freshet.schedule_slots where schedule = one.name order by slot desc limit 1
    ) as slots`.execute(db);
  return rows.map((row) => {
    const newest = last.find(({ schedule }) => schedule === row.name);
    return {
      record: recordFrom(row),
      approvals: approvals
        .filter(({ schedule }) => schedule === row.name)
        .map((approval): StandingApproval => {
          const { schedule: _schedule, number: _number, ...rest } = withoutNulls(approval);
          return { decision: 'approved', ...rest };
        }),
      ...(newest === undefined ? {} : { last: slotFrom(newest) }),
    };
  });
}

function recordFrom(row: Selectable<ScheduleRow>): ScheduleRecord {
  const { name, definition, bound, since, pausedAt, pausedBy, pausedWhy, skips, failures } = row;
  return {
    name,
    since,
    failures,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by `columns` alone
    ...(definition === null ? {} : { schedule: definition as Schedule }),
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by `columns` alone
    ...(bound === null ? {} : { bound: bound as BoundSchedule }),
    ...(skips === null ? {} : { skips }),
    ...(pausedAt === null
      ? {}
      : {
          paused: {
            at: pausedAt,
            ...(pausedBy === null ? {} : { by: pausedBy }),
            ...(pausedWhy === null ? {} : { why: pausedWhy }),
          },
        }),
  };
}

function columns({ schedule, bound, since, paused, skips, failures }: Omit<ScheduleRecord, 'name'>) {
  return {
    definition: json(schedule),
    bound: json(bound),
    since,
    pausedAt: paused?.at ?? null,
    pausedBy: paused?.by ?? null,
    pausedWhy: paused?.why === undefined ? null : text(paused.why),
    skips: skips ?? null,
    failures,
  };
}

function slotFrom({ slot, outcome, request, why }: SlotRow): Slot {
  return {
    at: slot,
    outcome,
    ...(request === null ? {} : { request: requestId(request) }),
    ...(why === null ? {} : { why }),
  };
}

export function scheduleWrites(db: Db): StoreTransaction['schedules'] {
  return {
    async add({ name, ...record }) {
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('freshet.schedules')
        .values({ name, ...columns({ ...record, failures: 0 }) })
        .onConflict((conflicting) => conflicting.doNothing())
        .executeTakeFirst();
      return numInsertedOrUpdatedRows === 1n;
    },

    async lock(name) {
      const row = await db
        .selectFrom('freshet.schedules')
        .selectAll()
        .where('name', '=', name)
        .forUpdate()
        .executeTakeFirst();
      return row === undefined ? undefined : (await kept(db, [row]))[0];
    },

    async update({ name, ...record }) {
      await db.updateTable('freshet.schedules').set(columns(record)).where('name', '=', name).execute();
    },

    async remove(name) {
      const { numDeletedRows } = await db
        .deleteFrom('freshet.schedules')
        .where('name', '=', name)
        .executeTakeFirst();
      return numDeletedRows === 1n;
    },

    async settle(schedule, { at, outcome, request, why }) {
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('freshet.scheduleSlots')
        .values({
          schedule,
          slot: at,
          outcome,
          request: request === undefined ? null : idNumber(request),
          why: why === undefined ? null : text(why),
        })
        .onConflict((conflicting) => conflicting.doNothing())
        .executeTakeFirst();
      return numInsertedOrUpdatedRows === 1n;
    },

    async made(schedule, slot, request) {
      await db
        .updateTable('freshet.scheduleSlots')
        .set({ request: idNumber(request) })
        .where('schedule', '=', schedule)
        .where('slot', '=', slot)
        .execute();
    },

    async approve(schedule, { by, front, digest, stage, at, until }) {
      await voidThose(db, schedule, at, by);
      await db
        .insertInto('freshet.scheduleApprovals')
        .values({ schedule, by, front, digest, stage, at, until })
        .execute();
    },

    async voidApprovals(schedule, at, by) {
      await voidThose(db, schedule, at, by);
    },

    async reminded(schedule, at) {
      await db
        .updateTable('freshet.scheduleApprovals')
        .set({ remindedAt: at })
        .where('schedule', '=', schedule)
        .where('voidedAt', 'is', null)
        .execute();
    },
  };
}

async function voidThose(db: Db, schedule: string, at: Date, by?: string): Promise<void> {
  await db
    .updateTable('freshet.scheduleApprovals')
    .set({ voidedAt: at })
    .where('schedule', '=', schedule)
    .where('voidedAt', 'is', null)
    .$if(by !== undefined, (query) => query.where('by', '=', by!))
    .execute();
}
