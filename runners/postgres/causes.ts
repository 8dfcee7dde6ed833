import { type Causes, named, plain } from '../causes.ts';

/** What the tools of PostgreSQL say. */
export const causes: Causes = {
  // The host tells the state of the statement that the server refused, and nothing of its text.
  sqlstate: [(state) => `${stateInWords(state)}.`, 'Mend it, then retry.', 'statement-failed'],
  'role-missing': [named('The role', ' does not exist on the server.'), 'Create it there, then retry.'],
  'extension-missing': [
    named('The extension', ' is not installed on the server.'),
    'Install its package on the host, then retry.',
  ],
  'odd-name': [
    plain('The backup holds, or names, a file that pg_dump does not make.'),
    'Find out who made it: such a folder can read other files of the host. Use another backup.',
  ],
  'archive-unknown': [
    plain('The backup was made by a pg_dump that freshet-host does not know.'),
    'Update freshet-host on its host.',
  ],
  'encoding-invalid': [
    plain('The data does not fit the encoding of the database.'),
    'Use a database in UTF8.',
  ],
  'restricted-command': [
    plain('The file holds a command for psql itself, such as "\\!"; only SQL and COPY are let through.'),
    'Remove it: a dump made by pg_dump has none.',
  ],
  'restrict-malformed': [
    plain('The dump begins with a "\\restrict" line that pg_dump does not write.'),
    'Use a dump made by pg_dump.',
  ],
};

/** Classes and the commonest single states (PostgreSQL, appendix A; the classes are those of the SQL standard). */
const states: Readonly<Record<string, string>> = {
  '42P01': 'a table or view that it names does not exist',
  '42703': 'a column that it names does not exist',
  '42883': 'a function that it names does not exist',
  '42601': 'it has a syntax error',
  '42501': 'a right is missing',
  '42710': 'an object that it makes exists already',
  '42P07': 'a table that it makes exists already',
  '23505': 'a value would stand twice in a unique column',
  '23503': 'a foreign key has no partner',
  '23502': 'a column that must have a value would have none',
  '23514': 'a check constraint is broken',
  '22': 'a value does not fit where it is put',
  '23': 'a constraint is broken',
  '25': 'a command stands where a transaction does not allow it',
  '3F': 'a schema that it names does not exist',
  '42': 'it names something that does not exist, or is not allowed',
  '53': 'the server lacks resources (disk, memory or connections)',
  '55': 'something that it needs is in use',
  '57': 'it was cancelled',
  P0: 'it raised an error of its own',
};

/** `42P01` -> `a table or view that it names does not exist (SQLSTATE 42P01)`. */
export function stateInWords(state: string): string {
  const words = states[state] ?? states[state.slice(0, 2)] ?? 'the server refused a statement';
  return state === '' ? words : `${words} (SQLSTATE ${state})`;
}
