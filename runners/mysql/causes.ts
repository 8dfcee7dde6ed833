import { type Causes, plain } from '../causes.ts';

/** What the tools of MySQL and MariaDB say. */
export const causes: Causes = {
  'values-lost': [
    plain(
      'Its rows are written as bytes, of which the server takes none for a `uuid`, `inet4` or `inet6`: these columns would be empty.',
    ),
    'Take the backup with `/backups take`, or with mariadb-dump without `--default-character-set=binary`.',
  ],
  'columns-left-out': [
    plain(
      'Its rows leave out columns that have values of their own, as those of mydumper 0.10 do of MySQL 8 where a default is made up (`CURRENT_TIMESTAMP`): these would have others.',
    ),
    'Take the backup with `/backups take`, with mysqldump, or with a newer mydumper.',
  ],
  // The host tells the number of the server's error, and nothing of its text: that holds rows.
  'mysql-error': [(number) => `${errorInWords(Number(number))}.`, 'Mend it, then retry.', 'statement-failed'],
};

/** The commonest errors (https://mariadb.com/kb/en/mariadb-error-code-reference/). */
const errors: Readonly<Record<number, string>> = {
  1005: 'a table could not be made',
  1007: 'a database that it makes exists already',
  1044: 'a right is missing',
  1045: 'a right is missing',
  1046: 'no database was chosen',
  1048: 'a column that must have a value would have none',
  1049: 'a database that it names does not exist',
  1050: 'a table that it makes exists already',
  1054: 'a column that it names does not exist',
  1062: 'a value would stand twice in a unique column',
  1064: 'it has a syntax error',
  1114: 'the server lacks room',
  1142: 'a right is missing',
  1146: 'a table that it names does not exist',
  1153: 'a row is larger than max_allowed_packet of the server',
  // MariaDB fills an empty table in one go and writes it at the commit, of whose failure it then tells nothing more.
  1180: 'it could not write what it had taken; its disk may be full',
  1205: 'something that it needs is in use',
  // MySQL says so of a view that searches full text, whatever else is asked of it, where its definer may not read the table.
  1210: 'a view or routine has an argument that does not fit, or a definer who may not read',
  1213: 'it met another one at the same rows',
  1227: 'a right is missing',
  1273: 'the server does not know the collation of a table',
  1305: 'a routine that it names does not exist',
  1356: 'a view names something that does not exist',
  1406: 'a value does not fit where it is put',
  1419: 'the server takes no routines and triggers of accounts without SUPER (log_bin_trust_function_creators)',
  1451: 'a foreign key has no partner',
  1452: 'a foreign key has no partner',
  1644: 'it raised an error of its own',
  4025: 'a check constraint is broken',
  3819: 'a check constraint is broken',
};

/** `1146` -> `a table that it names does not exist (error 1146)`. */
export function errorInWords(number: number): string {
  return `${errors[number] ?? 'the server refused a statement'} (error ${number})`;
}
