import { pino, type LogFn, type Logger } from 'pino';

export type LogOptions = {
  level: string;
  /** Values that must never be seen, as they are known at the time of each line (`Secrets.known`). */
  secrets?: () => Iterable<string>;
  /** By default stderr: stdout belongs to the answers of commands. */
  destination?: { write(line: string): unknown; isTTY?: boolean };
  /** One line for people instead of JSON; by default where the destination is a terminal. */
  pretty?: boolean;
};

/**
 * The logger of a process; `child({ component: 'worker' })` for its parts. Whatever is logged, no known secret, no
 * value under a secret's name and no row of data is written: errors are cut down to what is fit for people, without
 * their causes and the details that database drivers add.
 */
export function createLogger(options: LogOptions): Logger {
  const destination = options.destination ?? process.stderr;
  const pretty = options.pretty ?? destination.isTTY === true;
  const write = (line: string): void => {
    const entry = cleaned(JSON.parse(line), needles(options.secrets?.() ?? []), '') as Record<
      string,
      unknown
    >;
    destination.write(pretty ? `${prettyLine(entry)}\n` : `${JSON.stringify(entry)}\n`);
  };
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: plainError, error: plainError },
      hooks: { logMethod },
    },
    { write },
  );
}

/** Gives errors without a message of their own a safe one: pino would take that of the error as it is. */
function logMethod(this: Logger, args: Parameters<LogFn>, method: LogFn): void {
  const [first, message] = args as unknown[];
  const error = first instanceof Error ? first : (first as { err?: unknown } | undefined)?.err;
  if (message === undefined && error instanceof Error) {
    method.call(this, first instanceof Error ? { err: first } : (first as object), plainError(error).message);
  } else method.apply(this, args);
}

const redacted = '[redacted]';
const secretNames =
  /^(?:.*(?:password|passphrase|token|secret|privatekey|credentials?)|authorization|cookie|set-cookie|databaseurl|redisurl|database_url|redis_url)$/i;

/** A copy without secrets, by the names of their keys and by the values themselves. */
function cleaned(value: unknown, secrets: readonly string[], key: string): unknown {
  if (value === null || value === undefined) return value;
  if (secretNames.test(key)) return redacted;
  if (typeof value === 'string') return withoutSecrets(value, secrets);
  // Secrets that are numbers (a PIN) are known as text.
  if (typeof value === 'number') return secrets.includes(String(value)) ? redacted : value;
  if (Array.isArray(value)) return value.map((inner) => cleaned(inner, secrets, ''));
  if (typeof value !== 'object') return value;
  const entries = Object.entries(value).map(([name, inner]) => [
    withoutSecrets(name, secrets),
    cleaned(inner, secrets, name),
  ]);
  return Object.fromEntries(entries);
}

function withoutSecrets(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) clean = clean.replaceAll(secret, redacted);
  return clean;
}

/**
 * What is looked for: each secret, the forms it takes in addresses, in JSON and in Basic authorisation, and every long line
 * of a key. The longest first, so that a part does not hide the whole. Below 4 characters a value can't be told from
 * ordinary text.
 */
function needles(secrets: Iterable<string>): string[] {
  const found = new Set<string>();
  for (const secret of secrets) {
    const lines = secret.includes('\n') ? secret.split(/\r?\n/).filter((line) => line.length >= 16) : [];
    for (const part of [secret, ...lines]) {
      for (const form of [part, encodeURIComponentSafe(part), JSON.stringify(part).slice(1, -1)])
        found.add(form);
      found.add(Buffer.from(part).toString('base64').replace(/=+$/, ''));
    }
  }
  return [...found].filter((needle) => needle.length >= 4).sort((a, b) => b.length - a.length);
}

function encodeURIComponentSafe(text: string): string {
  try {
    return encodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The parts of an error that may be written down. */
function plainError(error: unknown): { message: string } & Record<string, unknown> {
  if (!(error instanceof Error))
    return { type: typeof error, message: typeof error === 'string' ? error : 'not an error' };
  const facts = error as Error & Record<string, unknown>;
  if (typeof facts.kind === 'string' && typeof facts.hint === 'string') {
    return {
      code: facts.code,
      kind: facts.kind,
      message: error.message,
      hint: facts.hint,
      about: facts.about,
    };
  }
  const code = typeof facts.code === 'string' || typeof facts.code === 'number' ? { code: facts.code } : {};
  return { type: error.name, ...code, message: safeMessage(error.message, facts), stack: frames(error) };
}

/**
 * PostgreSQL quotes values in data errors (class 22) and in what a script raises (P0); `detail` and `where`, which hold whole rows,
 * are never taken over. MySQL quotes them wherever it likes ("Duplicate entry '...' for key"): of its errors only the number is told,
 * and its name stands beside it as the code.
 */
function safeMessage(message: string, facts: Record<string, unknown>): string {
  const { code, errno, severity, sqlState } = facts;
  if (typeof sqlState === 'string' && typeof errno === 'number') return `database error ${errno}`;
  const fromPostgres = typeof severity === 'string' && typeof code === 'string';
  return fromPostgres && /^(?:22|P0)/.test(code) ? `database error ${code}` : message;
}

/** Where it was thrown; the first lines of a stack repeat the message. */
function frames(error: Error): string {
  const lines = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return lines
    .slice(0, 12)
    .map((line) => line.trim())
    .join('\n');
}

/** `12:03:44 INFO  worker: Run started  run=abc` */
function prettyLine(entry: Record<string, unknown>): string {
  const { level, time, msg, component, err, error, ...rest } = entry;
  const clock = typeof time === 'string' ? time.slice(11, 19) : '';
  const name = typeof component === 'string' ? `${component}: ` : '';
  const text = typeof msg === 'string' ? msg : '';
  const extra = Object.entries(rest).map(([key, value]) => `${key}=${inLine(value)}`);
  const trouble = [err, error].filter((value) => value !== undefined).map(prettyError);
  const line = [
    `${clock} ${String(level).toUpperCase().padEnd(5)} ${name}${text}`,
    ...extra,
    ...trouble,
  ].join('  ');
  // A name from outside must not begin a new line or move the cursor of the terminal.
  return line.replace(/[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu, ' ');
}

function inLine(value: unknown): string {
  return typeof value === 'string' && /^[\w.:/@-]+$/.test(value) ? value : JSON.stringify(value);
}

function prettyError(value: unknown): string {
  const { code, type, message, hint, stack } = (value ?? {}) as Record<string, unknown>;
  const parts = [`${inLine(code ?? type ?? 'error')}: ${typeof message === 'string' ? message : ''}`];
  if (typeof hint === 'string' && hint !== '') parts.push(`Hint: ${hint}`);
  if (typeof stack === 'string' && stack !== '') parts.push(`(${stack.split('\n')[0]})`);
  return parts.join(' ');
}
