import { nearest } from '../../src/domain/errors.ts';
import { didYouMean, unknownName } from '../faults.ts';
import { each, type Report } from './report.ts';

/** Servers stand on hosts; nothing is listed under two names, which would let two targets be one. */
export function checkHosts(report: Report, engines: readonly string[]): void {
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
    const { admin, loader } = server;
    if (admin?.user !== undefined && admin.user === loader?.user) {
      report.fault(
        [...at, 'loader', 'user'],
        `"admin" and "loader" are the same account; backups are loaded under an account without further rights.`,
        'Give the loader a role of its own that owns new databases only.',
      );
    }
  }
}

export function checkEngine(
  report: Report,
  at: readonly PropertyKey[],
  engine: string | undefined,
  engines: readonly string[],
): void {
  if (engine === undefined || engines.includes(engine)) return;
  const expected = engines.map((name) => `"${name}"`).join(', ');
  report.fault(
    at,
    `"${engine}" is not an engine of Freshet; expected ${expected}.`,
    didYouMean(nearest(engine, engines)),
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
