import { whereabouts } from './lookup.ts';
import type { EnvironmentSite, Placement, Site } from './site.ts';

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
    jobs: placement.jobs,
    drainSeconds: environment.drainSeconds,
    keepOldSeconds: environment.keepOldSeconds,
  };
}
