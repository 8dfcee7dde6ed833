import type { HostCause } from './host-program/step.ts';

/** A cause in plain words with the next action. Never raw output of a tool. */
export type Explained = { code: string; cause: string; hint: string };

type Sentence = readonly [cause: (named: string) => string, hint: string];

function named(before: string, after: string): Sentence[0] {
  return (object) => (object === '' ? `${before}${after}` : `${before} "${object}"${after}`);
}

function plain(sentence: string): Sentence[0] {
  return () => sentence;
}

const reread = 'Ask again with another backup; this one is read again by the next scan.';

/** Every code that `freshet-host` gives for a step that failed. */
const sentences: Readonly<Record<string, Sentence>> = {
  'no-space': [named('The disk of', ' is full.'), 'Make room there, then retry.'],
  'permission-denied': [
    named('A right is missing', '.'),
    '`npx freshet check` shows which rights the identities lack.',
  ],
  'role-missing': [named('The role', ' does not exist on the server.'), 'Create it there, then retry.'],
  'extension-missing': [
    named('The extension', ' is not installed on the server.'),
    'Install its package on the host, then retry.',
  ],
  'database-missing': [named('The database', ' is gone.'), 'Retry: it is made anew.'],
  'archive-truncated': [plain('The backup is cut off: it ends before its end.'), reread],
  'archive-corrupt': [plain('The backup is damaged and can not be read.'), reread],
  'digest-differs': [plain('What arrived is not what was approved: its checksum is another one.'), reread],
  'file-missing': [plain('The backup is not where it was.'), reread],
  'file-changed': [plain('The backup was being written while it was read.'), 'Retry when it is complete.'],
  'odd-file': [plain('The backup holds a link or another thing that is no file.'), reread],
  'odd-name': [
    plain('The backup holds, or names, a file that pg_dump does not make.'),
    'Find out who made it: such a folder can read other files of the host. Use another backup.',
  ],
  'archive-swells': [
    plain('The backup unpacks to more than 250 times its size.'),
    'Find out who made it: no dump does so. Use another backup.',
  ],
  'archive-unknown': [
    plain('The backup was made by a pg_dump that freshet-host does not know.'),
    'Update freshet-host on its host.',
  ],
  'link-refused': [
    plain('A link stands where a file was expected.'),
    'Look at the host: links are never followed.',
  ],
  'connection-lost': [plain('The database server ended the connection.'), 'Retry when it is up again.'],
  'constraint-violated': [
    named('The data breaks the constraint', '.'),
    'Mend what broke it (a script, or the backup), then retry.',
  ],
  'encoding-invalid': [
    plain('The data does not fit the encoding of the database.'),
    'Use a database in UTF8.',
  ],
  'login-refused': [
    plain('The server refused the login of the tools.'),
    'Check the password file on the host.',
  ],
  'too-many-connections': [
    plain('The server takes no more connections.'),
    'Retry later, or with fewer jobs.',
  ],
  'out-of-memory': [plain('The memory did not suffice.'), 'Retry with fewer jobs.'],
  'server-version-old': [
    named('The server is older than what the backup needs', '.'),
    'Use a backup of the same or an older version.',
  ],
  'restricted-command': [
    plain('The file holds a command for psql itself, such as "\\!"; only SQL and COPY are let through.'),
    'Remove it: a dump made by pg_dump has none.',
  ],
  'restrict-malformed': [
    plain('The dump begins with a "\\restrict" line that pg_dump does not write.'),
    'Use a dump made by pg_dump.',
  ],
  'statement-cancelled': [plain('A statement was cancelled on the server.'), 'Retry.'],
  'fence-passed': [
    plain('Another attempt has taken the target over.'),
    'Nothing is to be done: it goes on there.',
  ],
  'source-key-changed': [
    plain('The host that holds the backup shows another host key than the one in the site file.'),
    'Find out why before anything else; then correct the pinned key.',
  ],
  'source-refused': [
    plain('The host that holds the backup refused the key of the run.'),
    'Check that its sshd reads the file with the grants.',
  ],
  'source-unreachable': [
    plain('The host that holds the backup could not be reached from the host of the server.'),
    'Check `transfer` of the host in the site file, and the network between both.',
  ],
  'source-differs': [plain('What lies on the source host is not the backup that was approved.'), reread],
};

/** Every code of the table; a test holds it against the program. */
export const causeCodes: readonly string[] = Object.keys(sentences);

/** The sentence for a step that ended badly; `exitCode` where the host recognised nothing. */
export function explainCause(
  ended: { exitCode: number; cause?: HostCause },
  step: { title: string; host: string },
): Explained {
  const { cause, exitCode } = ended;
  // Whose disk it was, the tools don't say: it is that of their host.
  const object = cause?.object ?? (cause?.code === 'no-space' ? step.host : '');
  if (cause?.code === 'sqlstate') {
    return {
      code: 'statement-failed',
      cause: `${step.title}: ${stateInWords(object)}.`,
      hint: 'Mend it, then retry.',
    };
  }
  const sentence = cause === undefined ? undefined : sentences[cause.code];
  if (cause === undefined || sentence === undefined) {
    return {
      code: cause?.code ?? (exitCode > 128 ? 'step-killed' : 'command-failed'),
      cause:
        exitCode > 128
          ? `"${step.title}" was ended by signal ${exitCode - 128}.`
          : `"${step.title}" ended with exit code ${exitCode}.`,
      hint: `The tool's own messages are on host "${step.host}", in the folder of the run.`,
    };
  }
  return { code: cause.code, cause: `${step.title}: ${lowerFirst(sentence[0](object))}`, hint: sentence[1] };
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}

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
