import { z } from 'zod';
import { command } from '../command.ts';
import { atField, databaseField, environmentField, reasonField, ticketField } from '../fields.ts';
import { atOption, startOf } from '../wish.ts';

export const take = command({
  words: ['backups', 'take'],
  summary: 'Have a backup taken; a request of its own',
  usage: '/backups take uat orders [--at "22:00"] [--reason "..."] [--for SHOP-123] [--plan]',
  positionals: [{ name: 'environment' }, { name: 'databases', many: true }],
  options: [
    { name: 'reason', value: '"..."', summary: 'why, for those who approve' },
    atOption,
    { name: 'for', value: 'SHOP-123', summary: 'the deployment or test ticket in Jira that it is for' },
    { name: 'plan', summary: 'see what it would do; touches nothing' },
  ],
  input: z.strictObject({
    environment: environmentField,
    databases: z
      .array(databaseField, 'name at least one database')
      .min(1, 'name at least one database')
      .max(50, 'name at most 50 databases'),
    reason: reasonField,
    at: atField,
    for: ticketField,
    plan: z.boolean().optional(),
  }),
  output: 'requested',
  access: 'take',
  async run(service, actor, { environment, databases, reason, at, for: ticket, plan }) {
    const start = startOf(service, environment, at);
    const wish = { environment, databases, ...start, ...(ticket === undefined ? {} : { ticket }) };
    if (plan === true) return { kind: 'preview', preview: await service.previewTake(actor, wish), reason };
    const created = await service.requestTake(actor, wish, reason);
    return { kind: 'requested', view: await service.view(created.id) };
  },
});
