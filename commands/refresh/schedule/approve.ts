import { z } from 'zod';
import { command } from '../../command.ts';
import { scheduleField } from '../../fields.ts';

export const approve = command({
  words: ['refresh', 'schedule', 'approve'],
  summary: 'Approve all runs of a schedule of somebody else, until a day',
  usage: '/refresh schedule approve nightly-uat [until 31 dec]',
  positionals: [{ name: 'name' }, { name: 'until', many: true }],
  options: [],
  input: z.strictObject({
    name: scheduleField,
    // Also as it is once it was read: an input is checked again before it is run.
    until: z
      .union([
        z.array(z.string()).transform((words) => words.join(' ').replace(/^until\s+/i, '')),
        z.string(),
      ])
      .default(''),
    /** What the decider saw; a button carries it, a typed line means the newest. */
    digest: z.string().optional(),
  }),
  output: 'schedule',
  access: 'schedule',
  async run(service, actor, { name, until, digest }) {
    await service.approveSchedule(actor, { name, until, ...(digest === undefined ? {} : { digest }) });
    return { kind: 'schedule', did: 'approved', view: await service.showSchedule(name) };
  },
});
