import { z } from 'zod';
import { inner } from './structure.ts';

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
