import { type EngineSites, siteOfEngine } from '../src/domain/engine-site.ts';

/** The file with what its servers leave to their engines filled in, so that all that follows finds it in one place. */
export function withEngineDefaults(raw: unknown, engines: EngineSites): unknown {
  if (!isMapping(raw) || !isMapping(raw['servers'])) return raw;
  const servers = Object.entries(raw['servers']).map(([name, server]) => {
    const engine = isMapping(server) ? siteOfEngine(engines, String(server['engine'])) : undefined;
    if (!isMapping(server) || engine === undefined) return [name, server];
    const { port, maintenanceDatabase } = engine;
    return [name, { port, maintenanceDatabase, ...server }];
  });
  return { ...raw, servers: Object.fromEntries(servers) };
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
