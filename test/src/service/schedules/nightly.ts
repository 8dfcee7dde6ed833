import type { Schedule } from '../../../../src/domain/schedule/schedule.ts';
import type { Paper } from '../../../house-of-paper.ts';

/** A schedule of the site file, at three every night in Berlin. */
export function nightly(change: Partial<Schedule> = {}): Schedule {
  return {
    name: 'nightly-ci',
    cron: '0 3 * * *',
    timeZone: 'Europe/Berlin',
    wish: { kind: 'refresh', environment: 'ci', databases: ['orders'] },
    reason: 'every night anew',
    owner: 'dana',
    catchUpSeconds: 6 * 3600,
    enabled: true,
    ...change,
  };
}

/** Sets the clock of the paper house. */
export function setClock(paper: Paper, iso: string): void {
  paper.pass((Date.parse(iso) - paper.deps.now().getTime()) / 1000);
}
