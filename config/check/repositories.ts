import { parseNamePattern } from '../../src/domain/name-pattern.ts';
import { isZone } from '../../src/domain/zone.ts';
import { shown } from '../faults.ts';
import { checkName } from './hosts.ts';
import { each, type Report } from './report.ts';

/** Where backups lie: hosts, environments, patterns, zones, and raw data only where it may lie. */
export function checkRepositories(report: Report): void {
  const roots = new Map<string, string>();
  const takers = new Map<string, string>();
  for (const [id, repository] of each(report.file.repositories)) {
    const at = ['repositories', id];
    checkName(report, [...at, 'host'], repository.host, 'hosts', 'a host');
    checkName(report, [...at, 'environment'], repository.environment, 'environments', 'an environment');
    const { host, root, pattern, timeZone } = repository;
    if (host !== undefined && root !== undefined) {
      const other = roots.get(`${host}/${root}`);
      if (other === undefined) roots.set(`${host}/${root}`, id);
      else
        report.fault(
          [...at, 'root'],
          `"${root}" on "${host}" is already repository "${other}"; a backup has one place.`,
        );
    }
    if (
      repository.anonymisation === 'raw' &&
      host !== undefined &&
      report.file.hosts?.[host]?.holdsRawData === false
    ) {
      report.fault(
        [...at, 'host'],
        `Its backups are raw, and host "${host}" may not hold raw data.`,
        `Set "hosts.${host}.holdsRawData: true", or "anonymisation: declared" if they were anonymised.`,
      );
    }
    if (repository.takes === true) checkTakes(report, id, takers);
    else if (repository.retention !== undefined) {
      report.fault(
        [...at, 'retention'],
        'Only what Freshet took is ever removed, and it takes nothing into this repository.',
        'Say "takes: true", or leave the retention to the job that writes here.',
      );
    }
    if (timeZone !== undefined && !isZone(timeZone)) {
      report.fault(
        [...at, 'timeZone'],
        `${shown(timeZone)} is no zone; expected a name such as "Europe/Berlin", an offset such as "+01:00", or "Z".`,
      );
    }
    if (pattern !== undefined) {
      const parsed = parseNamePattern(pattern);
      if ('fault' in parsed) report.fault([...at, 'pattern'], parsed.fault, parsed.hint);
    }
  }
}

/** What is taken is whole and as it was in its source, and where it goes is never a question. */
function checkTakes(report: Report, id: string, takers: Map<string, string>): void {
  const at = ['repositories', id, 'takes'];
  const { anonymisation, scope, environment } = report.file.repositories?.[id] ?? {};
  if (anonymisation === 'declared' || scope === 'subset') {
    report.fault(
      at,
      'What is taken is raw and full, and this repository declares its backups to be otherwise.',
      'Give taken backups a repository of their own.',
    );
  }
  if (environment === undefined) return;
  const from = report.file.environments?.[environment];
  if (from?.production === true && !each(from.databases).some(([, { target }]) => target !== undefined)) {
    report.fault(
      at,
      `Where the databases of "${environment}" are is not known here.`,
      'Say "server" and "target" of those that may be read; or leave it to jobs of its own.',
    );
  }
  const other = takers.get(environment);
  if (other === undefined) takers.set(environment, id);
  else report.fault(at, `Backups of "${environment}" are taken into repository "${other}" already.`);
}
