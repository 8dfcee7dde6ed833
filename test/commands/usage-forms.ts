/**
 * The lines that a usage stands for: `a [--b | --c] [--d]` is `a`, `a --b`, `a --c` and `a --d`; before the first bracket ` | ` parts
 * what follows the `words`.
 */
export function formsOf(usage: string, words: string): string[] {
  const [, plain = '', optional = ''] = /^([^[]*)(.*)$/.exec(usage) ?? [];
  const named = `/${words}`;
  const plainForms = plain
    .slice(named.length)
    .split(/\s\\?\|\s/)
    .map((rest) => `${named} ${rest.trim()}`.trim());
  const choices = [...optional.matchAll(/\[([^\]]*)\]/g)].flatMap(([, choice = '']) =>
    choice.split(/\s\\?\|\s/),
  );
  return plainForms.flatMap((form) => [form, ...choices.map((choice) => `${form} ${choice.trim()}`)]);
}

/** Group and rest of a typed line, as Slack hands them on. */
export function typed(line: string): { group: string; rest: string } {
  const [, group = '', rest = ''] = /^\/(\w+) ?(.*)$/.exec(line) ?? [];
  return { group, rest };
}
