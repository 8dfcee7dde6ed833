import { z } from 'zod';
import { cronFault, leastGapMinutes, plainCron } from '../../src/domain/schedule/timing.ts';
import { choice, duration, flag, line, list, name, zoneName } from './values.ts';

const cronAllowed = `a cron expression of five fields, such as "0 3 * * mon-fri", whose times are at least ${leastGapMinutes} minutes apart`;

export const schedule = z
  .strictObject(
    {
      cron: z
        .string({ error: cronAllowed })
        .max(200, { error: cronAllowed })
        .transform(plainCron)
        .refine((cron) => cronFault(cron) === undefined, { error: cronAllowed })
        .describe('Minute, hour, day of the month, month and weekday, as cron has them.'),
      timeZone: zoneName.optional().describe('Zone of its times; by default that of the environment.'),
      kind: choice(['refresh', 'take'])
        .prefault('refresh')
        .describe('"take": backups of its databases are taken, in place of a refresh.'),
      environment: name.describe('The environment of this file that is refreshed, or backed up.'),
      databases: list(name, 'databases')
        .min(1, { error: 'a list of at least one database' })
        .describe('The databases of it; of a refresh each gets the newest backup that fits.'),
      reason: line(500).optional().describe('Why, for those who approve and those who wonder.'),
      owner: name
        .optional()
        .describe('The person who stands behind it; by default the site itself, which holds no role.'),
      catchUp: duration('1m', '7d')
        .optional()
        .describe('How late a run that was missed still makes sense; "6h" by default.'),
      enabled: flag.prefault(true).describe('False: it rests.'),
    },
    { error: 'a schedule: a mapping with "cron", "environment" and "databases"' },
  )
  .describe('A refresh, or a backup, again and again.');
