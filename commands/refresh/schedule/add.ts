import { z } from 'zod';
import { command } from '../../command.ts';
import { databaseField, environmentField, reasonField, scheduleField } from '../../fields.ts';

export const add = command({
  words: ['refresh', 'schedule', 'add'],
  summary: 'Ask for the same refresh, or backup, again and again; you stand behind it',
  usage:
    '/refresh schedule add ci "0 3 * * mon-fri" --databases orders,billing --name nightly-ci [--take] [--zone Europe/Berlin] [--reason "..."]',
  positionals: [{ name: 'environment' }, { name: 'cron' }],
  options: [
    {
      name: 'databases',
      value: 'orders,billing',
      summary: 'what is refreshed, from the newest backups that fit',
    },
    { name: 'name', value: 'nightly-ci', summary: 'how it is called' },
    { name: 'take', summary: 'have backups of them taken, in place of a refresh' },
    { name: 'zone', value: 'Europe/Berlin', summary: 'zone of its times; that of the environment otherwise' },
    { name: 'reason', value: '"..."', summary: 'why, for those who approve' },
  ],
  input: z.strictObject({
    environment: environmentField,
    cron: z
      .string('say when, in quotes, such as "0 3 * * mon-fri"')
      .trim()
      .max(200, 'a cron expression is at most 200 characters'),
    databases: z
      // Also as it is once it was read: an input is checked again before it is run.
      .union(
        [
          z.string().transform((text) => text.split(/[,\s]+/).filter((part) => part !== '')),
          z.array(z.string()),
        ],
        {
          error: 'name databases, such as --databases orders,billing',
        },
      )
      .pipe(z.array(databaseField).min(1, 'name at least one database').max(50, 'name at most 50 databases')),
    name: scheduleField,
    take: z.boolean().optional(),
    zone: z.string().trim().max(60, 'a time zone is at most 60 characters').optional(),
    reason: reasonField,
  }),
  output: 'schedule',
  access: 'schedule',
  async run(service, actor, { zone, take, ...input }) {
    const kind = take === true ? 'take' : 'refresh';
    await service.addSchedule(actor, { ...input, kind, ...(zone === undefined ? {} : { timeZone: zone }) });
    return { kind: 'schedule', did: 'added', view: await service.showSchedule(input.name) };
  },
});
