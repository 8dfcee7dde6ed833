import { z } from 'zod';
import { command } from '../command.ts';
import { requestField } from '../fields.ts';

export const retry = command({
  words: ['refresh', 'retry'],
  summary: 'Run a failed request again, from the step that failed',
  usage: '/refresh retry REQ-12',
  positionals: [{ name: 'request' }],
  options: [],
  input: z.strictObject({ request: requestField }),
  output: 'changed',
  access: 'retry',
  async run(service, actor, input) {
    return { kind: 'changed', did: 'retried', request: await service.retry(actor, input.request) };
  },
});
