import type { Asking } from './asking.ts';

/** An entry of the command line: `ada; name=Ada Lindqvist; roles=developer,operator`. */
export type Parts = { id: string; of: Readonly<Record<string, string>> };

/** Takes an entry apart; what it does not know is a fault, with what it knows. */
export function partsOf(flag: string, line: string, known: readonly string[], asking: Asking): Parts {
  const [id = '', ...rest] = line.split(';').map((part) => part.trim());
  const of: Record<string, string> = {};
  for (const part of rest.filter((one) => one !== '')) {
    const at = part.indexOf('=');
    const key = at < 1 ? part : part.slice(0, at).trim();
    if (at < 1 || !known.includes(key)) {
      asking.fault(
        `${flag} "${id}"`,
        `"${key}" is not known here; expected ${known.map((one) => `${one}=...`).join(', ')}, with semicolons between them.`,
      );
    } else of[key] = part.slice(at + 1).trim();
  }
  return { id, of };
}

/**
 * Goes through a list: the entries of the command line, or, where somebody can be asked, one after the other until there is
 * no more.
 */
export async function entries<T>(
  asking: Asking,
  list: { flag: string; what: string; given: readonly string[] | undefined; known: readonly string[] },
  make: (parts: Parts | undefined, taken: readonly T[]) => Promise<T>,
): Promise<T[]> {
  const taken: T[] = [];
  for (const line of list.given ?? []) {
    taken.push(await make(partsOf(list.flag, line, list.known, asking), taken));
  }
  if (taken.length > 0) return taken;
  if (!asking.interactive) {
    await asking.text({ flag: list.flag, message: `at least one ${list.what}` });
    return taken;
  }
  do taken.push(await make(undefined, taken));
  while (await asking.more(`Another ${list.what}?`, false));
  return taken;
}
