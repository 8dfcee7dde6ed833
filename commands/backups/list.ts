import { z } from 'zod';
import { backupScopes, backupStates } from '../../src/domain/backup.ts';
import { environmentNamed } from '../../src/domain/lookup.ts';
import { oneOf } from '../../src/domain/errors.ts';
import { command } from '../command.ts';
import { databaseField, environmentField, pageField, sinceField } from '../fields.ts';

const pageSize = 10;

export const list = command({
  words: ['backups'],
  summary: 'See which backups of a database exist, newest first',
  usage:
    '/backups orders [--environment production] [--since 7d] [--state present] [--anonymised | --raw] [--full | --subset] [--page 2]',
  positionals: [{ name: 'database' }],
  options: [
    { name: 'environment', value: 'production', summary: 'that they came from' },
    { name: 'since', value: '7d', summary: 'with data no older than that' },
    { name: 'state', value: 'present', summary: backupStates.join(', ') },
    { name: 'anonymised', summary: 'declared or proven anonymised' },
    { name: 'raw', summary: 'not anonymised' },
    { name: 'full', summary: 'the whole database' },
    { name: 'subset', summary: 'cut down' },
    { name: 'page', value: '2', summary: 'further back' },
  ],
  input: z
    .strictObject({
      database: databaseField,
      environment: environmentField.optional(),
      since: sinceField.optional(),
      state: z.enum(backupStates, `expected ${oneOf(backupStates)}`).optional(),
      anonymised: z.boolean().default(false),
      raw: z.boolean().default(false),
      full: z.boolean().default(false),
      subset: z.boolean().default(false),
      page: pageField,
    })
    .refine((input) => !(input.anonymised && input.raw), '--anonymised and --raw exclude each other')
    .refine((input) => !(input.full && input.subset), '--full and --subset exclude each other'),
  output: 'backups',
  access: 'see',
  async run(service, actor, input) {
    const filter = {
      database: input.database,
      ...(input.environment === undefined
        ? {}
        : { environment: environmentNamed(service.site, input.environment, { sources: true }).name }),
      ...(input.since === undefined ? {} : { since: input.since.atOrAfter(service.now()) }),
      ...(input.state === undefined ? {} : { state: input.state }),
      ...(input.anonymised ? { anonymised: true } : input.raw ? { anonymised: false } : {}),
      ...(input.full ? { scope: backupScopes[0] } : input.subset ? { scope: backupScopes[1] } : {}),
    };
    const { backups, total } = await service.listBackups(filter, {
      limit: pageSize,
      offset: (input.page - 1) * pageSize,
    });
    const unreadable = service.unreadable(actor, backups);
    const { page } = input;
    return { kind: 'backups', backups, unreadable, total, page, pageSize, filter, again: again(input) };
  },
});

/** The line that asks for the same with another page, less `--page`. */
function again(input: {
  database: string;
  environment?: string | undefined;
  since?: { text: string } | undefined;
  state?: string | undefined;
  anonymised: boolean;
  raw: boolean;
  full: boolean;
  subset: boolean;
}): string {
  const words = ['/backups', input.database];
  for (const name of ['anonymised', 'raw', 'full', 'subset'] as const)
    if (input[name]) words.push(`--${name}`);
  if (input.environment !== undefined) words.push('--environment', input.environment);
  if (input.since !== undefined) words.push('--since', input.since.text);
  if (input.state !== undefined) words.push('--state', input.state);
  return words.join(' ');
}
