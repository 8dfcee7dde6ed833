import { z } from 'zod';
import { command } from '../command.ts';

const howToSay = 'say whom and until when, such as: quinn until friday 18:00';

export const delegate = command({
  words: ['refresh', 'delegate'],
  summary: 'Give your right to approve to another person for a time, or take it back',
  usage: '/refresh delegate quinn until friday 18:00 | off',
  positionals: [{ name: 'words', many: true }],
  options: [],
  input: z.strictObject({
    words: z
      .array(z.string())
      .max(8, howToSay)
      .default([])
      .refine(
        (words) => words.length < 2 || (words[1]?.toLowerCase() === 'until' && words.length > 2),
        howToSay,
      )
      .refine((words) => words.length !== 1 || words[0]?.toLowerCase() === 'off', howToSay),
  }),
  output: 'delegations',
  access: 'see',
  async run(service, actor, { words }) {
    const [to, , ...until] = words;
    if (words.length === 1) await service.endDelegation(actor);
    else if (to !== undefined) await service.delegate(actor, { to, until: until.join(' ') });
    return { kind: 'delegations', ...(await service.delegationsOf(actor)) };
  },
});
