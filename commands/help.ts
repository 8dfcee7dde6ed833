import { z } from 'zod';
import { command, type Command } from './command.ts';

/** `/refresh help`, `/backups help`: made from the commands themselves. */
export function helpFor(group: string, title: string, commands: readonly Command[]): Command {
  return command({
    words: [group, 'help'],
    summary: 'See what can be said',
    usage: `/${group} help`,
    positionals: [{ name: 'about', many: true }],
    options: [],
    input: z.strictObject({ about: z.array(z.string()).optional() }),
    output: 'help',
    access: 'see',
    run: () => {
      const lines = commands.map(({ usage, summary }) => ({ usage, summary }));
      return Promise.resolve({ kind: 'help', title, lines });
    },
  });
}
