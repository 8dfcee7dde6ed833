import { z } from 'zod';
import { command } from '../command.ts';
import { reasonField, requestField } from '../fields.ts';

export const settle = command({
  words: ['refresh', 'settle'],
  summary: 'Say that the target of a fenced request was put right by hand',
  usage: '/refresh settle REQ-12 --reason "..."',
  positionals: [{ name: 'request' }],
  options: [{ name: 'reason', value: '"..."', summary: 'what was done, for the record' }],
  input: z.strictObject({ request: requestField, reason: reasonField }),
  output: 'changed',
  access: 'acknowledge',
  async run(service, actor, input) {
    const request = await service.settle(actor, input.request, input.reason);
    return { kind: 'changed', did: 'settled', request };
  },
});
