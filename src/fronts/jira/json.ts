/** Jira's answers are read as what they are, not as what a client's types promise. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function objectsIn(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** The text at a path of own properties; empty where there is none. */
export function textIn(value: unknown, ...path: readonly string[]): string {
  let at: unknown = value;
  for (const name of path) at = isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined;
  return typeof at === 'string' || typeof at === 'number' ? String(at) : '';
}
