import { inputError, nearest, notFound, oneOf } from './errors.ts';
import type { EnvironmentSite, HostSite, Placement, ServerSite, Site } from './site.ts';

/** The environment of that name, or `NotFound` (code `environment-unknown`) with the nearest name. */
export function environmentNamed(site: Site, name: string): EnvironmentSite {
  const environment = Object.hasOwn(site.environments, name) ? site.environments[name] : undefined;
  if (environment !== undefined) return environment;
  const targets = Object.values(site.environments)
    .filter((candidate) => !candidate.production)
    .map((candidate) => candidate.name);
  throw notFound(
    'environment-unknown',
    `Environment "${cut(name)}" is not configured; expected ${oneOf(targets)}.`,
    meant(name, targets),
    { field: 'environment' },
  );
}

/** Where `database` lives in the environment, or `NotFound` (code `database-unknown`). */
export function placementOf(environment: EnvironmentSite, database: string): Placement {
  const placement = Object.hasOwn(environment.databases, database)
    ? environment.databases[database]
    : undefined;
  if (placement !== undefined) return placement;
  const names = Object.keys(environment.databases);
  throw notFound(
    'database-unknown',
    `Database "${cut(database)}" does not live in "${environment.name}"; expected ${oneOf(names)}.`,
    meant(database, names),
    { field: 'database' },
  );
}

/** A database of the site, wherever it lives, or `NotFound` (code `database-unknown`). */
export function databaseNamed(site: Site, name: string): string {
  if (Object.hasOwn(site.databases, name)) return name;
  const names = Object.keys(site.databases);
  throw notFound(
    'database-unknown',
    `Database "${cut(name)}" is not configured; expected ${oneOf(names)}.`,
    meant(name, names),
    { field: 'database' },
  );
}

/** Server and host of a placement; the configuration has made sure that both exist. */
export function whereabouts(site: Site, placement: Placement): { server: ServerSite; host: HostSite } {
  const server = site.servers[placement.server];
  const host = server === undefined ? undefined : site.hosts[server.host];
  if (server === undefined || host === undefined) {
    throw inputError(
      'server-unknown',
      `Server "${placement.server}" of "${placement.database}" is not configured any more.`,
      'Put it back into the site file, or cancel the request.',
    );
  }
  return { server, host };
}

/** `did you mean "uat"?`, or the list where nothing is near. */
export function meant(value: string, allowed: readonly string[]): string {
  const near = nearest(value, allowed);
  if (near !== undefined) return `did you mean "${near}"?`;
  return allowed.length === 0 ? 'none is configured.' : `choose ${oneOf(allowed)}.`;
}

/** Values come back in messages: never longer than a line, never with control characters. */
export function cut(value: string, characters = 60): string {
  // oxlint-disable-next-line no-control-regex -- control characters are just what is to go
  const clean = value.replaceAll(/[\u0000-\u001f\u007f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, '?');
  const all = [...clean];
  return all.length <= characters ? clean : `${all.slice(0, characters - 1).join('')}…`;
}
