import type { DatabaseSite, HostSite, RepositorySite, SecretRef, ServerSite } from '../src/domain/site.ts';
import type { Retention } from '../src/domain/retention.ts';
import type { SiteFile } from './schema.ts';

/** Of a restore, where the file says nothing. */
export const usualJobs = 4;

export function toHost(
  name: string,
  host: SiteFile['hosts'][string],
  ref: (text: string) => SecretRef,
): HostSite {
  const { passphrase, transfer, transfers, ...rest } = host;
  return {
    name,
    ...rest,
    key: ref(host.key),
    ...(passphrase === undefined ? {} : { passphrase: ref(passphrase) }),
    transfer: transfer ?? { address: host.address, port: host.port },
    ...(transfers === undefined ? {} : { transfers }),
  };
}

export function toDatabase(
  name: string,
  { engine, title, proof }: SiteFile['databases'][string],
): DatabaseSite {
  return {
    name,
    engine,
    title: title ?? name,
    ...(proof === undefined
      ? {}
      : { proof: { minimumRows: proof.minimumRows ?? {}, sentinels: proof.sentinels ?? [] } }),
  };
}

export function toServer(
  name: string,
  server: SiteFile['servers'][string],
  ref: (text: string) => SecretRef,
): ServerSite {
  const { extensions = [], reader, proves, admin = reader, loader = reader, ...rest } = server;
  // The checks refuse a server with none of them; this is for whoever forgets to call them.
  if (admin === undefined || loader === undefined) throw new TypeError(`"${name}" has no account`);
  return {
    name,
    ...rest,
    // Filled in by the engine where the file leaves them out; a server without an engine is a fault.
    port: server.port!,
    maintenanceDatabase: server.maintenanceDatabase!,
    extensions,
    admin: { user: admin.user, password: ref(admin.password) },
    loader: { user: loader.user, password: ref(loader.password) },
    ...(server.admin === undefined ? { onlyRead: true as const } : {}),
    ...(reader === undefined ? {} : { reader: { user: reader.user, password: ref(reader.password) } }),
    ...(proves === undefined
      ? {}
      : {
          proves: {
            databaseName: proves.databaseName,
            target: proves.target,
            jobs: proves.jobs ?? usualJobs,
          },
        }),
  };
}

export function toRepository(name: string, repository: SiteFile['repositories'][string]): RepositorySite {
  const { pattern, timeZone, scanEvery, proveEvery, takes, retention, ...rest } = repository;
  return {
    name,
    ...rest,
    ...(pattern === undefined ? {} : { pattern }),
    ...(timeZone === undefined ? {} : { timeZone }),
    scanEverySeconds: scanEvery,
    ...(proveEvery === undefined ? {} : { proveEverySeconds: proveEvery }),
    ...(takes ? { takes } : {}),
    ...(retention === undefined ? {} : { retention: toRetention(retention) }),
  };
}

function toRetention({
  maxAge,
  ...counts
}: NonNullable<SiteFile['repositories'][string]['retention']>): Retention {
  const said = Object.entries(counts).filter(([, count]) => count !== undefined);
  return { ...Object.fromEntries(said), ...(maxAge === undefined ? {} : { maxAgeSeconds: maxAge }) };
}
