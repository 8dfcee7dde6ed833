import { z } from 'zod';
import { command } from '../../command.ts';
import { scheduleField } from '../../fields.ts';

export const remove = command({
  words: ['refresh', 'schedule', 'remove'],
  summary: 'Remove a schedule that somebody made; what it asked for stays',
  usage: '/refresh schedule remove nightly-ci',
  positionals: [{ name: 'name' }],
  options: [],
  input: z.strictObject({ name: scheduleField }),
  output: 'schedule',
  access: 'schedule',
  async run(service, actor, { name }) {
    const view = await service.showSchedule(name);
    await service.removeSchedule(actor, name);
    return { kind: 'schedule', did: 'removed', view };
  },
});
