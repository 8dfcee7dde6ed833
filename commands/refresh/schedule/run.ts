import { z } from 'zod';
import { command } from '../../command.ts';
import { scheduleField } from '../../fields.ts';

export const run = command({
  words: ['refresh', 'schedule', 'run'],
  summary: 'Ask now for what a schedule asks for; a request of yours',
  usage: '/refresh schedule run nightly-ci',
  positionals: [{ name: 'name' }],
  options: [],
  input: z.strictObject({ name: scheduleField }),
  output: 'requested',
  access: 'schedule',
  async run(service, actor, { name }) {
    const created = await service.runSchedule(actor, name);
    return { kind: 'requested', view: await service.view(created.id) };
  },
});
