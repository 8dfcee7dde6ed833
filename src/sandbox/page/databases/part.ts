import { engineSites } from '../../../../runners/index.ts';
import { loadSite } from '../../../../config/load.ts';
import { liveNames, type EnvironmentSite, type Site } from '../../../domain/site.ts';
import type { Store } from '../../../store/store.ts';
import { PRODUCTION_ROLES } from '../../hosts/accounts.ts';
import { CATALOG_ACCOUNTS, CATALOG_ENVIRONMENTS } from '../../hosts/catalog/catalog.ts';
import { ENVIRONMENTS } from '../../hosts/environments.ts';
import type { SandboxHost } from '../../hosts/hosts.ts';
import type { Sandbox } from '../../sandbox.ts';
import type { Part } from '../parts.ts';
import { repeat } from '../repeat.ts';
import { readFolders } from './folders.ts';
import { heldBy } from './held.ts';
import { watchMariadb } from './mariadb.ts';
import { type Engine, portraits, type Portrait } from './portraits.ts';
import { watchPostgres } from './postgres.ts';
import type { Listed, Watched } from './server.ts';
import type { Before, Database, DatabasesState, Environment, Sample } from './state.ts';

const everyMs = 2000;

/** Whose rows are read as whom, by engine and environment. */
const accounts: Readonly<Record<Engine, Readonly<Record<string, string>>>> = {
  postgres: {
    ...Object.fromEntries(ENVIRONMENTS.map(({ environment, roles }) => [environment, roles.app])),
    production: PRODUCTION_ROLES.app,
  },
  mysql: {
    ...Object.fromEntries(
      CATALOG_ENVIRONMENTS.map(({ environment, accounts: own }) => [environment, own.app]),
    ),
    production: CATALOG_ACCOUNTS.app,
  },
};

const watching: Readonly<Record<Engine, (host: SandboxHost) => Watched>> = {
  postgres: watchPostgres,
  mysql: watchMariadb,
};

/** A database that is shown: where it is, and how its rows are read. */
type Shown = {
  name: string;
  databaseName: string;
  host: SandboxHost;
  /** Its server. */
  watched: Watched;
  /** The name of that in the site file; undefined for production's. */
  server: string | undefined;
  account: string;
  portrait: Portrait;
};

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
  const servers = new Map<string, Watched>();
  /** By server and what stays with a database whatever its name. */
  const samples = new Map<string, { written: string; sample: Sample }>();
  let site: Site | undefined;
  let state: DatabasesState = { environments: [], folders: [] };

  async function look(): Promise<number> {
    site ??= (await loadSite({ path: sandbox.siteFile, engines: engineSites })).site;
    // While a run is at work on a target the page stays out of its way.
    const busy = ((await store?.runs.active())?.length ?? 0) > 0;
    const shown = Object.values(site.environments)
      .toSorted((a, b) => Number(a.production) - Number(b.production))
      .map((environment) => ({ environment, databases: shownOf(environment) }));
    const listed = new Map<Watched, Listed[]>();
    const all = shown.flatMap(({ databases }) => databases);
    for (const watched of new Set(all.map(({ watched: one }) => one))) {
      const there = all.filter((one) => one.watched === watched);
      listed.set(watched, await watched.list(there.map(({ databaseName }) => databaseName)));
    }
    const environments: Environment[] = [];
    for (const { environment, databases } of shown) {
      const { name, title, production: source, protected: guarded, accepts } = environment;
      const read: Database[] = [];
      for (const one of databases)
        read.push(await databaseOf(one, listed.get(one.watched) ?? [], busy && one.host === test));
      environments.push({ name, title, production: source, protected: guarded, accepts, databases: read });
    }
    state = { environments, folders: await readFolders(sandbox, store) };
    return everyMs;
  }

  /** The server of an engine on a host. */
  function watchedOn(host: SandboxHost, engine: Engine): Watched {
    const key = `${host.name}/${engine}`;
    const watched = servers.get(key) ?? watching[engine](host);
    servers.set(key, watched);
    return watched;
  }

  /** What the sandbox itself has made of it. */
  function shownOf(environment: EnvironmentSite): Shown[] {
    return Object.entries(liveNames(environment)).flatMap(([name, databaseName]) => {
      const portrait = portraits[name];
      const account = portrait && accounts[portrait.engine][environment.name];
      if (account === undefined || portrait === undefined) return [];
      const host = environment.production ? production : test;
      const watched = watchedOn(host, portrait.engine);
      const server = environment.databases[name]?.server;
      return [{ name, databaseName, host, watched, server, account, portrait }];
    });
  }

  async function databaseOf(shown: Shown, listed: readonly Listed[], busy: boolean): Promise<Database> {
    const { name, databaseName, host, server } = shown;
    const live = listed.find((one) => one.name === databaseName);
    const { holds, swap } = server === undefined ? {} : await heldBy(store, server, databaseName);
    const kept = listed.find((one) => one.name === swap?.keptName);
    const making = listed.find((one) => one.name.startsWith(`${databaseName}__new_`));
    return {
      name,
      databaseName,
      host: host.name,
      now: live && (await current(live, shown, busy)),
      closed: live === undefined || !live.open,
      bytes: live?.bytes,
      holds,
      before: kept && swap && beforeOf(shown, kept, swap.keptContents?.id, swap.keptUntil),
      making: making && { name: making.name, bytes: making.bytes },
      sessions: live?.sessions ?? [],
    };
  }

  /** What is in it now; what was seen in it last where it can't be asked. */
  async function current(
    live: Listed,
    { host, watched, account, portrait }: Shown,
    busy: boolean,
  ): Promise<Sample | undefined> {
    const key = keyOf(host, portrait, live);
    const last = samples.get(key);
    if (!live.open || busy || last?.written === live.written) return last?.sample;
    try {
      const sample = await watched.sample(live.name, account, portrait);
      samples.set(key, { written: live.written, sample });
      return sample;
    } catch {
      // A swap came first; the next round reads what is there then.
      return last?.sample;
    }
  }

  function beforeOf(
    { host, portrait }: Shown,
    kept: Listed,
    backup: string | undefined,
    until: Date,
  ): Before {
    return {
      name: kept.name,
      backup,
      keptUntil: until.getTime(),
      bytes: kept.bytes,
      sample: samples.get(keyOf(host, portrait, kept))?.sample,
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

function keyOf(host: SandboxHost, { engine }: Portrait, { lasting }: Listed): string {
  return `${host.name}/${engine}/${lasting}`;
}
