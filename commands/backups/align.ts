import { z } from 'zod';
import { command } from '../command.ts';
import { asOfField, databaseField, environmentField } from '../fields.ts';
import { asOfIn, asOfOption } from '../wish.ts';

export const align = command({
  words: ['backups', 'align'],
  summary: 'See which backups of several databases lie closest together',
  usage: '/backups align orders billing [--env uat] [--as-of "monday 03:00"]',
  positionals: [{ name: 'databases', many: true }],
  options: [
    { name: 'env', value: 'uat', summary: 'what they are for; the first that has them all otherwise' },
    asOfOption,
  ],
  input: z.strictObject({
    databases: z
      .array(databaseField, 'name at least one database')
      .min(1, 'name at least one database')
      .max(50, 'name at most 50 databases'),
    env: environmentField.optional(),
    'as-of': asOfField,
  }),
  output: 'set',
  access: 'request',
  async run(service, actor, input) {
    const environment = input.env ?? (await service.environmentWith(actor, input.databases)).name;
    const asOf = asOfIn(service, environment, input['as-of']);
    const { databases } = input;
    const wish = { environment, databases, ...(asOf === undefined ? {} : { asOf }) };
    const proposal = await service.align(actor, wish);
    return { kind: 'set', proposal, ...(asOf === undefined ? {} : { asOf }) };
  },
});
