import { z } from 'zod';
import { holdFrom } from '../../src/domain/calendar/hold-words.ts';
import { environmentNamed } from '../../src/domain/lookup.ts';
import { command } from '../command.ts';
import { environmentField } from '../fields.ts';

export const hold = command({
  words: ['refresh', 'hold'],
  summary: 'Hold an environment: until then nothing is overwritten without your yes',
  usage: '/refresh hold uat until friday 17:00 "regression of release 12"',
  positionals: [{ name: 'environment' }, { name: 'until', many: true }],
  options: [],
  input: z.strictObject({
    environment: environmentField,
    /** The moment, and behind it the reason. */
    until: z.array(z.string(), 'say until when, and why').min(1, 'say until when, and why'),
  }),
  output: 'held',
  access: 'hold',
  async run(service, actor, input) {
    const { name, timeZone } = environmentNamed(service.site, input.environment);
    const words = holdFrom(input.until, { now: service.now(), timeZone });
    return { kind: 'held', ...(await service.placeHold(actor, { environment: name, ...words })) };
  },
});
