import type { EngineSites } from '../src/domain/engine-site.ts';
import { configError, oneOf } from '../src/domain/errors.ts';
import type { Engine } from './engine.ts';
import { mysql } from './mysql/index.ts';
import { postgres } from './postgres/index.ts';

/**
 * The engines that there are, by the name that a server's `engine` has in the site file. The first is what `init` takes where it
 * is not told another.
 */
export const engines: Readonly<Record<string, Engine>> = {
  [postgres.name]: postgres,
  [mysql.name]: mysql,
};

/** What each says of itself to the configuration. */
export const engineSites: EngineSites = Object.fromEntries(
  Object.values(engines).map(({ name, site }) => [name, site]),
);

/** The engine of that name. Config `engine-unknown` for any other. */
export function engineNamed(name: string): Engine {
  const engine = Object.hasOwn(engines, name) ? engines[name] : undefined;
  if (engine !== undefined) return engine;
  throw configError(
    'engine-unknown',
    `Engine "${name}" is not known; expected ${oneOf(Object.keys(engines))}.`,
    'Correct `engine` of the server in the site file.',
  );
}
