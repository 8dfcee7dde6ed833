import type { z } from 'zod';

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

function pointer(root: string, path: Path): string {
  return [root, ...path.map(String)].join('/');
}

function valueAt(value: unknown, path: Path): unknown {
  let here = value;
  for (const key of path) {
    if (typeof here !== 'object' || here === null) return undefined;
    here = (here as Record<PropertyKey, unknown>)[key];
  }
  return here;
}

function article(expected: string): string {
  return /^[aeiou]/.test(expected) ? `an ${expected}` : `a ${expected}`;
}

function sentences(issue: Issue, value: unknown, root: string): string[] {
  const at = pointer(root, issue.path);
  const given = valueAt(value, issue.path);
  const parent = pointer(root, issue.path.slice(0, -1));
  const missing = (): string =>
    `missing required field: ${String(issue.path.at(-1))} [json-pointer:${parent}]`;
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => `invalid additional property: ${key} [json-pointer:${at}]`);
    case 'too_big':
      if (issue.origin === 'array')
        return [`no more than ${issue.maximum} items allowed [json-pointer:${at}]`];
      if (issue.origin === 'string')
        return [`must be less than ${Number(issue.maximum) + 1} characters [json-pointer:${at}]`];
      return [`must be at most ${issue.maximum} [json-pointer:${at}]`];
    case 'too_small':
      if (issue.origin === 'array')
        return [`no less than ${issue.minimum} items allowed [json-pointer:${at}]`];
      if (issue.origin === 'string')
        return [`must be more than ${Number(issue.minimum) - 1} characters [json-pointer:${at}]`];
      return [`must be at least ${issue.minimum} [json-pointer:${at}]`];
    case 'invalid_type':
      if (given === undefined) return [missing()];
      return [`must provide ${article(issue.expected)} [json-pointer:${at}]`];
    case 'invalid_union':
      if (given === undefined) return [missing()];
      // Only a discriminator that matches nothing has no errors of its own.
      if (issue.errors.length === 0)
        return [`unsupported type: ${typeof given === 'string' ? given : typeof given} [json-pointer:${at}]`];
      return [`failed to match all allowed schemas [json-pointer:${at}]`];
    case 'invalid_value':
      if (given === undefined) return [missing()];
      return [`must be a valid enum value: ${issue.values.join(', ')} [json-pointer:${at}]`];
    case 'invalid_format':
      return [
        issue.format === 'url'
          ? `must be a valid url [json-pointer:${at}]`
          : `${issue.message} [json-pointer:${at}]`,
      ];
    default:
      return [`${issue.message} [json-pointer:${at}]`];
  }
}

/** What zod found, in the sentences that Slack puts into `response_metadata.messages` (without `[ERROR] `),
 *  each with the JSON pointer of the offending place below `root` ("/blocks", "/view", or "" for arguments). */
export function refusals(error: z.ZodError, value: unknown, root: string): string[] {
  return [...new Set(error.issues.flatMap((issue) => sentences(issue, value, root)))];
}
