import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { installLocally } from '../../runners/host-program/install.ts';
import { type HostServer } from '../../runners/host-program/host-conf.ts';
import { setupSql as setupMariadb } from '../../runners/mysql/setup.ts';
import { setupSql } from '../../runners/postgres/setup.ts';
import { freshetDefaults } from './hosts/catalog/accounts.ts';
import { CATALOG_ENVIRONMENTS } from './hosts/catalog/catalog.ts';
import { BILLING_ENVIRONMENTS } from './hosts/billing/billing.ts';
import { clusterFiles } from './hosts/cluster.ts';
import { ENVIRONMENTS } from './hosts/environments.ts';
import type { SandboxHost, SandboxHosts } from './hosts/hosts.ts';
import { findMariadb, mariadbFiles, runClient } from './hosts/mariadb.ts';
import { prepareTaking, proofDatabase } from './hosts/taking.ts';
import { findTool } from './setup.mjs';
import { proofOn, takenInto } from './taking.ts';

/** What a target of the host's own file is called, and where it lies. */
type Target = { name: string; server: string; database: string };

const admin = 'freshet_admin';
const loader = 'freshet_loader';
const reader = 'freshet_reader';

/** Does on both hosts what `npx freshet host install` tells an administrator to do. */
export async function installOn(
  hosts: SandboxHosts,
  { shell, billing = false, takes = false }: { shell?: string; billing?: boolean; takes?: boolean },
): Promise<void> {
  for (const host of Object.values(hosts.hosts)) {
    const isTarget = host.name === 'test-db';
    const servers = isTarget ? serversOn(host, takes) : [];
    const targets = isTarget ? targetsOn(host, billing, takes) : [];
    const installed = await installLocally({
      folder: join(host.root, 'opt/freshet'),
      publicKey: hosts.bot.publicKey,
      ports: servers.map(({ port }) => port),
      file: {
        ...(shell === undefined ? {} : { shell }),
        keepEnv: 'FRESHET_SANDBOX',
        tools: toolsOn(host, isTarget && takes),
        servers,
        targets,
        roots: isTarget
          ? takes
            ? [{ name: takenInto, path: host.files.taken, takes }]
            : []
          : Object.entries(host.files.backups).map(([name, path]) => ({ name, path })),
      },
    });
    await host.authorise((await readFile(installed.authorizedKeys, 'utf8')).trim());
    if (!isTarget) continue;
    if (takes) await prepareTaking(host, hosts.bot);
    await prepareServers(host, targets, takes);
  }
}

async function prepareServers(host: SandboxHost, targets: readonly Target[], takes: boolean): Promise<void> {
  const roles = { admin, loader, ...(takes ? { reader } : {}) };
  const on = (server: string) =>
    targets.flatMap((target) => (target.server === server ? target.database : []));
  await host.sql('postgres', setupSql({ ...roles, owners: [], databases: on('test-pg') }));
  // The account that the environment's own script names.
  await host.sql('postgres', ensureRole('ci_dashboard'));
  if (host.mariadbPort === undefined) return;
  await runClient(host.root, host.mariadbPort, setupMariadb({ ...roles, databases: on('test-maria') }));
}

function serversOn(host: SandboxHost, takes: boolean): HostServer[] {
  const logins = { loader, ...(takes ? { reader } : {}) };
  const postgres = {
    name: 'test-pg',
    engine: 'postgres',
    port: host.pgPort,
    passfile: host.files.pgpass,
    ...logins,
    data: clusterFiles(host.root).data,
  };
  if (host.mariadbPort === undefined) return [postgres];
  const mariadb = {
    name: 'test-maria',
    engine: 'mysql',
    port: host.mariadbPort,
    passfile: freshetDefaults(host.root),
    ...logins,
    data: mariadbFiles(host.root).data,
  };
  return [postgres, mariadb];
}

function targetsOn(host: SandboxHost, billing: boolean, takes: boolean): Target[] {
  const named = (
    server: string,
    name: string,
    places: readonly { environment: string; database: string }[],
  ): Target[] =>
    places.map(({ environment, database }) => ({ name: `${environment}-${name}`, server, database }));
  const servers = ['test-pg', ...(host.mariadbPort === undefined ? [] : ['test-maria'])];
  return [
    ...named('test-pg', 'orders', ENVIRONMENTS),
    ...named('test-pg', 'billing', billing ? BILLING_ENVIRONMENTS : []),
    ...named('test-maria', 'catalog', host.mariadbPort === undefined ? [] : CATALOG_ENVIRONMENTS),
    ...(takes ? servers : []).map((server) => ({
      name: proofOn(server).target,
      server,
      database: proofDatabase,
    })),
  ];
}

function ensureRole(name: string): string {
  return `do $$ begin create role ${name}; exception when duplicate_object then null; end $$`;
}

function toolsOn(host: SandboxHost, takes: boolean): Record<string, string> {
  const system = Object.fromEntries(
    (['gzip', 'zstd', 'cat'] as const)
      .map((name) => [name, findTool(name)])
      .filter(([, path]) => path !== undefined),
  ) as Record<string, string>;
  const programs = ['pg_restore', 'psql', ...(takes ? ['pg_dump'] : [])];
  return {
    ...Object.fromEntries(programs.map((name) => [name, join(host.pgBin, name)])),
    ...(host.mariadbPort === undefined ? {} : mariadbTools(takes)),
    ...system,
  };
}

function mariadbTools(takes: boolean): Record<string, string> {
  const { client, dump } = findMariadb();
  return { mariadb: client, ...(takes ? { 'mariadb-dump': dump } : {}) };
}
