import { instantOf, type LocalTime } from './zone.ts';

/**
 * How the names of backups tell database and moment: `{database}_{dataAt:yyyyMMdd'T'HHmm'Z'}.dump`.
 *
 * - `{database}`: the database, by its name in the site file or on its server. At most once.
 * - `{dataAt:FORMAT}`: the moment of the data. `yyyy` year, `MM` month, `dd` day, `HH` hour, `mm` minute, `ss` second,
 *   always with all digits; what is left out from the right is 0. Text in single quotes and characters that
 *   are no letters stand for themselves, `''` is a quote. A `'Z'` directly at the end means UTC; `xx` an offset
 *   such as `+0100`; else the repository's `timeZone` counts. `epoch` alone: seconds since 1970. At most once.
 * - `*`: anything but a slash. At most twice. Everything else stands for itself.
 *
 * A pattern with a slash is compared with the whole path below the root, without one with the last part of it.
 */
export type NamePattern = {
  readonly text: string;
  readonly hasDatabase: boolean;
  readonly hasMoment: boolean;
  /** Whether a moment found by it depends on the repository's zone. */
  readonly needsZone: boolean;
  readonly parts: readonly Part[];
};

type Letter = 'yyyy' | 'MM' | 'dd' | 'HH' | 'mm' | 'ss' | 'xx' | 'epoch';
type Part =
  { kind: 'text'; text: string } | { kind: 'any' } | { kind: 'database' } | { kind: 'time'; letter: Letter };

/** What a name says; `dataAtUnclear` where it has a moment that can't be made out. */
export type NameReading = { database?: string; dataAt?: Date; dataAtUnclear?: true };

type Refusal = { fault: string; hint: string };

const letters: readonly Letter[] = ['yyyy', 'MM', 'dd', 'HH', 'mm', 'ss', 'xx'];

/** The pattern, or why it is none. */
export function parseNamePattern(text: string): NamePattern | Refusal {
  const parts: Part[] = [];
  const tokens = /\{([^{}]*)\}|([{}])|(\*+)|([^{}*]+)/g;
  for (const [, token, brace, star, literal] of text.matchAll(tokens)) {
    if (brace !== undefined)
      return refuse(`The pattern has a lone "${brace}".`, 'Braces come in pairs: {database}.');
    if (literal !== undefined) parts.push({ kind: 'text', text: literal });
    else if (star !== undefined) parts.push({ kind: 'any' });
    else if (token === 'database') parts.push({ kind: 'database' });
    else if (token?.startsWith('dataAt:')) {
      const format = parseFormat(token.slice('dataAt:'.length));
      if ('fault' in format) return format;
      parts.push(...format.parts);
    } else {
      return refuse(
        `{${token}} is not known in a pattern; expected {database} or {dataAt:FORMAT}.`,
        "For example {dataAt:yyyyMMdd'T'HHmm'Z'}.",
      );
    }
  }
  return judge(text, parts);
}

function judge(text: string, parts: Part[]): NamePattern | Refusal {
  const count = (found: (part: Part) => boolean) => parts.filter(found).length;
  const moments = text.split('{dataAt:').length - 1;
  const databases = count((part) => part.kind === 'database');
  if (moments + databases === 0) {
    return refuse(
      'The pattern tells neither database nor moment.',
      'Use {database} or {dataAt:FORMAT}, or leave "pattern" out.',
    );
  }
  if (moments > 1 || databases > 1) {
    return refuse(
      `The pattern has ${moments > 1 ? '{dataAt:...}' : '{database}'} more than once.`,
      'Name it once, and use * for the rest.',
    );
  }
  if (/^\/|\/\/|(?:^|\/)\.\.?(?:\/|$)/.test(text)) {
    return refuse('The pattern is not a path below the root.', 'Leave out a leading slash, "." and "..".');
  }
  if (count((part) => part.kind === 'any') > 2) {
    // Each one more multiplies the ways to cut a name, and the time that a hostile name can take.
    return refuse('The pattern has more than two *.', 'Write out what all names have in common.');
  }
  // Two parts of open length side by side could be cut anywhere: a name would have several readings.
  const open = (part: Part | undefined) => part?.kind === 'any' || part?.kind === 'database' || isEpoch(part);
  for (let i = 1; i < parts.length; i++) {
    if (open(parts[i]) && open(parts[i - 1])) {
      return refuse(
        'The pattern is ambiguous: nothing stands between two parts of open length.',
        'Put the text between them that the names have.',
      );
    }
  }
  const times = parts.flatMap((part) => (part.kind === 'time' ? [part.letter] : []));
  const zoned = times.includes('epoch') || times.includes('xx') || endsInUtc(parts);
  return {
    text,
    parts,
    hasDatabase: databases === 1,
    hasMoment: times.length > 0,
    needsZone: times.length > 0 && !zoned,
  };
}

function isEpoch(part: Part | undefined): boolean {
  return part?.kind === 'time' && part.letter === 'epoch';
}

