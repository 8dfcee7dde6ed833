import type { HostCause } from './host-program/step.ts';

/** A cause in plain words with the next action. Never raw output of a tool. */
export type Explained = { code: string; cause: string; hint: string };

/** `code`: that of the failure, where the host's own word is too broad for people. */
export type Sentence = readonly [cause: (object: string) => string, hint: string, code?: string];

/** Sentences by the code that `freshet-host` gives. */
export type Causes = Readonly<Record<string, Sentence>>;

/** `The disk of "db1" is full.`, or without the name where the host did not tell one. */
export function named(before: string, after: string): Sentence[0] {
  return (object) => (object === '' ? `${before}${after}` : `${before} "${object}"${after}`);
}

export function plain(sentence: string): Sentence[0] {
  return () => sentence;
}

const reread = 'Ask again with another backup; this one is read again by the next scan.';

/** What can happen to a step of any engine; an engine adds what its own tools say, and may put it better than this. */
export const causes: Causes = {
  'no-space': [named('The disk of', ' is full.'), 'Make room there, then retry.'],
  'permission-denied': [
    named('A right is missing', '.'),
    '`npx freshet check` shows which rights the identities lack.',
  ],
  'database-missing': [named('The database', ' is gone.'), 'Retry: it is made anew.'],
  'archive-truncated': [plain('The backup is cut off: it ends before its end.'), reread],
  'archive-corrupt': [plain('The backup is damaged and can not be read.'), reread],
  'digest-differs': [plain('What arrived is not what was approved: its checksum is another one.'), reread],
  'file-missing': [plain('The backup is not where it was.'), reread],
  'file-changed': [plain('The backup was being written while it was read.'), 'Retry when it is complete.'],
  'odd-file': [plain('The backup holds a link or another thing that is no file.'), reread],
  'archive-swells': [
    plain('The backup unpacks to more than 250 times its size.'),
    'Find out who made it: no dump does so. Use another backup.',
  ],
  'manifest-missing': [
    plain('No manifest lies beside the backup.'),
    'Only what Freshet took is removed. Look whose it is, and remove it by hand.',
  ],
  'manifest-differs': [
    plain('The manifest beside the backup is of another one.'),
    'Only what Freshet took is removed. Look whose it is, and remove it by hand.',
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

/** The sentence for a step that ended badly; `exitCode` where the host recognised nothing. `own`: those of the step's engine. */
export function explainCause(
  ended: { exitCode: number; cause?: HostCause },
  step: { title: string; host: string },
  own: Causes,
): Explained {
  const { cause, exitCode } = ended;
  // Whose disk it was, the tools don't say: it is that of their host.
  const object = cause?.object ?? (cause?.code === 'no-space' ? step.host : '');
  const sentence = cause === undefined ? undefined : sentenceOf(cause.code, own);
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
  const [said, hint, code = cause.code] = sentence;
  return { code, cause: `${step.title}: ${lowerFirst(said(object))}`, hint };
}

function sentenceOf(code: string, own: Causes): Sentence | undefined {
  return [own, causes].find((table) => Object.hasOwn(table, code))?.[code];
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}
