import { z } from 'zod';
import { backupScopes } from '../../src/domain/backup.ts';
import { choice, duration, flag, line, matching, name, whole } from './values.ts';

export const repository = z
  .strictObject(
    {
      host: name.describe('The host of this file that it lies on.'),
      root: matching(/^[a-z0-9][a-z0-9._-]{0,62}$/, "the name of a root in the host's own file").describe(
        "Name of the root folder in the host's own root-owned file.",
      ),
      environment: name.describe('The environment its backups were taken from.'),
      anonymisation: choice(['raw', 'declared'])
        .prefault('raw')
        .describe(
          '"declared": what lies here was anonymised before, and you answer for it. Otherwise "raw".',
        ),
      scope: choice(backupScopes)
        .prefault('full')
        .describe('"subset" where backups hold a part of the rows only.'),
      pattern: line(200)
        .optional()
        .describe(
          "How names tell the database and the moment of the data: `{database}_{dataAt:yyyyMMdd'T'HHmm'Z'}.dump`. " +
            'The letters are explained in docs/configuration.md. Without it only archive headers tell.',
        ),
      timeZone: line(64)
        .optional()
        .describe(
          'Zone of times that carry none: "Europe/Berlin", "+01:00", "Z"; by default that of the host.',
        ),
      takes: flag
        .prefault(false)
        .describe(
          'Whether Freshet may put backups here that it takes of `environment`. One repository of an environment at most.',
        ),
      retention: z
        .strictObject(
          {
            last: whole(1, 10_000).optional().describe('The newest so many of each database stay.'),
            daily: whole(1, 10_000).optional().describe('Of each of the newest so many days the newest.'),
            weekly: whole(1, 10_000).optional().describe('Of each of the newest so many weeks the newest.'),
            monthly: whole(1, 10_000).optional().describe('Of each of the newest so many months the newest.'),
            maxAge: duration('1h', '3660d').optional().describe('What is older goes in any case.'),
          },
          { error: 'what stays: a mapping with "last", "daily", "weekly", "monthly" and "maxAge"' },
        )
        .refine((rule) => Object.keys(rule).length > 0, { error: 'at least one of its keys' })
        .optional()
        .describe('Which backups that Freshet took stay here; all by default. Others are never removed.'),
      proveEvery: duration('1h', '366d')
        .optional()
        .describe(
          'How often the newest backup of each database here is proven by a restore; on request only by default.',
        ),
      scanEvery: duration('1s', '7d').prefault('5m').describe('How often it is looked through.'),
    },
    { error: 'a repository: a mapping with "host", "root", "environment" ...' },
  )
  .describe('A folder where backups lie, as your jobs leave them.');
