import { z } from 'zod';
import { channel, choice, matching, years } from './values.ts';

export const audit = z
  .strictObject(
    {
      post: choice(['slack', 'jira', 'none'])
        .prefault('slack')
        .describe('Where the newest seal of the events is told of, once a day.'),
      channel: channel
        .optional()
        .describe('With `slack`: the id of a channel. Default: `slack.operatorsChannel`.'),
      issue: matching(/^[A-Z][A-Z0-9_]{1,49}-[1-9]\d{0,9}$/, 'the key of a Jira issue, such as "OPS-12"')
        .optional()
        .describe('With `jira`: the issue that gets the comments.'),
      at: matching(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'a time of the day, such as "09:00"')
        .prefault('09:00')
        .describe('From when on in the day, by the `timeZone` of the site.'),
      keep: years
        .optional()
        .describe(
          'How long events are kept before `npx freshet audit prune` removes them. Default: for ever.',
        ),
    },
    { error: 'a mapping with "post", "channel" or "issue", "at" and "keep"' },
  )
  .describe('The log of events: where its newest seal is told of, and how long it is kept.');
