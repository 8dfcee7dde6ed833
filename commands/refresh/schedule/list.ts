import { z } from 'zod';
import { command } from '../../command.ts';
import { pageField, scheduleField } from '../../fields.ts';

const pageSize = 8;

export const list = command({
  words: ['refresh', 'schedule'],
  summary: 'See the schedules, or one, with their next times',
  usage: '/refresh schedule [nightly-ci] [--page 2]',
  positionals: [{ name: 'name' }],
  options: [{ name: 'page', value: '2', summary: 'further on' }],
  input: z.strictObject({ name: scheduleField.optional(), page: pageField }),
  output: 'schedules',
  access: 'see',
  async run(service, _actor, { name, page }) {
    const all = name === undefined ? await service.listSchedules() : [await service.showSchedule(name)];
    const schedules = all.slice((page - 1) * pageSize, page * pageSize);
    return { kind: 'schedules', schedules, total: all.length, page, pageSize, again: '/refresh schedule' };
  },
});
