import { z } from 'zod';
import { command } from '../command.ts';
import { requestField } from '../fields.ts';

export const retry = command({
  words: ['refresh', 'retry'],
  summary: 'Run a failed request again, from the step that failed; or the hooks that failed',
  usage: '/refresh retry REQ-12 [--changed 1a2b3c4d]',
  positionals: [{ name: 'request' }],
  options: [
    {
      name: 'changed',
      value: '1a2b3c4d',
      summary: 'call hooks that were corrected since, as the refusal said',
    },
  ],
  input: z.strictObject({
    request: requestField,
    /** To which change of the hooks it is a yes: the digest that a refusal gave, or its beginning. */
    changed: z
      .string('give the sign that the refusal gave')
      .trim()
      .toLowerCase()
      .regex(/^[0-9a-f]{8,64}$/, 'expected the sign that the refusal gave, such as 1a2b3c4d')
      .optional(),
  }),
  output: 'changed',
  access: 'retry',
  async run(service, actor, input) {
    return {
      kind: 'changed',
      did: 'retried',
      request: await service.retry(actor, input.request, input.changed),
    };
  },
});
