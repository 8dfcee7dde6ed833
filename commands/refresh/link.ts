import { z } from 'zod';
import { command } from '../command.ts';
import { linkableField } from '../fields.ts';

export const link = command({
  words: ['refresh', 'link'],
  summary: 'See which accounts are yours, or link your Jira account',
  usage: '/refresh link [jira]',
  positionals: [{ name: 'front' }],
  options: [],
  input: z.strictObject({
    front: linkableField.optional(),
    /** The two answers to whether an account is theirs; buttons carry them. */
    confirm: z.coerce.number().int().positive().optional(),
    decline: z.coerce.number().int().positive().optional(),
  }),
  output: 'accounts',
  access: 'see',
  async run(service, actor, { front, confirm, decline }) {
    if (front !== undefined)
      return {
        kind: 'accounts',
        linking: await service.startLink(actor, front),
        ...(await service.accountsOf(actor)),
      };
    if (decline !== undefined) await service.endLink(actor, decline, false);
    if (confirm !== undefined) await service.endLink(actor, confirm, true);
    return { kind: 'accounts', ...(await service.accountsOf(actor)) };
  },
});
