import { z } from 'zod';
import { command } from '../command.ts';
import { backupField, reasonField } from '../fields.ts';

export const prove = command({
  words: ['backups', 'prove'],
  summary: 'Have a backup restored beside everything, only to see that it can be; a request of its own',
  usage: '/backups prove BKP-12 [--reason "..."] [--plan]',
  positionals: [{ name: 'backup' }],
  options: [
    { name: 'reason', value: '"..."', summary: 'why, for those who wonder' },
    { name: 'plan', summary: 'see what it would do; touches nothing' },
  ],
  input: z.strictObject({ backup: backupField, reason: reasonField, plan: z.boolean().optional() }),
  output: 'requested',
  access: 'prove',
  async run(service, actor, { backup, reason, plan }) {
    if (plan === true)
      return { kind: 'preview', preview: await service.previewProve(actor, { backup }), reason };
    const created = await service.requestProve(actor, { backup }, reason);
    return { kind: 'requested', view: await service.view(created.id) };
  },
});
