import { z } from 'zod';
import { anonymisations } from '../../src/domain/backup.ts';
import { workingHoursOf } from '../../src/domain/working-hours.ts';
import { freeze, onFreeze, onHold, startWithin } from './calendar.ts';
import { hooks } from './hooks.ts';
import { neutralise } from './neutralise.ts';
import { approval } from './rules.ts';
import { choice, duration, flag, line, list, matching, name, named, whole, zoneName } from './values.ts';

const hoursAllowed = '"always", or days and hours such as "mon-fri 09:00-17:30"';

const answerAllowed = 'the answer as text';

const sentinel = z.strictObject(
  {
    name: line(80).describe('How the card calls it.'),
    sql: z
      .string({ error: 'a query' })
      .regex(/\S/, { error: 'a query' })
      .max(10_000, { error: 'a query of at most 10000 characters' })
      .describe('A query; the first column of its first row, as text, is compared.'),
    expect: z
      .union([z.string(), z.number(), z.boolean()], { error: answerAllowed })
      .transform(String)
      .describe('Exactly what it must answer.'),
  },
  { error: 'a check: a mapping with "name", "sql" and "expect"' },
);

const minimumRows = z.record(line(130), whole(0, Number.MAX_SAFE_INTEGER), {
  error: 'a mapping from a table to its least number of rows',
});
const sentinels = list(sentinel, 'checks');

export const database = z
  .strictObject(
    {
      engine: name.describe('Kind of database, such as "postgres".'),
      title: line(80).optional().describe('How people call it; by default its name.'),
      proof: z
        .strictObject(
          {
            minimumRows: minimumRows
              .optional()
              .describe('Table -> least number of rows in what was restored; fewer, and it is not proven.'),
            sentinels: sentinels
              .optional()
              .describe('Queries with a known answer, asked in what was restored.'),
          },
          { error: 'what must hold: a mapping with "minimumRows" and "sentinels"' },
        )
        .optional()
        .describe('What must hold in a backup of it that is proven, beside what always must.'),
    },
    { error: 'a database: a mapping with "engine" and "title"' },
  )
  .describe('A database of your product, whatever environment it lives in.');

const keptRows = z.strictObject(
  {
    table: line(130).describe(
      'A table, with its schema where the application would not find it without: "app.users".',
    ),
    where: z
      .string({ error: 'a condition' })
      .regex(/^(?=.*\S)[^;]*$/s, { error: 'a condition without a semicolon' })
      .max(2000, { error: 'a condition of at most 2000 characters' })
      .optional()
      .describe('A condition of SQL on its rows; without one the whole table is kept.'),
  },
  { error: 'what is kept: a mapping with "table" and "where"' },
);

export const placement = z
  .strictObject(
    {
      databaseName: line(63).describe('Name of the live database on its server.'),
      server: name
        .optional()
        .describe('The server of this file that it lives on. In production it may be left out.'),
      target: matching(/^[a-z0-9][a-z0-9._-]{0,62}$/, "the name of a target in the host's own file")
        .optional()
        .describe("Name of the target in the host's own root-owned file. Never in production."),
      scripts: list(line(1024), 'paths of SQL files')
        .optional()
        .describe(
          'SQL files that fit a copy to this environment, run in this order; paths from the site file on.',
        ),
      neutralise: neutralise.optional(),
      minimumRows: minimumRows
        .optional()
        .describe('Table -> least number of rows in the new database; fewer, and nothing is swapped.'),
      sentinels: sentinels
        .optional()
        .describe('Queries with a known answer, asked in the new database before the swap.'),
      keep: list(keptRows, 'what is kept')
        .max(50, { error: 'at most fifty entries' })
        .optional()
        .describe('Tables, or rows of them, that a refresh keeps as they are in the live database.'),
      jobs: whole(1, 64).optional().describe('Parallel jobs of a restore; 4 by default.'),
      events: choice(['disabled', 'as-live'])
        .optional()
        .describe(
          'Scheduled events of a backup (MySQL): "disabled", the default, or "as-live": those run that run in the database now.',
        ),
    },
    { error: 'where it lives: a mapping with "server", "databaseName", "target" ...' },
  )
  .describe('Where a database lives in this environment, and what makes a copy fit there.');

const alignment = z
  .strictObject(
    {
      tolerance: duration('1s', '365d').optional().describe('The most that is fine; "6h" by default.'),
      beyond: choice(['warn', 'refuse'])
        .optional()
        .describe('Whether a request that is further apart is told of or refused; "warn" by default.'),
      clockOffset: duration('1s', '1d')
        .optional()
        .describe(
          'How far the clocks of the backups may be off, counted as distance; not at all by default.',
        ),
    },
    { error: 'an alignment: a mapping with "tolerance", "beyond" and "clockOffset"' },
  )
  .describe("How far apart the moments of its databases' data may be.");

export const environment = z
  .strictObject(
    {
      title: line(80).optional().describe('How people call it; by default its name.'),
      timeZone: zoneName
        .optional()
        .describe('Zone in which its times are read and shown; by default that of the site.'),
      production: flag
        .prefault(false)
        .describe(
          'Production is where backups come from and is never a target. Only `databases` may be said beside.',
        ),
      protected: flag.prefault(true).describe('Whether a request needs the approval of another person.'),
      accepts: list(choice(anonymisations), 'kinds of data')
        .optional()
        .describe('Which backups may come here; by default "declared" and "proven". "raw" must be said.'),
      acceptsOwn: flag
        .optional()
        .describe(
          'Whether a backup that Freshet took of it may come back by its number, although what is taken is "raw". False by default.',
        ),
      approvers: list(name, 'roles')
        .optional()
        .describe('Roles that may approve; by default those of the stages. Not beside `rules`.'),
      requesters: list(name, 'roles')
        .optional()
        .describe('Roles that may ask; by default everybody in `people`. Not beside `rules`.'),
      approval: approval.optional(),
      freeze: freeze.optional(),
      onFreeze: onFreeze.optional(),
      startWithin: startWithin.optional(),
      onHold: onHold.optional(),
      keepOld: duration('1h', '90d')
        .optional()
        .describe('How long the replaced copy is kept for undo; "7d" by default.'),
      keepFailed: duration('0s', '7d')
        .optional()
        .describe(
          'How long what a failed run had prepared is kept, closed, for a retry that goes on from there; "1d" by default, "0s" keeps nothing.',
        ),
      approvalWithin: duration('5m', '30d')
        .optional()
        .describe('How long a request waits for its approval before it expires; "3d" by default.'),
      remind: list(duration('5m', '30d'), 'durations')
        .max(10, { error: 'at most ten durations' })
        .optional()
        .describe(
          'When those who may decide are reminded, each counted from when the request began to wait; ["1h", "4h", "1d"] by default, [] never.',
        ),
      workingHours: z
        .string({ error: hoursAllowed })
        .refine((text) => text === 'always' || workingHoursOf(text) !== undefined, { error: hoursAllowed })
        .optional()
        .describe(
          'When they are reminded, in the time zone of the environment; "mon-fri 09:00-17:30" by default.',
        ),
      standingApproval: duration('1d', '366d')
        .optional()
        .describe('How long a standing approval of a schedule lasts at most; "90d" by default.'),
      drain: duration('1s', '1h')
        .optional()
        .describe('How long a swap waits for open sessions before it ends them; "10s" by default.'),
      alignment: alignment.optional(),
      hooks: hooks.optional(),
      databases: named(placement, 'database').describe('The databases that live here.'),
    },
    { error: 'an environment: a mapping with "databases" and more' },
  )
  .describe('A named set of databases.');