function parseFormat(format: string): { parts: Part[] } | Refusal {
  if (format === 'epoch') return { parts: [{ kind: 'time', letter: 'epoch' }] };
  const parts: Part[] = [];
  const tokens = /'((?:[^']|'')*)'|([A-Za-z]+)|([^A-Za-z']+)|(')/g;
  for (const [whole, quoted, word, literal] of format.matchAll(tokens)) {
    if (quoted !== undefined)
      parts.push({ kind: 'text', text: quoted === '' ? "'" : quoted.replaceAll("''", "'") });
    else if (literal !== undefined) parts.push({ kind: 'text', text: literal });
    else if (word === undefined)
      return refuse(
        `A quote (${whole}) is not closed in {dataAt:...}.`,
        "Text stands in single quotes: 'T'.",
      );
    else {
      for (const [piece] of word.matchAll(/(.)\1*/g)) {
        const letter = letters.find((known) => known === piece);
        if (letter === undefined) {
          return refuse(
            `"${piece}" is not known in {dataAt:...}; expected yyyy, MM, dd, HH, mm, ss, xx or epoch.`,
            `Text stands in single quotes: '${piece}'.`,
          );
        }
        parts.push({ kind: 'time', letter });
      }
    }
  }
  return checkLetters(parts);
}

function checkLetters(parts: Part[]): { parts: Part[] } | Refusal {
  const used = parts.flatMap((part) => (part.kind === 'time' ? [part.letter] : []));
  if (new Set(used).size < used.length)
    return refuse('{dataAt:...} has a letter group twice.', 'Name each once.');
  const order: Letter[] = ['yyyy', 'MM', 'dd', 'HH', 'mm', 'ss'];
  const missing = order.slice(0, 3).filter((letter) => !used.includes(letter));
  if (missing.length > 0)
    return refuse(
      `{dataAt:...} lacks ${missing.join(', ')}; a moment needs at least a date.`,
      'For example yyyyMMdd.',
    );
  const gap = order.find(
    (letter, index) => !used.includes(letter) && order.slice(index + 1).some((later) => used.includes(later)),
  );
  if (gap !== undefined)
    return refuse(
      `{dataAt:...} lacks ${gap} and has what is finer.`,
      'Leave out groups from the right only.',
    );
  return { parts };
}

function refuse(fault: string, hint: string): Refusal {
  return { fault, hint };
}

/** Whether the part right behind the last time group is a text that begins with "Z" from the format's own `'Z'`. */
function endsInUtc(parts: readonly Part[]): boolean {
  const last = parts.findLastIndex((part) => part.kind === 'time');
  const next = parts[last + 1];
  return last >= 0 && next?.kind === 'text' && /^Z(?![A-Za-z])/.test(next.text);
}

const digits: Record<Letter, string> = {
  yyyy: '(\\d{4})',
  MM: '(\\d{2})',
  dd: '(\\d{2})',
  HH: '(\\d{2})',
  mm: '(\\d{2})',
  ss: '(\\d{2})',
  xx: '([+-]\\d{4}|Z)',
  epoch: '(\\d{1,12})',
};

/**
 * What a path below the root says by the pattern; undefined when it does not fit. `databases` are the names that
 * `{database}` may stand for: comparing instead of cutting leaves a name one reading only. `zone` counts for times without
 * their own. `dataAtUnclear` where the digits are no time, one that the zone's clocks show never or twice, or where a `*`
 * leaves open which digits are meant.
 */
export function readName(
  pattern: NamePattern,
  path: string,
  databases: readonly string[],
  zone: string,
): NameReading | undefined {
  const name = pattern.text.includes('/') ? path : path.slice(path.lastIndexOf('/') + 1);
  // Only names of a sane length are compared; `*` may then back off without harm.
  if (name.length > 512) return undefined;
  // The longest first, so that "orders" does not cut "orders-eu" short where a `*` would take the rest.
  const candidates = pattern.hasDatabase ? [...databases].sort((a, b) => b.length - a.length) : [undefined];
  for (const database of candidates) {
    const match = compile(pattern, database, '[^/]*').exec(name);
    if (match === null) continue;
    const reading: NameReading = database === undefined ? {} : { database };
    if (!pattern.hasMoment) return reading;
    // Where `*` could be cut in two ways (two dates in one name), the pattern does not tell which one is meant.
    const other = compile(pattern, database, '[^/]*?').exec(name);
    if (other?.join('/') !== match.join('/')) return { ...reading, dataAtUnclear: true };
    const dataAt = momentOf(pattern, match.slice(1), zone);
    return dataAt === undefined ? { ...reading, dataAtUnclear: true } : { ...reading, dataAt };
  }
  return undefined;
}

function compile(pattern: NamePattern, database: string | undefined, any: string): RegExp {
  const source = pattern.parts.map((part) => {
    if (part.kind === 'text') return escape(part.text);
    if (part.kind === 'any') return any;
    if (part.kind === 'database') return escape(database ?? '');
    return digits[part.letter];
  });
  return new RegExp(`^${source.join('')}$`, 'u');
}

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

function momentOf(pattern: NamePattern, values: readonly string[], zone: string): Date | undefined {
  const used = pattern.parts.flatMap((part) => (part.kind === 'time' ? [part.letter] : []));
  const text = new Map(used.map((letter, index) => [letter, values[index]!]));
  const epoch = text.get('epoch');
  if (epoch !== undefined) return validDate(Number(epoch) * 1000);
  const number = (letter: Letter) => Number(text.get(letter) ?? 0);
  const local: LocalTime = {
    year: number('yyyy'),
    month: number('MM'),
    day: number('dd'),
    hour: number('HH'),
    minute: number('mm'),
    second: number('ss'),
  };
  if (local.year < 1970) return undefined;
  return instantOf(local, text.get('xx') ?? (pattern.needsZone ? zone : 'Z'));
}

function validDate(milliseconds: number): Date | undefined {
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
