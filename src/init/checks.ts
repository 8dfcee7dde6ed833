import { z } from 'zod';
import { siteFile } from '../../config/schema.ts';
import { inner } from '../../config/structure.ts';

type Check = (answer: string) => string | undefined;

/**
 * The site file's own check of a single value, by its place there (`slack.channel`; `*` for any name), so that init never takes
 * what the configuration refuses.
 */
export function asInSite(place: string): Check {
  let schema: unknown = siteFile;
  for (const part of place.split('.')) {
    const bare = inner(schema);
    if (bare instanceof z.ZodObject) schema = bare.shape[part];
    else if (bare instanceof z.ZodRecord) schema = part === 'NAME' ? bare.keyType : bare.valueType;
    else if (bare instanceof z.ZodArray) schema = bare.element;
    else schema = undefined;
  }
  if (!(schema instanceof z.ZodType)) throw new TypeError(`the site file has no "${place}"`);
  const type = schema;
  return (answer) => {
    const parsed = type.safeParse(answer);
    return parsed.success ? undefined : (parsed.error.issues[0]?.message ?? 'another value');
  };
}

/** As `asInSite`, for values that are numbers there. */
export function numberInSite(place: string): Check {
  const schema = asInSite(place) as unknown as (answer: unknown) => string | undefined;
  return (answer) => schema(/^\d{1,9}$/.test(answer) ? Number(answer) : answer);
}

/** Each of several, with commas between them. */
export function eachOf(check: Check): Check {
  return (answer) => {
    for (const one of listOf(answer)) {
      const wrong = check(one);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  };
}

/** `a, b` as a list. */
export function listOf(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
