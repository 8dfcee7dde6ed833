import type { z } from 'zod';
import type { placement } from '../schema/environments.ts';
import type { Loose } from '../salvage.ts';
import { checkName } from './hosts.ts';
import { each, type Report } from './report.ts';

type PlacementFile = Loose<z.output<typeof placement>>;
type Where = {
  engines: readonly string[];
  environment: string;
  database: string;
  production: boolean;
  accepts: readonly string[] | undefined;
};

const forTargetsOnly = ['target', 'scripts', 'minimumRows', 'sentinels', 'jobs'] as const;

/** One database in one environment, by itself. */
export function checkPlacement(report: Report, where: Where, placement: PlacementFile): void {
  const at = ['environments', where.environment, 'databases', where.database];
  checkName(report, [...at, 'server'], placement.server, 'servers', 'a server');
  checkSameEngine(report, at, where, placement);
  if (placement.databaseName !== undefined)
    checkLiveName(report, at, placement.databaseName, placement.server);
  if (where.production) {
    for (const key of forTargetsOnly) {
      if (placement[key] === undefined) continue;
      report.fault(
        [...at, key],
        `"${key}" means nothing here: production is never a target.`,
        'Remove the line.',
      );
    }
    return;
  }
  for (const key of ['server', 'target'] as const) {
    if (placement[key] !== undefined || !report.whole(at)) continue;
    const what = key === 'server' ? 'the name of a server' : "the name of the target in the host's own file";
    report.fault([...at, key], `It is missing; expected ${what}.`);
  }
  checkRaw(report, where, placement.server);
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
  if (!where.engines.includes(wanted) || !where.engines.includes(server)) return;
  report.fault(
    [...at, 'server'],
    `"${placement.server}" is a "${server}" server, and database "${where.database}" is "${wanted}".`,
    `Name a "${wanted}" server.`,
  );
}

function checkLiveName(
  report: Report,
  at: readonly PropertyKey[],
  name: string,
  server: string | undefined,
): void {
  const path = [...at, 'databaseName'];
  const bytes = Buffer.byteLength(name);
  if (bytes > 63) report.fault(path, `"${name}" has ${bytes} bytes; a server takes at most 63.`);
  const maintenance = server === undefined ? undefined : report.file.servers?.[server]?.maintenanceDatabase;
  if (name === maintenance || name === 'template0' || name === 'template1') {
    report.fault(path, `"${name}" is a database of the server itself and never a target.`);
  }
  if (/__(?:new|old)_[a-z2-7]{8}$/.test(name)) {
    report.fault(path, `"${name}" looks like a copy made by Freshet; expected the live name.`);
  }
}

/** Raw data only on hosts that are marked for it (promise 4). */
function checkRaw(report: Report, where: Where, serverName: string | undefined): void {
  if (!where.accepts?.includes('raw') || serverName === undefined) return;
  const hostName = report.file.servers?.[serverName]?.host;
  if (hostName === undefined || report.file.hosts?.[hostName]?.holdsRawData !== false) return;
  const at = ['environments', where.environment, 'accepts'];
  report.fault(
    at,
    `"raw" is accepted, and "${where.database}" lives on host "${hostName}", which may not hold raw data.`,
    `Leave "raw" out, or set "hosts.${hostName}.holdsRawData: true" if it may.`,
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
