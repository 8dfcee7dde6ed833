import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import type { Event } from '../../src/domain/event.ts';
import type { RunId } from '../../src/domain/ids.ts';
import { until } from '../until.ts';
import type { Rig } from './rig.ts';
import { onServer } from './schemas.ts';
import type { SiteText } from './site.ts';
import { stepProcesses } from './step-processes.ts';

/** For so long the test host took us for somebody else, or we it. */
export type Refusal = { from: Date; to: Date };

/** A round of upkeep each 15 s, after a lease of 30 s where who led it has died, and on a machine that does much else. */
const upkeepSeconds = 240;

/** Databases of runs that are over, processes of steps, one-run keys. */
export async function leftOnHosts(rig: Rig, refusals: readonly Refusal[] = []): Promise<string[]> {
  const faults = await copiesLeft(rig);
  const grants = await rig.sandbox.hosts.hosts['prod-db']
    .exec(['sh', '-c', 'cat opt/freshet/keys/grants 2>/dev/null || true'])
    .then(({ stdout }) => stdout.split('\n').filter((line) => line !== '' && !line.startsWith('#')));
  if (grants.length > 0) faults.push(`${grants.length} one-run keys may still read backups`);
  faults.push(...(await foldersLeft(rig, refusals)));
  for (const { pid, run } of stepProcesses(rig)) {
    // Of no run: a backup is being read where it lies.
    if ((await rig.store.runs.get(run as RunId)) !== undefined)
      faults.push(`process ${pid} of a step still runs`);
  }
  return faults;
}

/** `goes`: with the upkeep, at its next round. */
type Left = { what: string; goes: boolean };

/** New databases that nobody may go on from. */
async function copiesLeft(rig: Rig): Promise<string[]> {
  let left: Left[] = [];
  const look = async () => {
    left = [...(await databasesLeft(rig)), ...(await schemasLeft(rig))];
    return left.every(({ goes }) => !goes);
  };
  await until('the upkeep has been round', look, upkeepSeconds).catch(() => undefined);
  return left.map(({ what }) => `${what} was left`);
}

async function databasesLeft(rig: Rig): Promise<Left[]> {
  const client = await rig.sandbox.hosts.hosts['test-db'].connect('postgres');
  try {
    const { rows } = await client.query<{ datname: string; open: boolean }>(
      `select datname, datallowconn as open from pg_database
       where datname like '%\\_\\_new\\_%' or datname like 'freshet\\_gone\\_%'`,
    );
    const left: Left[] = [];
    for (const { datname, open } of rows) {
      const what = `database ${datname}`;
      // Being dropped.
      if (datname.startsWith('freshet_gone_')) left.push({ what, goes: true });
      else if (open) left.push({ what, goes: false });
      else left.push(...(await leftOfRetry(rig, what, datname)));
    }
    return left;
  } finally {
    await client.end();
  }
}

async function schemasLeft(rig: Rig): Promise<Left[]> {
  if (rig.sandbox.hosts.hosts['test-db'].mariadbPort === undefined) return [];
  const [schemas] = await onServer(rig, (server) => server.query(`SHOW DATABASES LIKE '%\\_\\_new\\_%'`));
  const left: Left[] = [];
  for (const name of (schemas as object[]).map((row) => String(Object.values(row)[0])))
    left.push(...(await leftOfRetry(rig, `schema ${name}`, name)));
  return left;
}

/** Only what a run has kept that failed, as its last event says, may stay, as long as it can be retried. */
async function leftOfRetry(rig: Rig, what: string, databaseName: string): Promise<Left[]> {
  const run = await rig.store.runs.get((databaseName.split('__new_')[1] ?? '') as RunId);
  const request = run === undefined ? undefined : await rig.store.requests.get(run.request);
  if (run?.endedAt === undefined || request === undefined) return [{ what, goes: false }];
  const failure = endOfAttempt(await rig.store.events.ofRequest(request.id));
  if (failure?.type !== 'run-failed' || !/Retry goes on from/.test(failure.hint))
    return [{ what, goes: false }];
  const site = parse(await readFile(rig.siteFile, 'utf8')) as SiteText;
  const said = site.environments[request.environment]?.keepFailed;
  const term = typeof said === 'string' ? said : '1d';
  const last = Math.min(run.endedAt.getTime() + ms(term), request.expiresAt.getTime());
  // Its retry may have been called off while it waited for its target.
  return request.state === 'failed' && Date.now() < last ? [] : [{ what, goes: true }];
}

/** How the last attempt ended; where it was cancelled, how it began. */
function endOfAttempt(events: readonly Event[]): Event | undefined {
  return events.findLast(({ type }) =>
    ['run-started', 'run-succeeded', 'run-failed', 'run-fenced'].includes(type),
  );
}

function ms(duration: string): number {
  const unit = { s: 1, m: 60, h: 3600, d: 86_400 }[duration.at(-1) ?? ''] ?? 0;
  return Number.parseInt(duration, 10) * unit * 1000;
}

/** Folders of runs: messages of the tools of a run that failed stay for who looks into it, and never a backup. */
async function foldersLeft({ sandbox, store }: Rig, refusals: readonly Refusal[]): Promise<string[]> {
  const faults: string[] = [];
  for (const host of Object.values(sandbox.hosts.hosts)) {
    const { stdout } = await host.exec(['sh', '-c', 'ls opt/freshet/state/runs 2>/dev/null || true']);
    for (const name of stdout.split('\n').filter((line) => line !== '')) {
      const run = await store.runs.get(name as RunId);
      // Of no run: a backup is being read where it lies.
      if (run === undefined) continue;
      const wasRefused = refusals.some(
        ({ from, to }) => run.startedAt <= to && (run.endedAt === undefined || run.endedAt >= from),
      );
      if (host.name === 'test-db' && wasRefused) continue;
      const request = (await store.requests.get(run.request))!;
      const end = endOfAttempt(await store.events.ofRequest(request.id));
      if (end?.type !== 'run-failed' && end?.type !== 'run-fenced')
        faults.push(`${host.name} has a folder of ${name}, of ${request.id} (${request.state})`);
      const { stdout: files } = await host.exec([
        'sh',
        '-c',
        `find opt/freshet/state/runs/${name} -name '*.backup'`,
      ]);
      if (files.trim() !== '' && request.state !== 'fenced')
        faults.push(`${host.name} has a backup in the folder of ${name}`);
    }
  }
  return faults;
}
