import type { z } from 'zod';
import type { placement } from '../schema/environments.ts';
import type { Loose } from '../salvage.ts';
import { type EngineSite, type EngineSites, nameLength, siteOfEngine } from '../../src/domain/engine-site.ts';
import { checkName, isOnlyRead } from './hosts.ts';
import { each, type Report } from './report.ts';

type PlacementFile = Loose<z.output<typeof placement>>;
type Where = {
  engines: EngineSites;
  environment: string;
  database: string;
  production: boolean;
  accepts: readonly string[] | undefined;
  acceptsOwn: boolean;
};

const forTargetsOnly = ['scripts', 'neutralise', 'minimumRows', 'sentinels', 'keep', 'events'] as const;

/** One database in one environment, by itself. */
export function checkPlacement(report: Report, where: Where, placement: PlacementFile): void {
  const at = ['environments', where.environment, 'databases', where.database];
  checkName(report, [...at, 'server'], placement.server, 'servers', 'a server');
  checkSameEngine(report, at, where, placement);
  if (placement.databaseName !== undefined)
    checkLiveName(
      report,
      at,
      placement.databaseName,
      placement.server,
      siteOfEngine(where.engines, report.file.databases?.[where.database]?.engine),
    );
  if (where.production) {
    for (const key of forTargetsOnly) {
      if (placement[key] === undefined) continue;
      report.fault(
        [...at, key],
        `"${key}" means nothing here: production is never a target.`,
        'Remove the line.',
      );
    }
    checkRead(report, at, placement);
    return;
  }
  if (isOnlyRead(report.file.servers?.[placement.server ?? ''] ?? {})) {
    report.fault(
      [...at, 'server'],
      `"${placement.server}" has a reader alone, and nothing on it can be a target.`,
      'Name another server, or give it "admin" and "loader".',
    );
  }
  for (const key of ['server', 'target'] as const) {
    if (placement[key] !== undefined || !report.whole(at)) continue;
    const what = key === 'server' ? 'the name of a server' : "the name of the target in the host's own file";
    report.fault([...at, key], `It is missing; expected ${what}.`);
  }
  checkRaw(report, where, placement.server);
  checkKept(report, at, placement.keep);
}

/** A database of production that backups may be taken of: where it is, and under whom. */
function checkRead(
  report: Report,
  at: readonly PropertyKey[],
  { server, target, jobs }: PlacementFile,
): void {
  if (target === undefined) {
    if (jobs !== undefined)
      report.fault(
        [...at, 'jobs'],
        '"jobs" means nothing here: backups are taken of what has a "target".',
        'Remove the line.',
      );
    return;
  }
  if (server === undefined) {
    report.fault([...at, 'server'], 'It is missing; expected the name of a server.');
  } else if (
    report.file.servers?.[server] !== undefined &&
    report.file.servers[server].reader === undefined
  ) {
    report.fault(
      [...at, 'server'],
      `"${server}" has no "reader", under whom backups are taken.`,
      'Give it one, or remove "target".',
    );
  }
}

/** A table that is kept twice would be kept as the last entry says, and nobody would know. */
function checkKept(report: Report, at: readonly PropertyKey[], kept: PlacementFile['keep']): void {
  const seen = new Set<string>();
  for (const [index, one] of (kept ?? []).entries()) {
    const table = one?.table;
    if (table === undefined) continue;
    if (seen.has(table))
      report.fault(
        [...at, 'keep', index, 'table'],
        `"${table}" is kept already; a table is named once.`,
        'Join the conditions by "or".',
      );
    seen.add(table);
  }
}

function checkSameEngine(
  report: Report,
  at: readonly PropertyKey[],
  where: Where,
  placement: PlacementFile,
): void {
  const wanted = report.file.databases?.[where.database]?.engine;
  const server = placement.server === undefined ? undefined : report.file.servers?.[placement.server]?.engine;
  if (wanted === undefined || server === undefined || wanted === server) return;
  // A misspelt engine is said where it stands.
  if ([wanted, server].some((name) => siteOfEngine(where.engines, name) === undefined)) return;
  report.fault(
    [...at, 'server'],
    `"${placement.server}" is a "${server}" server, and database "${where.database}" is "${wanted}".`,
    `Name a "${wanted}" server.`,
  );
}

