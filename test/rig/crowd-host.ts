import type { Pool } from 'pg';
import type { Engine } from '../../runners/engine.ts';
import type { HostProgram } from '../../runners/host-program/client.ts';
import type { HostStepState } from '../../runners/host-program/step.ts';
import type { Step } from '../../runners/plan.ts';
import { fencedError } from '../../src/domain/errors.ts';
import { actOf, engineDouble, itemOf } from '../engine-double.ts';
import { until } from '../until.ts';

/**
 * What the simulated host knows, in tables that every worker process shares: it starts a step once, holds the fence of each
 * target, and writes down each thing it was made to do, with who made it.
 */
const tables = `
  create schema witness;
  create table witness.fences (target text primary key, fence bigint not null);
  create table witness.steps (run text, step text, ends_at timestamptz not null, primary key (run, step));
  create table witness.done (
    number bigint generated always as identity, run text, step text, fence bigint, worker text
  );
  create table witness.gate (closed boolean not null);
  insert into witness.gate values (false)`;

/** One thing that was done on the host. */
export type Witnessed = { run: string; step: string; fence: number; worker: string };

export const prepareWitness = (pool: Pool) => pool.query(tables);

export async function witnessed(pool: Pool): Promise<Witnessed[]> {
  const { rows } = await pool.query<Witnessed & { fence: string }>(
    'select * from witness.done order by number',
  );
  return rows.map((row) => ({ ...row, fence: Number(row.fence) }));
}

/** While it is closed, no step on the host comes to its end. */
export const closeGate = (pool: Pool, closed: boolean) =>
  pool.query('update witness.gate set closed = $1', [closed]);

/** Below the client of freshet-host: what the program on the host would answer. */
export function crowdProgram(pool: Pool, worker: string, stepMs: number): HostProgram {
  async function claim(target: string, _run: string, fence: number): Promise<void> {
    const { rowCount } = await pool.query(
      `insert into witness.fences values ($1, $2)
       on conflict (target) do update set fence = excluded.fence where fences.fence <= excluded.fence`,
      [target, fence],
    );
    if (rowCount === 0)
      throw fencedError('fence-passed', `${target} has seen a larger fence than ${fence}.`, '');
  }

  async function state(run: string, step: string): Promise<HostStepState> {
    const { rows } = await pool.query<{ at: Date; ended: boolean }>(
      `select ends_at as at, ends_at <= clock_timestamp() and not closed as ended
       from witness.steps, witness.gate where run = $1 and step = $2`,
      [run, step],
    );
    const [row] = rows;
    if (row === undefined) return { state: 'absent' };
    const begun = { startedAt: row.at, report: {} };
    return row.ended
      ? { state: 'ended', endedAt: row.at, exitCode: 0, ...begun }
      : { state: 'running', ...begun };
  }

  const program: Partial<HostProgram> = {
    host: 'test-db',
    claim,
    confirm: claim,
    release: () => Promise.resolve(),
    state,
    async submit({ run, step, fence, target }) {
      await claim(target!, run, fence);
      await pool.query(
        `with started as (
           insert into witness.steps values ($1, $2, clock_timestamp() + make_interval(secs => $3))
           on conflict do nothing returning run
         )
         insert into witness.done (run, step, fence, worker) select $1, $2, $4, $5 from started`,
        [run, step, stepMs / 1000, fence, worker],
      );
      return state(run, step);
    },
    async wait(run, step, { timeoutSeconds }) {
      let now = await state(run, step);
      const seen = async () => (now = await state(run, step)).state !== 'running';
      await until('its end', seen, timeoutSeconds).catch(() => undefined);
      return now;
    },
    stop: () => Promise.resolve({ state: 'absent' }),
    sweep: () => Promise.resolve(),
    revoke: () => Promise.resolve(),
    runs: () => Promise.resolve({ now: new Date(), runs: [] }),
    close: () => Promise.resolve(),
  };
  return program as HostProgram;
}

/** An engine that has a check, a load on the host and a swap, and looks at the fence before it touches anything. */
export function crowdEngine(pool: Pool, worker: string): Engine {
  return engineDouble({
    steps(context) {
      const { database, target } = context.placement;
      const load: Step = {
        kind: 'exec',
        id: `${database}.load`,
        stage: 'load',
        database,
        title: 'load',
        weight: 1,
        host: context.server.host,
        exec: { target, pipe: [], report: 'none' },
      };
      const [check, swap] = [actOf(context, 'check'), actOf(context, 'swap')];
      return { item: itemOf(context), steps: context.kind === 'undo' ? [check, swap] : [check, load, swap] };
    },
    async act({ id, stage }, { item, run, fence }) {
      const { rowCount } = await pool.query(
        `insert into witness.done (run, step, fence, worker) select $1, $2, $3, $4
         where not exists (select from witness.fences where target = $5 and fence > $3)`,
        [run, id, fence, worker, item.target],
      );
      if (rowCount === 0) throw fencedError('fence-passed', `${item.target} has seen a larger fence.`, '');
      return stage === 'swap' ? { liveRef: `new ${run}`, keptRef: `old ${run}`, outageSeconds: 0 } : {};
    },
  });
}
