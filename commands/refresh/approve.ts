import { z } from 'zod';
import { command } from '../command.ts';
import { reasonField, requestField } from '../fields.ts';

export const approve = command({
  words: ['refresh', 'approve'],
  summary: 'Approve a request of somebody else',
  usage: '/refresh approve REQ-12 [--reason "..."]',
  positionals: [{ name: 'request' }],
  options: [{ name: 'reason', value: '"..."', summary: 'why, kept with the decision' }],
  input: z.strictObject({
    request: requestField,
    reason: reasonField,
    /** What the decider saw; a button carries it, a typed line means the newest. */
    digest: z.string().optional(),
  }),
  output: 'changed',
  access: 'decide',
  async run(service, actor, input) {
    const request = await service.decide(actor, {
      request: input.request,
      decision: 'approved',
      ...(input.reason === '' ? {} : { reason: input.reason }),
      ...(input.digest === undefined ? {} : { digest: input.digest }),
    });
    return { kind: 'changed', did: 'approved', request };
  },
});
