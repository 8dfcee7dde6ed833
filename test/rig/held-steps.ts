import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { copyNames } from '../../runners/plan.ts';
import type { RequestId, RunId } from '../../src/domain/ids.ts';
import type { Rig } from './rig.ts';
import { until } from '../until.ts';

/** A refresh of `orders_dev` whose backup, an archive, lies on another host: the names of its steps, in the order of the plan. */
export const refreshSteps = [
  'check',
  'fetch-grant',
  'fetch',
  'fetch-revoke',
  'contents',
  'list',
  'create',
  'load',
  'script-1',
  'script-2',
  'verify',
  'carry',
  'compare',
  'shut',
  'swap',
  'tidy',
] as const;
export type RefreshStep = (typeof refreshSteps)[number];

/** Those that run a tool on the host of the target. */
export const toolSteps: readonly RefreshStep[] = ['contents', 'list', 'load', 'script-1', 'script-2'];

/** A step that can be entered and not left. */
export type HeldStep = {
  /** It goes on on its host without us; else it is a talk with a server or a host. */
  runsOnHost: boolean;
  /** Resolves when the run of the request stands in it; with the worker that has the run. */
  reached(request: RequestId): Promise<{ run: string; worker: string }>;
  release(): Promise<void>;
};

/** Seconds; for a machine that does much else. */
const patience = 240;

type Release = () => Promise<unknown>;
/** What keeps a step from its end. `behind`: it would keep this one, too, and is taken when that is over. */
type Bolt = { behind?: RefreshStep; take: (rig: Rig, run: string) => Promise<Release> };

const bolts: Partial<Record<RefreshStep, Bolt>> = {
  // Both raise the fence of the target.
  check: { take: (rig) => lockTable(rig, 'postgres', 'freshet.fence') },
  create: { behind: 'list', take: (rig) => lockTable(rig, 'postgres', 'freshet.fence') },
  'fetch-grant': { take: lockGrants },
  'fetch-revoke': { behind: 'fetch', take: lockGrants },
  fetch: {
    take: async ({ transferWire }) => {
      transferWire.freeze();
      return async () => transferWire.thaw();
    },
  },
  // It gathers statistics; the step after it gives the schemas to their owners.
  verify: { behind: 'script-2', take: (rig, run) => lockTable(rig, copyOf(run), 'pg_catalog.pg_statistic') },
  carry: { behind: 'script-2', take: (rig, run) => lockTable(rig, copyOf(run), 'pg_catalog.pg_namespace') },
  // It reads of both databases what they are made of; who asks for a refresh has looked at the live one before.
  compare: {
    behind: 'script-2',
    take: (rig) => inTransaction(rig, live, 'lock table pg_catalog.pg_trigger in access exclusive mode'),
  },
  // What `carry` does writes there, too.
  shut: { behind: 'compare', take: (rig) => lockTable(rig, 'postgres', 'pg_catalog.pg_database') },
  // With a long `drain` it waits for whoever has a transaction open.
  swap: { take: (rig) => inTransaction(rig, live, 'select 1') },
  // It makes sure that nobody may read the backup any more.
  tidy: { behind: 'script-2', take: lockGrants },
};

/**
 * Holds a step of a run that has not come to it yet, so that a test does what it wants while the step goes on. Needs a rig with
 * `proxies`, for `swap` also a long `drain`. `standing`: where the run is held already.
 */
export async function holdStep(
  rig: Rig,
  step: RefreshStep,
  standing?: { step: RefreshStep; run: string },
): Promise<HeldStep> {
  const id = `orders.${step}`;
  const enter = (request: RequestId) => rig.step(request, id, patience);
  if (toolSteps.includes(step)) {
    await rig.tools.close(id);
    return {
      runsOnHost: true,
      async reached(request) {
        const met = await enter(request);
        await rig.tools.started(met.run, id, patience);
        return met;
      },
      release: () => rig.tools.open(id),
    };
  }
  const bolt = bolts[step];
  if (bolt === undefined) throw new Error(`nothing holds "${step}"`);
  const { behind, take } = bolt;
  const isPast =
    behind === undefined ||
    (standing !== undefined && refreshSteps.indexOf(standing.step) >= refreshSteps.indexOf(behind));
  let release = isPast ? await take(rig, standing?.run ?? '') : undefined;
  const door = isPast || behind === undefined ? undefined : await holdStep(rig, behind, standing);
  return {
    runsOnHost: step === 'fetch',
    async reached(request) {
      if (door !== undefined) {
        const { run } = await door.reached(request);
        release ??= await take(rig, run);
        await door.release();
      }
      return enter(request);
    },
    async release() {
      await door?.release();
      await release?.();
    },
  };
}

const live = 'orders_dev';
const copyOf = (run: string) => copyNames(live, run as RunId).newName;

/** Everybody may read it, and whoever would write to it waits. */
function lockTable(rig: Rig, database: string, table: string): Promise<Release> {
  return inTransaction(rig, database, `lock table ${table} in exclusive mode`);
}

async function inTransaction({ sandbox }: Rig, database: string, text: string): Promise<Release> {
  const client = await sandbox.hosts.hosts['test-db'].connect(database);
  // It may be ended with its database.
  client.on('error', () => undefined);
  await client.query(`begin; ${text}`);
  return () => client.end();
}

/** Of the host that has the backups, as `freshet-host` itself does it: with a process that lives, and when it began. */
async function lockGrants({ sandbox }: Rig): Promise<Release> {
  const file = join(sandbox.hosts.hosts['prod-db'].root, 'opt/freshet/state/grants.lock');
  const stat = await readFile('/proc/self/stat', 'utf8');
  const startedAt = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  await until('nobody changes the grants', () =>
    writeFile(file, `${process.pid} ${startedAt}\n`, { flag: 'wx' }).then(
      () => true,
      () => false,
    ),
  );
  return () => rm(file, { force: true });
}
