import { z } from 'zod';
import { startWindowAllowed, startWindowFrom } from '../../src/domain/calendar/start-window.ts';
import { freezeAllowed, freezeFrom, onFreezeChoices } from '../../src/domain/calendar/freeze.ts';
import { onHoldChoices } from '../../src/domain/calendar/hold.ts';
import { choice, line, list } from './values.ts';

const window = z.strictObject(
  {
    window: line(100)
      .refine((text) => freezeFrom(text, '') !== undefined, { error: freezeAllowed })
      .describe(
        'When, in the zone of the environment: "mon-fri 09:00-17:00", "sat,sun 00:00-24:00", "2026-12-20 .. 2027-01-02", "2026-12-20 18:00 .. 2026-12-21 08:00".',
      ),
    reason: line(200).describe('Why, for whoever asks within it.'),
  },
  { error: 'a freeze window: a mapping with "window" and "reason"' },
);

export const freeze = list(window, 'freeze windows')
  .max(50, { error: 'at most 50 freeze windows' })
  .describe('Times at which nothing is overwritten here.');

export const onFreeze = choice(onFreezeChoices).describe(
  'What a request meets in a freeze window: "wait" for its end (the default), or "refuse".',
);

export const onHold = choice(onHoldChoices).describe(
  'What a request meets while somebody holds it: "ask" the holder (the default), "wait" for its end, or "refuse".',
);

export const startWithin = z
  .string({ error: startWindowAllowed })
  .refine((text) => startWindowFrom(text) !== undefined, { error: startWindowAllowed })
  .describe(
    'Times within which something may start here, such as "22:00-05:00" or "mon-fri 22:00-05:00", in its timeZone. Outside of them it waits for the next ones, or expires. By default at any time.',
  );
