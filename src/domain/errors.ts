/** What kind of fault it is; fronts choose the HTTP status, exit code or wording from it. */
export type ErrorKind =
  'Input' | 'NotFound' | 'Forbidden' | 'Conflict' | 'Unavailable' | 'Config' | 'Command' | 'Fenced';

/**
 * The only error that people get to see. `message` is one sentence: what was refused, the value in quotes,
 * what is allowed. `hint` is the next action. `code` is stable and kebab-case; troubleshooting goes by it.
 * Never holds a secret, a row of data or raw output of a tool.
 */
export class FreshetError extends Error {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly hint: string;
  /** What a front may point at: the field of a form, the step, the host. Never secret. */
  readonly about: Readonly<Record<string, string>>;

  constructor(
    kind: ErrorKind,
    code: string,
    message: string,
    hint: string,
    about: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.name = 'FreshetError';
    this.kind = kind;
    this.code = code;
    this.hint = hint;
    this.about = about;
  }
}

type Make = (
  code: string,
  message: string,
  hint: string,
  about?: Readonly<Record<string, string>>,
) => FreshetError;

function maker(kind: ErrorKind): Make {
  return (code, message, hint, about) => new FreshetError(kind, code, message, hint, about);
}

/** What a person or a file gave is not valid. */
export const inputError = maker('Input');
/** What was named does not exist. */
export const notFound = maker('NotFound');
/** The actor may not do it. */
export const forbidden = maker('Forbidden');
/** The state of things does not allow it (any more). */
export const conflict = maker('Conflict');
/** A service or host can't be reached, or the outcome is unknown; trying again later is right. */
export const unavailable = maker('Unavailable');
/** The site's configuration is wrong. */
export const configError = maker('Config');
/** A step on a host or database failed for good; `about` names host and step. */
export const commandError = maker('Command');
/** The target refuses a number as small as ours: another attempt has taken over. */
export const fencedError = maker('Fenced');

/** Whether `error` is one of ours; with `kind`, of that kind. */
export function isFreshetError(error: unknown, kind?: ErrorKind): error is FreshetError {
  return error instanceof FreshetError && (kind === undefined || error.kind === kind);
}

/** The sentence and its hint as people read them. */
export function explain(error: FreshetError): string {
  const { message, hint } = error;
  // A message of several lines may end with one.
  return hint === '' ? message : `${message}${message.endsWith('\n') ? '' : ' '}Hint: ${hint}`;
}

/** The nearest of `allowed` to `value` (edit distance at most a third of its length), for "did you mean". */
export function nearest(value: string, allowed: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(value.length / 3)) + 1;
  for (const word of allowed) {
    const distance = editDistance(value.toLowerCase(), word.toLowerCase());
    if (distance < bestDistance) {
      best = word;
      bestDistance = distance;
    }
  }
  return best;
}

/** Optimal string alignment: a swap of two neighbours ("uta" for "uat") counts as one edit. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let cost = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, beforeLast[j - 2]! + 1);
      }
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}

/** Lists values as people write them: "ci", "dev" or "uat". */
export function oneOf(values: Iterable<string>): string {
  const quoted = [...values].map((value) => `"${value}"`);
  if (quoted.length <= 1) return quoted.join('');
  return `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`;
}
