import { z } from 'zod';
import { command } from '../command.ts';
import { requestField } from '../fields.ts';

export const acknowledge = command({
  words: ['refresh', 'acknowledge'],
  summary: 'Say that you have seen the alert of a failed request, or of its hooks',
  usage: '/refresh acknowledge REQ-12',
  positionals: [{ name: 'request' }],
  options: [],
  input: z.strictObject({ request: requestField }),
  output: 'changed',
  access: 'acknowledge',
  async run(service, actor, input) {
    return { kind: 'changed', did: 'acknowledged', request: await service.acknowledge(actor, input.request) };
  },
});