/** A name that a server takes, and that is neither its own nor one of our copies. */
export function checkLiveName(
  report: Report,
  at: readonly PropertyKey[],
  name: string,
  server: string | undefined,
  engine: EngineSite | undefined,
): void {
  const path = [...at, 'databaseName'];
  const { most, unit } = engine?.longestName ?? { most: Infinity, unit: 'bytes' };
  const length = nameLength(name, unit);
  if (length > most) report.fault(path, `"${name}" has ${length} ${unit}; a server takes at most ${most}.`);
  const maintenance = server === undefined ? undefined : report.file.servers?.[server]?.maintenanceDatabase;
  if (name === maintenance || engine?.ownDatabases.includes(name) === true) {
    report.fault(path, `"${name}" is a database of the server itself and never a target.`);
  }
  if (/__(?:new|old)_[a-z2-7]{8}$/.test(name)) {
    report.fault(path, `"${name}" looks like a copy made by Freshet; expected the live name.`);
  }
}

/** Raw data only on hosts that are marked for it (promise 4). */
function checkRaw(report: Report, where: Where, serverName: string | undefined): void {
  const key = where.accepts?.includes('raw') ? 'accepts' : where.acceptsOwn ? 'acceptsOwn' : undefined;
  if (key === undefined || serverName === undefined) return;
  const hostName = report.file.servers?.[serverName]?.host;
  if (hostName === undefined || report.file.hosts?.[hostName]?.holdsRawData !== false) return;
  const [what, leave] =
    key === 'accepts' ? ['"raw" is accepted', '"raw"'] : ['What is taken of it is "raw"', '"acceptsOwn"'];
  report.fault(
    ['environments', where.environment, key],
    `${what}, and "${where.database}" lives on host "${hostName}", which may not hold raw data.`,
    `Leave ${leave} out, or set "hosts.${hostName}.holdsRawData: true" if it may.`,
  );
}

/** What no two databases may share: the live database, the target's name on its host, the names of copies. */
export function checkShared(report: Report): void {
  const live = new Map<string, string>();
  const targets = new Map<string, string>();
  const copies = new Map<string, string>();
  for (const [environment, { databases, production }] of each(report.file.environments)) {
    for (const [database, { server, databaseName, target }] of each(databases)) {
      const me = `environments.${environment}.databases.${database}`;
      const at = ['environments', environment, 'databases', database];
      if (server === undefined) continue;
      if (databaseName !== undefined) {
        const other = taken(live, `${server}/${databaseName}`, me);
        if (other !== undefined) {
          const message = `"${databaseName}" on "${server}" is already ${other}; one would overwrite the other.`;
          report.fault([...at, 'databaseName'], message);
        } else if (production === false) {
          // Copies are called by the first 40 bytes: with equal beginnings their names would be equal.
          const stem = Buffer.from(databaseName).subarray(0, 40).toString('latin1');
          const twin = taken(copies, `${server}/${stem}`, me);
          if (twin !== undefined) {
            const message = `"${databaseName}" begins with the same 40 bytes as ${twin}; the names of their copies would clash.`;
            report.fault([...at, 'databaseName'], message);
          }
        }
      }
      const host = report.file.servers?.[server]?.host;
      if (host === undefined || target === undefined) continue;
      const holder = taken(targets, `${host}/${target}`, me);
      if (holder !== undefined) {
        report.fault(
          [...at, 'target'],
          `"${target}" on host "${host}" is already ${holder}; a target is one database.`,
        );
      }
    }
  }
}

function taken(seen: Map<string, string>, key: string, me: string): string | undefined {
  const other = seen.get(key);
  if (other === undefined) seen.set(key, me);
  return other;
}
