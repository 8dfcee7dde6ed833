import { whereabouts } from './lookup.ts';
import type { EnvironmentSite, Placement, RepositorySite, Site } from './site.ts';

/** Where a repository is, in words that are another where any of it is. */
export function repositoryPlace(site: Site, repository: RepositorySite): string {
  const host = site.hosts[repository.host];
  const { name = '', address = '', port = '', hostKey = '' } = host ?? {};
  return [name, address, port, hostKey, repository.root].join(' ');
}

/** Where a database that is only read really is, and under whom it is read: part of what people approve. */
export function readPlaceOf(site: Site, placement: Placement): Readonly<Record<string, unknown>> {
  const { server, host } = whereabouts(site, placement);
  return {
    host: { name: host.name, address: host.address, port: host.port, user: host.user, key: host.hostKey },
    port: server.port,
    reader: server.reader?.user,
    jobs: placement.jobs,
  };
}

/** Where a backup is restored for a proof, under whom, and what must hold in it. */
export function provingPlaceOf(site: Site, placement: Placement): Readonly<Record<string, unknown>> {
  const { server, host } = whereabouts(site, placement);
  return {
    host: { name: host.name, address: host.address, port: host.port, user: host.user, key: host.hostKey },
    port: server.port,
    admin: server.admin.user,
    loader: server.loader.user,
    extensions: server.extensions,
    minimumRows: placement.minimumRows,
    sentinels: placement.sentinels,
    jobs: placement.jobs,
  };
}

/**
 * Where a target really is, under whom it is worked on and how: part of what people approve, as another place of the same name
 * is another target.
 */
export function placeOf(
  site: Site,
  environment: EnvironmentSite,
  placement: Placement,
): Readonly<Record<string, unknown>> {
  const { server, host } = whereabouts(site, placement);
  return {
    host: { name: host.name, address: host.address, port: host.port, user: host.user, key: host.hostKey },
    port: server.port,
    maintenanceDatabase: server.maintenanceDatabase,
    admin: server.admin.user,
    loader: server.loader.user,
    extensions: server.extensions,
    minimumRows: placement.minimumRows,
    sentinels: placement.sentinels,
    // Left out where nothing is kept: what was approved before there was such a thing stays approved.
    ...(placement.keep === undefined ? {} : { keep: placement.keep }),
    ...(placement.events === 'as-live' ? { events: placement.events } : {}),
    jobs: placement.jobs,
    drainSeconds: environment.drainSeconds,
    keepOldSeconds: environment.keepOldSeconds,
  };
}
