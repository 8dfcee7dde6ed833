import { parseArgs } from 'node:util';
import { execute, type Outcome } from '../runners/execute.ts';
import type { Plan } from '../runners/plan.ts';
import { MemoryCheckpoint } from '../test/runners/memory-checkpoint.ts';
import { freshRun } from '../test/runners/host-program/on-each-shell.ts';
import { type Bench, type Figure, figure, median, pairs, Refused, seconds } from './harness.ts';
import { mysqlSide, postgresSide, type Side } from './restore-sides.ts';

/**
 * Our whole path over SSH, from the approved plan to the swapped database, against the vendor's own tool and the same backup, into a
 * new database of the same server: `pg_restore -Fd -j2`, or the client of MariaDB with the text of a dump that Freshet took. With `--both` one
 * request for both against the two tools side by side. For PostgreSQL also for how long 20 clients that come back at once could not
 * connect. What the service does between an approval and the first step (a transaction, a job of the queue: well below a second) is
 * not in it.
 */
export const bench: Bench = {
  title: 'Approval to swapped, against the plain tools of the vendors',
  async run(args, say) {
    const { values } = parseArgs({
      args,
      options: {
        engine: { type: 'string', default: 'postgres' },
        both: { type: 'boolean', default: false },
        scale: { type: 'string' },
        'mysql-scale': { type: 'string' },
        pairs: { type: 'string', default: '3' },
      },
    });
    const { engine, both } = values;
    if (engine !== 'postgres' && engine !== 'mysql')
      throw new Refused(`No engine is called "${engine}" here; postgres or mysql.`);
    const sides: Side[] = [];
    try {
      if (both || engine === 'postgres') sides.push(await postgresSide(Number(values.scale ?? 26), say));
      if (both || engine === 'mysql')
        sides.push(
          await mysqlSide(Number(values['mysql-scale'] ?? (both ? undefined : values.scale) ?? 320), say),
        );
      return await measure(sides, Number(values.pairs), both ? undefined : targets[engine], say);
    } finally {
      // One that can't be stopped must not keep the other one.
      await Promise.allSettled(sides.map((side) => side.stop()));
    }
  },
};

/** At most so many times what the plain tool takes. */
const targets = { postgres: 1.25, mysql: 0.6 };

async function measure(
  sides: readonly Side[],
  count: number,
  atMost: number | undefined,
  say: (line: string) => void,
): Promise<Figure[]> {
  const outages: number[] = [];
  const gaps: number[] = [];
  const steps = new Map<string, number[]>();
  const settle = async () => {
    for (const side of sides) await side.settle();
  };

  const ours = async () => {
    await settle();
    const walked = await refresh(sides);
    outages.push(...walked.outages);
    gaps.push(...walked.gaps);
    for (const [id, took] of walked.steps) steps.set(id, [...(steps.get(id) ?? []), took]);
    return walked.seconds;
  };
  const theirs = async () => {
    await settle();
    return seconds(() => Promise.all(sides.map((side) => side.restorePlainly())));
  };
  const measured = await pairs(count, ours, theirs, say);
  const plainly = sides.map((side) => side.plainly).join(' beside ');
  return [
    figure(
      `approval to swapped / ${plainly}`,
      measured.ratio,
      'times',
      atMost === undefined ? undefined : { atMost },
    ),
    figure('approval to swapped, median', median(measured.ours), 's'),
    figure(`${plainly}, median`, median(measured.theirs), 's'),
    ...(gaps.length === 0
      ? []
      : [figure('longest time that nobody could connect', Math.max(...gaps), 's', { atMost: 0.5 })]),
    figure('closed, by our own clock, median', median(outages), 's'),
    ...[...steps]
      .filter(([id]) => !id.endsWith('.swap') && !id.endsWith('.tidy'))
      .map(([id, taken]) => figure(`of it ${id}, median`, median(taken), 's')),
    ...sides.map(({ rig, bytes }) => figure(`size of the database, ${rig.engine.name}`, bytes / 1e9, 'GB')),
    figure('pairs', measured.ours.length, ''),
  ];
}

let fence = 1000;

/** One request for all of the sides, from its approval to the last swap; what it replaced is thrown away. */
async function refresh(sides: readonly Side[]) {
  const run = freshRun();
  const plans = sides.map(({ rig, target, backup }) => rig.planOf(rig.context(target, { run, backup })));
  const plan: Plan = {
    ...plans[0]!,
    items: plans.flatMap(({ items }) => items),
    steps: plans.flatMap((one) => one.steps),
  };
  const checkpoint = new MemoryCheckpoint(run);
  const startedAt = new Map<string, number>();
  const took = new Map<string, number>();
  const probes: { end(): Promise<number> }[] = [];
  const since = performance.now();
  let swappedAt = NaN;
  checkpoint.meets = (line) => {
    const [what, step = ''] = line.split(' ');
    // Only around the swap: 20 clients would compete with the load, which the plain tool is spared.
    if (what === 'barrier' && probes.length === 0)
      for (const side of sides) if (side.watch !== undefined) probes.push(side.watch());
    // Some steps run beside others: the sum of all is more than the whole.
    if (what === 'started') startedAt.set(step, performance.now());
    if (what === 'done') took.set(step, (performance.now() - (startedAt.get(step) ?? NaN)) / 1000);
    if (what === 'swapped') swappedAt = performance.now();
  };
  const sideOf = (fits: (side: Side) => boolean) => sides.find(fits)!.rig;
  fence += 1;
  const gaps: number[] = [];
  let outcome: Outcome;
  try {
    outcome = await execute(plan, {
      checkpoint,
      fence,
      attempt: 1,
      engine: (server) => sideOf(({ rig }) => rig.site.name === server).engine,
      access: (server) => sideOf(({ rig }) => rig.site.name === server).access,
      program: (host) => sideOf(({ rig }) => rig.near.address.name === host).here.program,
      signal: new AbortController().signal,
      sliceSeconds: 3600,
      watchSeconds: 0.2,
    });
  } finally {
    for (const one of probes) gaps.push(await one.end());
  }
  if (outcome.end !== 'succeeded') throw new Error(JSON.stringify(outcome));
  for (const [at, { rig }] of sides.entries()) await rig.server.drop(plans[at]!.items[0]!.oldName);
  return {
    seconds: (swappedAt - since) / 1000,
    outages: sides.map(({ target }) => Number(checkpoint.swapped.get(target)?.outageSeconds)),
    gaps,
    steps: took,
  };
}
