import { conflict, inputError, nearest, notFound, oneOf } from './errors.ts';
import type { EnvironmentSite, HostSite, Placement, RepositorySite, ServerSite, Site } from './site.ts';
import { reservedWords } from './words.ts';

/** The environment of that name, or `NotFound` (code `environment-unknown`) with the nearest name. `sources`: production's are told, too. */
export function environmentNamed(site: Site, name: string, { sources = false } = {}): EnvironmentSite {
  const environment = Object.hasOwn(site.environments, name) ? site.environments[name] : undefined;
  if (environment !== undefined) return environment;
  const targets = Object.values(site.environments)
    .filter((candidate) => sources || !candidate.production)
    .map((candidate) => candidate.name);
  throw notFound(
    'environment-unknown',
    `Environment "${cut(name)}" is not configured; expected ${oneOf(targets)}.`,
    meantOrVerb(name, targets),
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
    meantOrVerb(name, names),
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

/** The same of what may have been meant as a command: names of environments and databases stand where its verb does. */
function meantOrVerb(value: string, allowed: readonly string[]): string {
  const verb = nearest(value, allowed) === undefined ? nearest(value, reservedWords) : undefined;
  return verb === undefined
    ? meant(value, allowed)
    : `did you mean the command "${verb}"? /refresh help and /backups help list them.`;
}

/** Values come back in messages: never longer than a line, never with control characters. */
export function cut(value: string, characters = 60): string {
  // oxlint-disable-next-line no-control-regex -- control characters are just what is to go
  const clean = value.replaceAll(/[\u0000-\u001f\u007f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, '?');
  const all = [...clean];
  return all.length <= characters ? clean : `${all.slice(0, characters - 1).join('')}…`;
}

/** The repository that backups of this environment are taken into, or `Conflict` (code `takes-nowhere`). */
export function takerOf(site: Site, environment: string): RepositorySite {
  const taker = Object.values(site.repositories).find(
    (repository) => repository.takes === true && repository.environment === environment,
  );
  if (taker !== undefined) return taker;
  throw conflict(
    'takes-nowhere',
    `No repository takes backups of "${environment}".`,
    'Set `takes: true` of a repository of it in the site file.',
    { field: 'environment' },
  );
}
