import { FreshetError, oneOf } from '../src/domain/errors.ts';

/** One thing that is wrong with a file, and how to mend it. Never holds a secret. */
export type Fault = {
  /** Where in the file: `environments.uat.databases.orders.server`; empty for the file as a whole. */
  path: string;
  /** Line in the file, from 1; undefined where it has none (a variable of the process). */
  line?: number;
  /** One sentence: the value in quotes, what is allowed. */
  message: string;
  /** The next action; empty where the message says it all. */
  hint: string;
};

/** All faults of the site file (code `site-invalid`) or of the process environment (`environment-invalid`) at once. */
export class SiteInvalid extends FreshetError {
  /** Sorted by line. */
  readonly faults: readonly Fault[];
  /** The file, as it was named. */
  readonly file: string;

  constructor(
    code: 'site-invalid' | 'environment-invalid',
    file: string,
    faults: readonly Fault[],
    hint: string,
  ) {
    const sorted = sortFaults(faults);
    super('Config', code, summary(file, sorted), hint, { file });
    this.faults = sorted;
    this.file = file;
  }

  /** All faults as a terminal shows them: several lines, without colours. */
  render(): string {
    const count = this.faults.length === 1 ? '1 fault' : `${this.faults.length} faults`;
    return [`${this.file} has ${count}:`, ...this.faults.map(renderFault)].join('\n\n');
  }
}

function renderFault(fault: Fault): string {
  const place = fault.line === undefined ? '' : `line ${fault.line}`;
  const head = [place, fault.path].filter((part) => part !== '').join('  ');
  const lines = [
    head === '' ? [] : [head],
    [`  ${fault.message}`],
    fault.hint === '' ? [] : [`  ${fault.hint}`],
  ];
  return lines
    .flat()
    .map((text) => `  ${text}`)
    .join('\n');
}

function summary(file: string, faults: readonly Fault[]): string {
  const [first] = faults;
  if (first === undefined) return `${file} has faults.`;
  const where = [first.line === undefined ? '' : `line ${first.line}`, first.path].filter(
    (part) => part !== '',
  );
  const at = where.length === 0 ? '' : `${where.join(', ')}: `;
  if (faults.length === 1) return `${file} has 1 fault: ${at}${first.message}`;
  return `${file} has ${faults.length} faults; the first is ${at}${first.message}`;
}

function sortFaults(faults: readonly Fault[]): Fault[] {
  return [...faults].sort(
    (a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.path < b.path ? -1 : a.path > b.path ? 1 : 0),
  );
}

/** A value as a message may show it: quoted and cut; what may be a secret or is no single value is only named. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'a mapping';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'string') return `a ${typeof value}`;
  if (looksSecret(value)) return 'a value that looks like a secret and is not shown';
  // Escaped like JSON, so that a line break or a control character can't play tricks with the terminal.
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}...` : value);
}

/** A key that somebody wrote, where it has the form of one; a token that slipped into its place is not shown. */
export function shownKey(key: string): string {
  return /^[A-Za-z0-9][A-Za-z0-9 _.-]{0,39}$/.test(key) && !looksSecret(key)
    ? `"${key}"`
    : 'A key that is not shown';
}

/** Part of a path, for a message; keys that are not shown become `?`. */
export function shownPath(path: readonly PropertyKey[]): string {
  return path
    .map((part, index) => {
      if (typeof part === 'number') return `[${part}]`;
      const key = shownKey(String(part)).startsWith('"') ? String(part) : '?';
      return index === 0 ? key : `.${key}`;
    })
    .join('');
}

/** Tokens of the services around Freshet, private keys, addresses with a password: wherever they are found. */
export function looksSecret(text: string): boolean {
  return (
    /xox[a-z]-|xapp-|xwfp-|ATATT|ATCTT|gh[pousr]_|-----BEGIN|AGE-SECRET-KEY/i.test(text) ||
    /:\/\/[^/\s]*:[^/\s]*@/.test(text) ||
    // No name, path or sentence of a site file looks like these; generated secrets do.
    /[0-9a-f]{32,}/i.test(text) ||
    (text.match(/[A-Za-z0-9+/_=-]{24,}/g) ?? []).some(
      (run) => /[a-z]/.test(run) && /[A-Z]/.test(run) && /\d/.test(run),
    )
  );
}

/** `"uta" is not an environment of this file; expected "ci" or "uat".` */
export function unknownName(value: string, what: string, allowed: readonly string[]): string {
  const expected = allowed.length === 0 ? 'there is none yet' : `expected ${oneOf(allowed)}`;
  return `${shown(value)} is not ${what} of this file; ${expected}.`;
}

/** `Did you mean "uat"?`, or nothing. */
export function didYouMean(suggestion: string | undefined, otherwise = ''): string {
  return suggestion === undefined ? otherwise : `Did you mean "${suggestion}"?`;
}
