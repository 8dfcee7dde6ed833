import { z } from 'zod';
import { parseHoldId } from '../../src/domain/ids.ts';
import { command } from '../command.ts';

export const release = command({
  words: ['refresh', 'release'],
  summary: 'Release your holds of an environment, or the hold of this number',
  usage: '/refresh release uat | HLD-3',
  positionals: [{ name: 'of' }],
  options: [],
  input: z.strictObject({
    of: z
      .string('name an environment, or a hold such as HLD-3')
      .trim()
      .min(1, 'name an environment, or a hold such as HLD-3'),
  }),
  output: 'released',
  access: 'hold',
  async run(service, actor, { of }) {
    const hold = parseHoldId(of);
    const what = hold === undefined ? { environment: of.toLowerCase() } : { hold };
    return { kind: 'released', holds: await service.releaseHold(actor, what) };
  },
});
