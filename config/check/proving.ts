import { type EngineSites, siteOfEngine } from '../../src/domain/engine-site.ts';
import { isOnlyRead } from './hosts.ts';
import { checkLiveName } from './placements.ts';
import { each, type Report } from './report.ts';

/** Where backups are proven: one server of an engine, far from production, in databases and under a target that are nobody's. */
export function checkProving(report: Report, engines: EngineSites): void {
  const proving = new Map<string, string>();
  for (const [id, { engine, host, proves, admin, loader, reader }] of each(report.file.servers)) {
    if (proves === undefined) continue;
    const at = ['servers', id, 'proves'];
    const { databaseName, target } = proves;
    if (isOnlyRead({ admin, loader, reader })) {
      report.fault(
        at,
        'It has a reader alone, and nothing can be restored there.',
        'Give it "admin" and "loader".',
      );
    }
    if (databaseName !== undefined)
      checkLiveName(report, at, databaseName, id, siteOfEngine(engines, engine));
    if (engine !== undefined) {
      const other = proving.get(engine);
      if (other === undefined) proving.set(engine, id);
      else
        report.fault(
          at,
          `"${other}" proves "${engine}" backups already; each engine has one server that does.`,
        );
    }
    for (const [environment, { databases, production }] of each(report.file.environments)) {
      for (const [database, placement] of each(databases)) {
        const me = `environments.${environment}.databases.${database}`;
        const on = report.file.servers?.[placement.server ?? '']?.host;
        if (
          databaseName !== undefined &&
          placement.server === id &&
          placement.databaseName === databaseName
        ) {
          report.fault([...at, 'databaseName'], `"${databaseName}" is ${me}; a proof has a name of its own.`);
        }
        if (target !== undefined && on === host && placement.target === target)
          report.fault([...at, 'target'], `"${target}" is the target of ${me}; a proof has one of its own.`);
        if (production === true && host !== undefined && on === host && proves.besideProduction !== true) {
          report.fault(
            at,
            `Its host "${host}" has a server of production; whole restores would take it the disk and the memory.`,
            'Prove on another host, or say "besideProduction: true".',
          );
        }
      }
    }
  }
  for (const [id, { proveEvery, anonymisation }] of each(report.file.repositories)) {
    if (proveEvery === undefined) continue;
    const hosts = [...proving.values()].map((server) => report.file.servers?.[server]?.host ?? '');
    if (anonymisation === 'raw' && hosts.some((host) => report.file.hosts?.[host]?.holdsRawData === false)) {
      report.fault(
        ['repositories', id, 'proveEvery'],
        'Its backups are raw, and a host that proves may not hold raw data.',
        'Prove on a host that may, or on request only.',
      );
    }
    if (proving.size > 0) continue;
    report.fault(
      ['repositories', id, 'proveEvery'],
      'No server proves backups.',
      'Set "proves" of a server that may.',
    );
  }
}
