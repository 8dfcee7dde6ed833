/** The longest name that a server takes. */
export type NameLimit = { most: number; unit: 'bytes' | 'characters' };

/**
 * What the site file, and whoever sets a server up, must know of a vendor's servers. Each engine says it of itself
 * (`Engine.site`); the configuration is handed all of them by the name that `engine` has in the file.
 */
export type EngineSite = {
  /** As people know it: `PostgreSQL`. */
  title: string;
  /** Port of a server that names none. */
  port: number;
  /** What is connected to while databases are exchanged, where a server names none; our own records are in it. */
  maintenanceDatabase: string;
  /** Databases that each server has for itself: never a target. */
  ownDatabases: readonly string[];
  /** Of a database. */
  longestName: NameLimit;
  /** Whether `extensions` means something here. */
  hasExtensions: boolean;
};

export type EngineSites = Readonly<Record<string, EngineSite>>;

/** By how much of the limit a name takes. */
export function nameLength(name: string, unit: NameLimit['unit']): number {
  return unit === 'bytes' ? Buffer.byteLength(name) : [...name].length;
}

/** The engine of that name; undefined for one that is not known. */
export function siteOfEngine(engines: EngineSites, name: string | undefined): EngineSite | undefined {
  return name !== undefined && Object.hasOwn(engines, name) ? engines[name] : undefined;
}
