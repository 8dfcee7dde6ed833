import { z } from 'zod';
import { nearest, oneOf } from '../src/domain/errors.ts';
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
  const fault = (path: readonly PropertyKey[], message: string, hint = ''): Fault => ({
    path: shownPath(path),
    line: lineOf(path),
    message,
    hint,
  });
  const { path, message: allowed } = issue;
  if (issue.code === 'invalid_union') {
    // A list was meant, and something in it is wrong.
    const within = issue.errors.find(
      (branch) => branch.length > 0 && branch.every((one) => one.path.length > 0),
    );
    if (within !== undefined) {
      return within.flatMap((one) =>
        issueFaults(schema, raw, { ...one, path: [...path, ...one.path] }, lineOf),
      );
    }
  }
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(schema, path);
    return issue.keys.map((key) => {
      const near = nearest(key, known);
      // Without its colon a secret can end up as a key: only what is near to a key, or a short word, is shown.
      const show = near !== undefined || /^[A-Za-z_-]{1,11}$/.test(key);
      const message = `${show ? shownKey(key) : 'What stands here'} is not a key; expected ${oneOf(known)}.`;
      return {
        ...fault([...path, key], message, didYouMean(near)),
        path: shownPath([...path, show ? key : '\0']),
      };
    });
  }
  if (issue.code === 'invalid_key') {
    const key = String(path.at(-1));
    const expected = issue.issues[0]?.message ?? 'another name';
    return [fault(path, `${shownKey(key)} is not a name here; expected ${expected}.`, suggestName(key))];
  }
  const value = valueAt(raw, path);
  if (value === undefined || value === null) {
    return [fault(path, `It is ${value === null ? 'empty' : 'missing'}; expected ${stop(allowed)}`)];
  }
  if (allowed === secretAllowed) return [fault(path, literalSecret, changeIt)];
  // Where a mapping was expected, text is often a key whose colon lacks its space: perhaps with a secret behind it.
  const text = isStructure(issue) && typeof value === 'string';
  const subject = text ? 'Text stands here' : `${capital(shown(value))} is not allowed`;
  const hint = didYouMean(nearestChoice(issue, value), hintFor(value, allowed));
  return [fault(path, `${subject}; expected ${stop(allowed)}`, hint)];
}

const literalSecret = `Secrets are not written into this file; expected ${secretAllowed}. What stands there is not shown.`;
const changeIt = 'Move it to a file (chmod 600) or a variable, and change it if this file was shared.';

function nearestChoice(issue: z.core.$ZodIssue, value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  if (issue.code === 'invalid_value') return nearest(value, issue.values.map(String));
  if (issue.code !== 'invalid_union') return undefined;
  const words = issue.errors.flat().flatMap((one) => (one.code === 'invalid_value' ? one.values : []));
  return nearest(value, words.map(String));
}

/** With the full stop of its sentence. */
function stop(text: string): string {
  return text.endsWith('...') ? text : `${text}.`;
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

/** The value at a path of plain values; undefined where there is none. */
export function valueAt(raw: unknown, path: readonly PropertyKey[]): unknown {
  let value = raw;
  for (const part of path) {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[part];
  }
  return value;
}

/** The schema below optional, default and so on. */
export function inner(schema: unknown): unknown {
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
