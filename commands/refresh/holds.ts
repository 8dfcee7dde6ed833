import { z } from 'zod';
import { command } from '../command.ts';
import { environmentField } from '../fields.ts';

export const holds = command({
  words: ['refresh', 'holds'],
  summary: 'See who holds what until when, and what is frozen',
  usage: '/refresh holds [uat]',
  positionals: [{ name: 'environment' }],
  options: [],
  input: z.strictObject({ environment: environmentField.optional() }),
  output: 'holds',
  access: 'see',
  async run(service, _actor, input) {
    return { kind: 'holds', environments: await service.calendar(input.environment) };
  },
});
