import { loadSite } from '../../../../config/load.ts';
import type { Site } from '../../../domain/site.ts';
import type { Store } from '../../../store/store.ts';
import { PRODUCTION_ROLES } from '../../hosts/accounts.ts';
import { ENVIRONMENTS } from '../../hosts/environments.ts';
import type { SandboxHost } from '../../hosts/hosts.ts';
import type { Sandbox } from '../../sandbox.ts';
import type { Part } from '../parts.ts';
import { repeat } from '../repeat.ts';
import { readFolders } from './folders.ts';
import { heldBy } from './held.ts';
import { sampleOf } from './sample.ts';
import { watchServer, type Listed } from './server.ts';
import type { Before, DatabasesState, Environment, Sample } from './state.ts';

const everyMs = 2000;

/** A database that is shown: where it is, and as whom its rows are read. */
type Shown = { environment: string; database: string; host: SandboxHost; account: string };

/**
 * The databases and the folders of backups, below. Read once at the start, so that a first refresh has a "before", and
 * every two seconds while somebody looks: one connection to each server, and one for a moment where rows were written.
 */
export function databasesPart(
  sandbox: Sandbox,
  store: Store | undefined,
  log: (fault: unknown) => void,
): Part<'databases'> {
  const { 'test-db': test, 'prod-db': production } = sandbox.hosts.hosts;
  const shown: Shown[] = [
    ...ENVIRONMENTS.map(({ environment, database, roles }) => ({
      environment,
      database,
      host: test,
      account: roles.app,
    })),
    { environment: 'production', database: 'orders', host: production, account: PRODUCTION_ROLES.app },
  ];
  const servers = new Map([test, production].map((host) => [host, watchServer(host)]));
  /** By server and oid, which stays with a database whatever its name. */
  const samples = new Map<string, { written: string; sample: Sample }>();
  let site: Site | undefined;
  let state: DatabasesState = { environments: [], folders: [] };

  async function look(): Promise<number> {
    site ??= (await loadSite({ path: sandbox.siteFile, engines: ['postgres'] })).site;
    // While a run is at work on a target the page stays out of its way.
    const busy = (await store?.runs.active())?.length ?? 0;
    const environments: Environment[] = [];
    for (const [host, server] of servers) {
      const listed = await server.list();
      for (const one of shown.filter((each) => each.host === host)) {
        environments.push(await environmentOf(one, listed, site, busy > 0 && host === test));
      }
    }
    state = { environments, folders: await readFolders(sandbox, store) };
    return everyMs;
  }

  async function environmentOf(
    { environment: name, database, host, account }: Shown,
    listed: readonly Listed[],
    from: Site,
    busy: boolean,
  ): Promise<Environment> {
    const live = listed.find((one) => one.name === database);
    const environment = from.environments[name];
    const { holds, swap } = name === 'production' ? {} : await heldBy(store, database);
    const kept = listed.find((one) => one.name === swap?.keptName);
    const making = listed.find((one) => one.name.startsWith(`${database}__new_`));
    return {
      name,
      title: environment?.title ?? name,
      databaseName: database,
      host: host.name,
      production: name === 'production',
      protected: environment?.protected ?? false,
      accepts: environment?.accepts ?? [],
      now: live && (await current(live, { host, account, busy })),
      closed: live === undefined || !live.open,
      bytes: live?.bytes,
      holds,
      before: kept && swap && beforeOf(kept, swap.keptContents?.id, swap.keptUntil),
      making: making && { name: making.name, bytes: making.bytes },
      sessions: live?.sessions ?? [],
    };
  }

  /** What is in it now; what was seen in it last where it can't be asked. */
  async function current(
    live: Listed,
    how: { host: SandboxHost; account: string; busy: boolean },
  ): Promise<Sample | undefined> {
    const key = `${how.host.name}/${live.oid}`;
    const last = samples.get(key);
    if (!live.open || how.busy || last?.written === live.written) return last?.sample;
    try {
      const sample = await sampleOf(how.host, live.name, how.account);
      samples.set(key, { written: live.written, sample });
      return sample;
    } catch {
      // A swap came first; the next round reads what is there then.
      return last?.sample;
    }
  }

  function beforeOf(kept: Listed, backup: string | undefined, until: Date): Before {
    return {
      name: kept.name,
      backup,
      keptUntil: until.getTime(),
      bytes: kept.bytes,
      sample: samples.get(`${test.name}/${kept.oid}`)?.sample,
    };
  }

  const { onChange, close } = repeat({
    round: look,
    rest: async () => {
      for (const server of servers.values()) await server.close();
    },
    log,
  });
  return { name: 'databases', state: () => state, deeds: {}, onChange, close };
}
