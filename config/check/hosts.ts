import { type EngineSites, siteOfEngine } from '../../src/domain/engine-site.ts';
import { nearest } from '../../src/domain/errors.ts';
import { didYouMean, unknownName } from '../faults.ts';
import type { server } from '../schema/hosts.ts';
import type { Loose } from '../salvage.ts';
import { each, type Report } from './report.ts';
import type { z } from 'zod';

/** Servers stand on hosts; nothing is listed under two names, which would let two targets be one. */
export function checkHosts(report: Report, engines: EngineSites): void {
  const addresses = new Map<string, string>();
  for (const [id, host] of each(report.file.hosts)) {
    if (host.address === undefined || host.port === undefined) continue;
    const place = `${host.address.toLowerCase()}:${host.port}`;
    const other = addresses.get(place);
    if (other === undefined) addresses.set(place, id);
    else report.fault(['hosts', id], `"${other}" has the same address and port; a host has one name.`);
  }
  const ports = new Map<string, string>();
  for (const [id, server] of each(report.file.servers)) {
    const at = ['servers', id];
    checkName(report, [...at, 'host'], server.host, 'hosts', 'a host');
    checkEngine(report, [...at, 'engine'], server.engine, engines);
    if (server.host !== undefined && server.port !== undefined) {
      const place = `${server.host}:${server.port}`;
      const other = ports.get(place);
      if (other === undefined) ports.set(place, id);
      else report.fault(at, `"${other}" has the same host and port; a server has one name.`);
    }
    const engine = siteOfEngine(engines, server.engine);
    if (engine?.hasExtensions === false && server.extensions !== undefined) {
      report.fault(
        [...at, 'extensions'],
        `"extensions" means nothing to ${engine.title}.`,
        'Remove the line.',
      );
    }
    checkAccounts(report, id, server);
    const { admin, loader, reader } = server;
    for (const [other, account] of Object.entries({ admin, loader })) {
      if (reader?.user === undefined || reader.user !== account?.user) continue;
      report.fault(
        [...at, 'reader', 'user'],
        `"reader" and "${other}" are the same account; backups are taken under one that reads everything and writes nothing.`,
        'Give the reader a role of its own.',
      );
    }
    if (admin?.user !== undefined && admin.user === loader?.user) {
      report.fault(
        [...at, 'loader', 'user'],
        `"admin" and "loader" are the same account; backups are loaded under an account without further rights.`,
        'Give the loader a role of its own that owns new databases only.',
      );
    }
  }
}

/** Either what a target needs, or a reader alone: then nothing there is ever written to. */
function checkAccounts(report: Report, id: string, server: ServerFile): void {
  const at = ['servers', id];
  if (!report.whole(at) || isOnlyRead(server)) return;
  for (const key of ['admin', 'loader'] as const) {
    if (server[key] !== undefined) continue;
    report.fault(
      [...at, key],
      'It is missing; expected an account: a mapping with "user" and "password".',
      'Only a server that names a "reader" and neither of both is read and nothing else.',
    );
  }
}

type ServerFile = Pick<Loose<z.output<typeof server>>, 'admin' | 'loader' | 'reader'>;

/** Whether nothing on this server can ever be a target. */
export function isOnlyRead({ admin, loader, reader }: ServerFile): boolean {
  return reader !== undefined && admin === undefined && loader === undefined;
}

export function checkEngine(
  report: Report,
  at: readonly PropertyKey[],
  engine: string | undefined,
  engines: EngineSites,
): void {
  if (engine === undefined || siteOfEngine(engines, engine) !== undefined) return;
  const names = Object.keys(engines);
  const expected = names.map((name) => `"${name}"`).join(', ');
  report.fault(
    at,
    `"${engine}" is not an engine of Freshet; expected ${expected}.`,
    didYouMean(nearest(engine, names)),
  );
}

/** Refuses a name that no entry of `section` has. */
export function checkName(
  report: Report,
  at: readonly PropertyKey[],
  value: string | undefined,
  section: 'hosts' | 'servers' | 'databases' | 'environments',
  what: string,
): void {
  const names = report.names(section);
  if (value === undefined || names.includes(value)) return;
  report.fault(at, unknownName(value, what, names), didYouMean(nearest(value, names)));
}
