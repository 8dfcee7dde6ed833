import { z } from 'zod';
import { holdEndFrom, holdFrom } from '../../src/domain/calendar/hold-words.ts';
import { environmentNamed } from '../../src/domain/lookup.ts';
import { command } from '../command.ts';
import { environmentField } from '../fields.ts';

export const hold = command({
  words: ['refresh', 'hold'],
  summary: 'Hold an environment: until then nothing is overwritten without your yes',
  usage: '/refresh hold uat until friday 17:00 "regression of release 12"',
  positionals: [{ name: 'environment' }, { name: 'until', many: true }],
  options: [{ name: 'reason', value: '"..."', summary: 'why, where it is not said behind the moment' }],
  input: z.strictObject({
    environment: environmentField,
    /** The moment, and behind it the reason. */
    until: z.array(z.string(), 'say until when, and why').min(1, 'say until when, and why'),
    /** Where it is said, the words before are nothing but the moment. */
    reason: z.string().trim().optional(),
  }),
  output: 'held',
  access: 'hold',
  async run(service, actor, input) {
    const { name, timeZone } = environmentNamed(service.site, input.environment);
    const context = { now: service.now(), timeZone };
    const { until, reason } = input;
    const words =
      reason === undefined ? holdFrom(until, context) : { until: holdEndFrom(until, context), reason };
    return { kind: 'held', ...(await service.placeHold(actor, { environment: name, ...words })) };
  },
});
