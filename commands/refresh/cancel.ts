import { z } from 'zod';
import { command } from '../command.ts';
import { requestField } from '../fields.ts';

export const cancel = command({
  words: ['refresh', 'cancel'],
  summary: 'Cancel a request that has not begun to swap',
  usage: '/refresh cancel REQ-12',
  positionals: [{ name: 'request' }],
  options: [],
  input: z.strictObject({ request: requestField }),
  output: 'changed',
  access: 'cancel',
  async run(service, actor, input) {
    return { kind: 'changed', did: 'cancelled', request: await service.cancel(actor, input.request) };
  },
});
