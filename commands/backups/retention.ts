import { z } from 'zod';
import { command } from '../command.ts';
import { repositoryField } from '../fields.ts';

export const retention = command({
  words: ['backups', 'retention'],
  summary: 'See which backups that Freshet took would be removed now, and why',
  usage: '/backups retention [taken]',
  positionals: [{ name: 'repository' }],
  options: [],
  input: z.strictObject({ repository: repositoryField.optional() }),
  output: 'retention',
  access: 'see',
  async run(service, _actor, { repository }) {
    return { kind: 'retention', repositories: await service.retentionOf(repository) };
  },
});
