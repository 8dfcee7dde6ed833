import { z } from 'zod';
import { command } from '../command.ts';
import { linkableField } from '../fields.ts';

export const unlink = command({
  words: ['refresh', 'unlink'],
  summary: 'Take the link to an account of yours away',
  usage: '/refresh unlink jira',
  positionals: [{ name: 'front' }],
  options: [],
  input: z.strictObject({ front: linkableField }),
  output: 'accounts',
  access: 'see',
  async run(service, actor, { front }) {
    await service.removeLink(actor, front);
    return { kind: 'accounts', ...(await service.accountsOf(actor)) };
  },
});
