import { z } from 'zod';
import { address, duration, line, list, matching } from './values.ts';

const tables = list(
  matching(/^[^.\p{Cc}]+(?:\.[^.\p{Cc}]+)?$/u, 'a table, such as "mail_queue" or "shop.mail_queue"'),
  'tables',
);
const columns = list(
  matching(/^[^.\p{Cc}]+(?:\.[^.\p{Cc}]+){1,2}$/u, 'a column with its table, such as "customers.email"'),
  'columns',
);
const names = (what: string) => list(line(130), what);
const to = line(500);

const host = address;

/** A pack's parameters; `takes` reads after "expected". */
function pack<T extends z.ZodRawShape>(shape: T, takes: string, what: string) {
  return z.strictObject(shape, { error: takes }).optional().describe(what);
}

const emptied = 'a mapping with "tables"';
const blanked = 'a mapping with "columns", "tables" and "to"';

const file = z.strictObject(
  {
    sql: line(1024)
      .optional()
      .describe(
        'SQL file that is run; may be left out where the assertion alone tells. Paths from the site file on.',
      ),
    assert: line(1024).describe('SQL file with one query: it holds where it answers no row, or true.'),
  },
  { error: 'files: a mapping with "sql" and "assert"' },
);

/** The packs have the names of `src/domain/neutralising.ts`, and each its folder in `config/packs`. */
export const neutralise = z
  .strictObject(
    {
      addresses: pack(
        {
          columns: columns
            .min(1, { error: 'a list of at least one column' })
            .describe('Columns that hold addresses.'),
          to: to.describe('What stands there afterwards; "{id}" in it is that column of the same row.'),
          keep: list(address, 'domains').optional().describe('Addresses of these domains stay.'),
        },
        'a mapping with "columns", "to" and "keep"',
        'Mail addresses that lead to people outside become others.',
      ),
      webhooks: pack(
        {
          columns: columns.optional().describe('Addresses that would be called.'),
          tables: tables.optional().describe('Tables of subscribers, to be emptied.'),
          to: to.optional().describe('What stands in the columns afterwards; by default nothing (NULL).'),
        },
        blanked,
        'Who would be called is forgotten.',
      ),
      keys: pack(
        {
          columns: columns.optional().describe('Keys, tokens and passwords of other services.'),
          tables: tables.optional().describe('Tables of them, to be emptied.'),
          to: to.optional().describe('What stands in the columns afterwards; by default nothing (NULL).'),
        },
        blanked,
        'Payment and API keys are taken out.',
      ),
      urls: pack(
        {
          hosts: list(host, 'host names')
            .optional()
            .describe('Host names of production that may stand nowhere.'),
          replace: z
            .record(z.string(), host, { error: 'a mapping from a host name of production to another one' })
            .optional()
            .describe('Host names of production, each with what takes its place.'),
          except: names('tables and columns')
            .optional()
            .describe('Tables and columns that are not looked through.'),
          within: duration('1s', '1d')
            .optional()
            .describe('How long replacing may take, and looking through; "30m" by default.'),
        },
        'a mapping with "hosts", "replace", "except" and "within"',
        'Addresses of production in text and JSON are replaced, and none may be left.',
      ),
      jobs: pack(
        {
          tables: tables.optional().describe('Queues of jobs, to be emptied.'),
          columns: columns.optional().describe('Switches of jobs (true or false), to be turned off.'),
        },
        'a mapping with "tables" and "columns"; {} for those of the database itself',
        'Scheduled jobs do not run: those of the application, and of the schedulers within the database.',
      ),
      'mail-queue': pack(
        {
          tables: tables.min(1, { error: 'a list of at least one table' }).describe('Queues, to be emptied.'),
        },
        emptied,
        'Mail that waits to be sent is removed.',
      ),
      subscriptions: pack(
        { allowed: names('names').optional().describe('Names of those that may be there all the same.') },
        'a mapping with "allowed", or {}',
        'No logical replication from or to anywhere.',
      ),
      'foreign-servers': pack(
        { allowed: names('names').optional().describe('Names of those that may be there all the same.') },
        'a mapping with "allowed", or {}',
        'No way into other databases.',
      ),
      files: list(file, 'files').optional().describe('SQL files of your own, each with its assertion.'),
    },
    { error: 'a mapping with packs and "files"' },
  )
  .describe('What keeps the copy from acting on the world; each must be proven to hold before the swap.');
