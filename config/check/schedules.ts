import { nearest, oneOf } from '../../src/domain/errors.ts';
import { isScheduleWord } from '../../src/domain/words.ts';
import { didYouMean, shown } from '../faults.ts';
import { checkName } from './hosts.ts';
import { each, type Report } from './report.ts';

/** Schedules: places and people that exist, and names that nobody takes for a word of the command. */
export function checkSchedules(report: Report): void {
  for (const [name, schedule] of each(report.file.schedules)) {
    const at = ['schedules', name];
    if (isScheduleWord(name)) {
      report.fault(
        at,
        `"${name}" is a word of /refresh schedule; a schedule can't be called so.`,
        'Choose another name.',
      );
    }
    checkName(report, [...at, 'environment'], schedule.environment, 'environments', 'an environment');
    const environment = report.file.environments?.[schedule.environment ?? ''];
    const takes = schedule.kind === 'take';
    const taker = each(report.file.repositories).some(
      ([, one]) => one.takes === true && one.environment === schedule.environment,
    );
    if (takes && environment !== undefined && !taker) {
      report.fault(
        [...at, 'kind'],
        `No repository takes backups of "${schedule.environment}".`,
        'Set "takes: true" of a repository of it.',
      );
    }
    if (environment?.production === true && !takes) {
      report.fault([...at, 'environment'], 'Production is never a target.', 'Name a test environment.');
      continue;
    }
    const here = each(environment?.databases)
      .filter(([, { target }]) => environment?.production !== true || target !== undefined)
      .map(([database]) => database);
    schedule.databases?.forEach((database, index) => {
      if (environment === undefined || database === undefined || here.includes(database)) return;
      if (takes && environment.databases?.[database] !== undefined) {
        report.fault(
          [...at, 'databases', index],
          `${shown(database)} of "${schedule.environment}" has no "target", so it can't be read.`,
          'Say "server" and "target" of it.',
        );
        return;
      }
      report.fault(
        [...at, 'databases', index],
        `${shown(database)} does not live in "${schedule.environment}"; expected ${oneOf(here)}.`,
        didYouMean(nearest(database, here)),
      );
    });
    const { owner } = schedule;
    const people = each(report.file.people).map(([id]) => id);
    if (owner !== undefined && !people.includes(owner)) {
      report.fault(
        [...at, 'owner'],
        `${shown(owner)} is not a person of this file; expected ${oneOf(people)}.`,
        didYouMean(nearest(owner, people)),
      );
    }
  }
}
