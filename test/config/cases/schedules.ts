import type { Case } from '../case.ts';

export const schedules: readonly Case[] = [
  {
    set: 'schedules.nightly-dev.cron',
    to: '* * * * *',
    faults: [
      'schedules.nightly-dev.cron: "* * * * *" is not allowed; expected a cron expression of five fields, such as "0 3 * * mon-fri", whose times are at least 10 minutes apart.',
    ],
  },
  {
    set: 'schedules.nightly-dev.environment',
    to: 'dve',
    faults: [
      'schedules.nightly-dev.environment: "dve" is not an environment of this file; expected "production", "uat" or "dev". Did you mean "dev"?',
    ],
  },
  {
    set: 'schedules.nightly-dev.environment',
    to: 'production',
    faults: ['schedules.nightly-dev.environment: Production is never a target. Name a test environment.'],
  },
  {
    set: 'schedules.nightly-dev.databases',
    to: ['ordres'],
    faults: [
      'schedules.nightly-dev.databases[0]: "ordres" does not live in "dev"; expected "orders". Did you mean "orders"?',
    ],
  },
  {
    set: 'schedules.nightly-dev.owner',
    to: 'adda',
    faults: [
      'schedules.nightly-dev.owner: "adda" is not a person of this file; expected "ada", "ben", "chen" or "dora". Did you mean "ada"?',
    ],
  },
  {
    set: 'schedules.pause',
    to: { cron: '0 3 * * *', environment: 'dev', databases: ['orders'] },
    faults: [
      'schedules.pause: "pause" is a word of /refresh schedule; a schedule can\'t be called so. Choose another name.',
    ],
  },
];
