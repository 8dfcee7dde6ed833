import type { Duplex } from 'node:stream';
import { configError, FreshetError, unavailable } from '../../src/domain/errors.ts';
import type { ErrorKind } from '../../src/domain/errors.ts';
import { decodeWord, garbled, protocol } from './codec.ts';

/** What the program answered: the words behind `ok`, and the lines before it. */
export type Answer = { words: string[]; lines: string[] };

/** A session of the program: lines out, lines in. */
export type Channel = {
  /** One request; requests of one channel are answered one after the other. */
  request(words: readonly string[], payload?: Buffer): Promise<Answer>;
  /** A line without an answer (the `watch` verb's list). */
  send(line: string): void;
  /** Gets every line that is no answer to a request. */
  onLine: (line: string) => void;
  /** Called once, when nothing will come any more. */
  onEnd: (error: FreshetError) => void;
  /** Why nothing will come any more; undefined while it is open. */
  readonly ended: FreshetError | undefined;
  close(): void;
};

type Waiting = { id: string; lines: string[]; resolve(answer: Answer): void; reject(error: Error): void };

const kinds = new Set<string>([
  'Input',
  'NotFound',
  'Forbidden',
  'Conflict',
  'Unavailable',
  'Config',
  'Fenced',
]);
/** An answer that stays away this long means a dead channel. Longer than the program's own longest patience. */
const answerSeconds = 60;
/** A login shell that prints more than this before the program starts is not going to start it. */
const maxNoiseBytes = 65_536;

/** Starts to speak on a session; resolves after the program has said who it is. */
export async function openChannel(host: string, stream: Duplex): Promise<Channel> {
  const waiting: Waiting[] = [];
  let nextId = 1;
  let ended: FreshetError | undefined;
  let opened = false;
  let rest = '';
  const opening = deferred<void>();

  const channel: Channel = {
    request(words, payload) {
      if (ended !== undefined) return Promise.reject(ended);
      const id = String(nextId++);
      return new Promise<Answer>((resolve, reject) => {
        const timer = setTimeout(() => end(lost(host, 'did not answer in time')), answerSeconds * 1000);
        const settle =
          <T>(then: (value: T) => void) =>
          (value: T): void => {
            clearTimeout(timer);
            then(value);
          };
        waiting.push({ id, lines: [], resolve: settle(resolve), reject: settle(reject) });
        const line = Buffer.from(`${id} ${words.join(' ')}\n`, 'latin1');
        stream.write(payload === undefined ? line : Buffer.concat([line, payload]));
      });
    },
    send(line) {
      if (ended === undefined) stream.write(`${line}\n`);
    },
    onLine: () => {},
    onEnd: () => {},
    get ended() {
      return ended;
    },
    close: () => end(lost(host, 'was closed')),
  };

  function end(error: FreshetError): void {
    if (ended !== undefined) return;
    ended = error;
    opening.reject(error);
    for (const one of waiting.splice(0)) one.reject(error);
    stream.destroy();
    channel.onEnd(error);
  }

  function take(line: string): void {
    if (!opened) {
      // Whatever the account's start-up files print comes first.
      const banner = /^freshet-host (\d+) (\S+)$/.exec(line);
      if (banner === null) return;
      if (Number(banner[1]) !== protocol) return end(tooOld(host, banner[2]!));
      opened = true;
      opening.resolve();
      return;
    }
    const first = waiting[0];
    if (first === undefined || !line.startsWith(`${first.id} `)) {
      channel.onLine(line);
      return;
    }
    const [, mark = '', ...words] = line.split(' ');
    if (mark === '+') {
      first.lines.push(line.slice(first.id.length + 3));
      return;
    }
    waiting.shift();
    if (mark === 'ok') first.resolve({ words: words.filter((word) => word !== ''), lines: first.lines });
    else if (mark === 'no') first.reject(refusal(host, words));
    else first.reject(garbled());
  }

  stream.on('data', (chunk: Buffer) => {
    rest += chunk.toString('latin1');
    const lines = rest.split('\n');
    rest = lines.pop()!;
    for (const line of lines) take(line);
    if (!opened && rest.length > maxNoiseBytes) end(lost(host, 'did not start'));
  });
  stream.on('error', () => end(lost(host, 'was lost')));
  stream.on('end', () => end(opened ? lost(host, 'was lost') : notStarted(host)));
  stream.on('close', () => end(opened ? lost(host, 'was lost') : notStarted(host)));
  if (stream.destroyed) end(notStarted(host));
  const timer = setTimeout(() => end(lost(host, 'did not start in time')), 20_000);
  try {
    await opening.promise;
  } finally {
    clearTimeout(timer);
  }
  return channel;
}

function deferred<T>(): { promise: Promise<T>; resolve(value: T): void; reject(error: Error): void } {
  let resolve!: (value: T) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

function lost(host: string, what: string): FreshetError {
  return unavailable(
    'host-connection-lost',
    `The session of the host program on "${host}" ${what}; the outcome of what was asked is not known.`,
    'It is asked again by itself; if it stays, run "npx freshet check".',
    { host },
  );
}

function notStarted(host: string): FreshetError {
  return unavailable(
    'host-program-missing',
    `The host program on "${host}" did not start.`,
    'Install it with "npx freshet host install" and see that the key\'s forced command names it.',
    { host },
  );
}

function tooOld(host: string, version: string): FreshetError {
  return configError(
    'host-program-old',
    `The host program on "${host}" is version ${version}, which speaks another protocol than this Freshet.`,
    'Install the program of this version with "npx freshet host install".',
    { host, version },
  );
}

/** `KIND CODE SENTENCE`, as the program refuses. */
function refusal(host: string, words: string[]): Error {
  const [kind = '', code = '', ...sentence] = words;
  if (!kinds.has(kind) || !/^[a-z][a-z-]*$/.test(code)) return garbled();
  const text = Buffer.from(decodeWord(sentence.join(' ')), 'utf8').toString('utf8');
  return new FreshetError(kind as ErrorKind, code, `Host "${host}" refused: ${text}.`, hints[code] ?? '', {
    host,
  });
}

const hints: Readonly<Record<string, string>> = {
  'host-refused':
    "Only what the host's own root-owned file lists is allowed; its administrator can change it.",
  'host-config-invalid': 'Mend the file on the host as root, then run "npx freshet check".',
  'fence-passed': 'Another attempt has taken over; this one ends.',
  'target-unclaimed': 'Claim the target first.',
  'target-locked': 'Wait for the run that holds the target, or cancel it.',
  'step-differs': 'Give the changed step a name of its own.',
  'upload-damaged': 'Submit the step again.',
  'no-space': 'Make room there, then retry.',
  'psql-too-old':
    'Update the PostgreSQL client on the host, or keep backups of this database in -Fc or -Fd format.',
  'grants-unset': 'Add a "grants" line to the host\'s file and list that file in sshd\'s AuthorizedKeysFile.',
};
