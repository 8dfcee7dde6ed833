import { z } from 'zod';
import { nearest } from '../src/domain/errors.ts';
import { didYouMean, shown, shownKey, shownPath, type Fault } from './faults.ts';
import { secretAllowed } from './schema/values.ts';

/** A path into the file, and where it stands. */
export type LineOf = (path: readonly PropertyKey[]) => number;

/** All that is wrong with single values, as sentences. `raw` is what was parsed. */
export function structureFaults(
  schema: z.ZodType,
  raw: unknown,
  issues: readonly z.core.$ZodIssue[],
  lineOf: LineOf,
): Fault[] {
  const faults = issues.flatMap((issue) => issueFaults(schema, raw, issue, lineOf));
  // Two rules of one value (its length, its letters) say the same thing once.
  const seen = new Set<string>();
  return faults.filter((fault) => {
    const key = JSON.stringify([fault.path, fault.line, fault.message]);
    return !seen.has(key) && seen.add(key);
  });
}

function issueFaults(schema: z.ZodType, raw: unknown, issue: z.core.$ZodIssue, lineOf: LineOf): Fault[] {
  const at = shownPath(issue.path);
  const line = lineOf(issue.path);
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(schema, issue.path);
    return issue.keys.map((key) => {
      const near = nearest(key, known);
      return {
        path: shownPath([...issue.path, key]),
        line: lineOf([...issue.path, key]),
        message: `${shownKey(key)} is not a key here; expected ${quotedList(known)}.`,
        hint: didYouMean(near),
      };
    });
  }
  if (issue.code === 'invalid_key') {
    const allowed = issue.issues[0]?.message ?? 'another name';
    const key = String(issue.path.at(-1));
    return [
      {
        path: at,
        line,
        message: `${shownKey(key)} is not a name here; expected ${allowed}.`,
        hint: suggestName(key),
      },
    ];
  }
  const value = valueAt(raw, issue.path);
  const allowed = issue.message;
  if (value === undefined)
    return [{ path: at, line, message: `It is missing; expected ${allowed}.`, hint: '' }];
  if (allowed === secretAllowed) {
    const message = `Secrets are not written into this file; expected ${allowed}. What stands there is not shown.`;
    return [
      {
        path: at,
        line,
        message,
        hint: 'Move it to a file (chmod 600) or a variable, and change it if this file was shared.',
      },
    ];
  }
  const near =
    issue.code === 'invalid_value' && typeof value === 'string'
      ? nearest(value, issue.values.map(String))
      : undefined;
  // Where a mapping was expected, text is often a key whose colon lacks its space: perhaps with a secret behind it.
  const whole =
    isStructure(issue) && typeof value === 'string'
      ? 'Text stands here'
      : `${capital(shown(value))} is not allowed`;
  return [
    {
      path: at,
      line,
      message: `${whole}; expected ${allowed}.`,
      hint: didYouMean(near, hintFor(value, allowed)),
    },
  ];
}

function isStructure(issue: z.core.$ZodIssue): boolean {
  return issue.code === 'invalid_type' && ['object', 'record', 'array'].includes(issue.expected);
}

function hintFor(value: unknown, allowed: string): string {
  if (typeof value === 'number' && allowed.includes('in quotes'))
    return 'Without quotes YAML reads a number and loses digits.';
  return '';
}

function suggestName(key: string): string {
  const better = key
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+|-+$/g, '')
    .slice(0, 40);
  return better === '' || !shownKey(key).startsWith('"') ? '' : `For example "${better}".`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function quotedList(keys: readonly string[]): string {
  const quoted = keys.map((key) => `"${key}"`);
  return quoted.length < 2 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`;
}

export function valueAt(raw: unknown, path: readonly PropertyKey[]): unknown {
  let value = raw;
  for (const part of path) {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[part];
  }
  return value;
}

/** The schema below optional, default and so on. */
function inner(schema: unknown): unknown {
  let current = schema;
  while (
    current instanceof z.ZodOptional ||
    current instanceof z.ZodPrefault ||
    current instanceof z.ZodDefault
  ) {
    current = current.unwrap();
  }
  return current;
}

function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let current = inner(schema);
  for (const part of path) {
    if (current instanceof z.ZodObject) current = inner(current.shape[String(part)]);
    else if (current instanceof z.ZodRecord) current = inner(current.valueType);
    else if (current instanceof z.ZodArray) current = inner(current.element);
    else return [];
  }
  return current instanceof z.ZodObject ? Object.keys(current.shape) : [];
}

/** As `T`, but anything may be missing: what is left of a file after its faulty values were left out. */
export type Loose<T> = T extends readonly (infer E)[]
  ? readonly Loose<E>[]
  : T extends object
    ? { readonly [K in keyof T]?: Loose<T[K]> }
    : T;

/**
 * What can be used of a faulty file, so that all other faults are found in the same go: mappings without the values that
 * are wrong, lists without the entries that are. Unknown keys are left out, single values are parsed.
 */
export function salvage<T extends z.ZodType>(schema: T, raw: unknown): Loose<z.output<T>> | undefined {
  return salvaged(schema, raw) as Loose<z.output<T>> | undefined;
}

function salvaged(schema: unknown, raw: unknown): unknown {
  const bare = inner(schema);
  if (raw !== null && typeof raw === 'object' && !Array.isArray(raw)) {
    const entries = Object.entries(raw);
    if (bare instanceof z.ZodObject) {
      // What was left out takes its default; what is there and wrong does not, as nothing can be said of it.
      return present(
        Object.entries(bare.shape).map(([key, part]) => [
          key,
          salvaged(part, Object.hasOwn(raw, key) ? (raw as Record<string, unknown>)[key] : undefined),
        ]),
      );
    }
    if (bare instanceof z.ZodRecord) {
      return present(entries.map(([key, value]) => [key, salvaged(bare.valueType, value)]));
    }
  }
  if (bare instanceof z.ZodArray && Array.isArray(raw)) {
    return raw.map((value) => salvaged(bare.element, value)).filter((value) => value !== undefined);
  }
  const parsed = (schema as z.ZodType).safeParse(raw);
  return parsed.success ? parsed.data : undefined;
}

function present(entries: [string, unknown][]): Record<string, unknown> {
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}
