import { z } from 'zod';
import { command } from '../../command.ts';
import { reasonField, scheduleField } from '../../fields.ts';

export const reject = command({
  words: ['refresh', 'schedule', 'reject'],
  summary: 'Take the standing approval of a schedule back',
  usage: '/refresh schedule reject nightly-uat [--reason "..."]',
  positionals: [{ name: 'name' }],
  options: [{ name: 'reason', value: '"..."', summary: 'why, for who stands behind it' }],
  input: z.strictObject({ name: scheduleField, reason: reasonField }),
  output: 'schedule',
  access: 'schedule',
  async run(service, actor, { name, reason }) {
    await service.rejectSchedule(actor, name, reason);
    return { kind: 'schedule', did: 'rejected', view: await service.showSchedule(name) };
  },
});
