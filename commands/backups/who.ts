import { z } from 'zod';
import { command } from '../command.ts';
import { backupField } from '../fields.ts';

/** Further back goes `npx freshet audit received`. */
const most = 20;

export const who = command({
  words: ['backups', 'who'],
  summary: 'See who received a backup, where and when, newest first',
  usage: '/backups who BKP-12',
  positionals: [{ name: 'backup' }],
  options: [],
  input: z.strictObject({ backup: backupField }),
  output: 'received',
  access: 'see',
  async run(service, _actor, input) {
    const { backup, received, more } = await service.received(input.backup, most);
    return { kind: 'received', backup, received, more };
  },
});
