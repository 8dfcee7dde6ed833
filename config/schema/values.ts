import { isIP } from 'node:net';
import { z } from 'zod';
import { isZoneName } from '../../src/domain/zone.ts';
import { isHostKey } from './host-key.ts';

/*
 * Single values of the site file. The `error` of each says what is allowed, as it reads after "expected ...";
 * `faults.ts` makes the sentence around it.
 */

/** Said of every secret; a fault with this text never shows the value. */
export const secretAllowed =
  'env:NAME (a variable of the process) or file:/path (a file that only the bot can read)';

const nameAllowed = 'a name of lower-case letters, digits and single hyphens, at most 40, such as "uat-2"';

/** A name that people type and that other parts of the file refer to. */
export const name = z
  .string({ error: nameAllowed })
  .max(40, { error: nameAllowed })
  .regex(/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/, { error: nameAllowed });

// Control characters, line separators and marks that turn the direction of writing around: they let a name look like another.
const plain = '[^\\p{Cc}\\u2028-\\u202e\\u2066-\\u2069]';
const plainLine = new RegExp(`^${plain}*[^\\p{Cc}\\u2028-\\u202e\\u2066-\\u2069\\s]${plain}*$`, 'u');

/** A line for people. */
export function line(max: number): z.ZodString {
  const error = `a line of 1 to ${max} characters`;
  return z.string({ error }).max(max, { error }).regex(plainLine, { error });
}

export function matching(regex: RegExp, error: string): z.ZodString {
  return z.string({ error }).regex(regex, { error });
}

export function whole(min: number, max: number): z.ZodNumber {
  const open = max === Number.MAX_SAFE_INTEGER;
  const error = open ? `a whole number, ${min} or more` : `a whole number from ${min} to ${max}`;
  return z.number({ error }).int({ error }).min(min, { error }).max(max, { error });
}

export const channel = matching(
  /^[CG][A-Z0-9]{2,20}$/,
  'a Slack channel id such as "C024BE91L", not its name',
);

export const port = whole(1, 65_535);

export const flag = z.boolean({ error: 'true or false' });

export function choice<const T extends readonly [string, ...string[]]>(values: T) {
  const quoted = values.map((value) => `"${value}"`);
  const error = quoted.length === 1 ? quoted[0]! : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)!}`;
  return z.enum(values, { error });
}

/** A list; `what` is its name for people: `roles`. */
export function list<T extends z.ZodType>(item: T, what: string): z.ZodArray<T> {
  return z.array(item, { error: `a list of ${what}` });
}

/** A mapping from names to entries; at least one where `required`. */
export function named<T extends z.ZodType>(entry: T, what: string) {
  return z.record(name, entry, { error: `a mapping from a name to each ${what}` });
}

/** `env:NAME` or `file:/path`. Anything else could be the secret itself and is never shown. */
export const secret = matching(
  /^(?:env:[A-Za-z_][A-Za-z0-9_]{0,127}|file:\S(?:.{0,1022}\S)?)$/,
  secretAllowed,
);

const zoneAllowed = 'the name of a time zone, such as "Europe/Berlin" or "UTC"';

/** A zone of calendars: an offset would miss its summer time. */
export const zoneName = z.string({ error: zoneAllowed }).refine(isZoneName, { error: zoneAllowed });

const units = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 } as const;

/** Seconds of `90s`, `30m`, `12h`, `7d`, `2w`; undefined for anything else. */
export function secondsOf(text: string): number | undefined {
  const match = /^([1-9]\d{0,8})([smhdw])$/.exec(text);
  if (match === null) return undefined;
  return Number(match[1]) * units[match[2] as keyof typeof units];
}

/** A duration as people write it; becomes seconds. */
export function duration(min: string, max: string) {
  const error = `a duration from ${min} to ${max}, such as "90s", "30m", "12h" or "7d"`;
  return z
    .string({ error })
    .regex(/^[1-9]\d{0,8}[smhdw]$/, { error })
    .refine((text) => within(secondsOf(text), secondsOf(min), secondsOf(max)), { error })
    .transform((text) => secondsOf(text)!);
}

function within(value: number | undefined, min: number | undefined, max: number | undefined): boolean {
  // What is no duration at all was already refused by the format.
  return value === undefined || (value >= (min ?? 0) && value <= (max ?? Infinity));
}

/** An id that YAML may read as a number when it stands without quotes. */
export function idNumber(what: string) {
  const error = `the id of ${what} (a number)`;
  const text = z.string().regex(/^\d{1,18}$/, { error });
  const number = z.number().int({ error }).min(0, { error }).max(Number.MAX_SAFE_INTEGER, { error });
  return z.union([text, number], { error }).transform(String);
}

const addressAllowed = 'a host name or an IP address, such as "db1.example.org" or "10.0.0.5"';

const label = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?';
const hostName = new RegExp(`^${label}(?:\\.${label})*$`);

export const address = z
  .string({ error: addressAllowed })
  .max(253, { error: addressAllowed })
  .refine((text) => isIP(text) !== 0 || hostName.test(text), { error: addressAllowed });

const hostKeyAllowed =
  'the public host key as the host has it, "ssh-ed25519 AAAA...", without the name before it';

/** A pinned host key; a comment behind it is left out. */
export const hostKey = z
  .string({ error: hostKeyAllowed })
  .refine(isHostKey, { error: hostKeyAllowed })
  .transform((text) => text.trim().split(/\s+/).slice(0, 2).join(' '));

const urlAllowed =
  'an https:// address without user, password, query or fragment (http:// only on this machine)';

/** Base address of a service; without the slash at its end. */
export const baseUrl = z
  .string({ error: urlAllowed })
  .refine(isBaseUrl, { error: urlAllowed })
  .transform((text) => text.replace(/\/+$/, ''));

export function isBaseUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') return false;
  if (url.protocol === 'https:') return true;
  // A token over a plain connection would be readable on the way; a stand-in on this machine has no way.
  return url.protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
}

const yearsAllowed = 'a number of years from 1y to 100y, such as "3y"';

/** Years, as laws and auditors count; become seconds, of 365.25 days a year. */
export const years = z
  .string({ error: yearsAllowed })
  .regex(/^(?:[1-9]\d?|100)y$/, { error: yearsAllowed })
  .transform((text) => Math.ceil(Number.parseInt(text, 10) * 365.25 * 86_400));
