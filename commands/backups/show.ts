import { z } from 'zod';
import { command } from '../command.ts';
import { backupField } from '../fields.ts';

export const show = command({
  words: ['backups', 'show'],
  summary: 'See everything known about one backup',
  usage: '/backups show BKP-12',
  positionals: [{ name: 'backup' }],
  options: [],
  input: z.strictObject({ backup: backupField }),
  output: 'backup',
  access: 'see',
  async run(service, actor, input) {
    const backup = await service.showBackup(input.backup);
    const unreadable = service.unreadable(actor, [backup])[backup.id];
    const provable = service.isProvable(actor, backup);
    return { kind: 'backup', backup, provable, ...(unreadable === undefined ? {} : { unreadable }) };
  },
});
