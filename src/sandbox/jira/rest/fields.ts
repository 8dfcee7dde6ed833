import type { Dialect } from '../dialect.ts';
import type { FieldValue } from '../model.ts';
import type { FieldDefinition, NamedId, Site } from '../site.ts';
import { isObject, listIn } from '../value-text.ts';
import { fieldOf, may, priorities, resolutions } from '../site.ts';

/** Values of a request that could be read, and Jira's sentence for each that could not. */
export interface ParsedFields {
  readonly values: Record<string, FieldValue>;
  readonly errors: Record<string, string>;
}

export type Body = Readonly<Record<string, unknown>>;

export function notOnScreen(fieldId: string): string {
  return `Field '${fieldId}' cannot be set. It is not on the appropriate screen, or unknown.`;
}

/** Reads `fields` and `update` of an edit, a create or a transition; `allowed` says which fields its screen has. */
export function parseFields(
  { site, dialect }: { readonly site: Site; readonly dialect: Dialect },
  fields: Body,
  update: Body,
  current: Readonly<Record<string, FieldValue>>,
  allowed: (field: FieldDefinition) => boolean,
): ParsedFields {
  const parsed: ParsedFields = { values: {}, errors: {} };
  for (const [id, value] of Object.entries(fields)) {
    const field = fieldOf(site, id);
    if (!field || !allowed(field)) parsed.errors[id] = notOnScreen(id);
    else if (id in update) parsed.errors[id] = `Field '${id}' cannot appear in both 'fields' and 'update'`;
    else put(parsed, site, dialect, field, value);
  }
  for (const [id, operations] of Object.entries(update)) {
    const field = fieldOf(site, id);
    if (id in parsed.errors) continue;
    if (!field || !allowed(field)) parsed.errors[id] = notOnScreen(id);
    else if (!Array.isArray(operations)) parsed.errors[id] = 'data was not an array';
    else applyOperations(parsed, site, dialect, field, operations, current[id] ?? null);
  }
  return parsed;
}

function put(
  parsed: ParsedFields,
  site: Site,
  dialect: Dialect,
  field: FieldDefinition,
  value: unknown,
): void {
  const result = parseValue(site, dialect, field, value);
  if ('error' in result) parsed.errors[field.id] = result.error;
  else parsed.values[field.id] = result.value;
}

function applyOperations(
  parsed: ParsedFields,
  site: Site,
  dialect: Dialect,
  field: FieldDefinition,
  operations: readonly unknown[],
  before: FieldValue,
): void {
  let list = [...listIn(before)];
  for (const operation of operations) {
    const [verb, value] = (isObject(operation) ? Object.entries(operation)[0] : undefined) ?? ['', undefined];
    if (verb === 'set') {
      put(parsed, site, dialect, field, value);
      list = [...listIn(parsed.values[field.id])];
    } else if (
      (verb === 'add' || verb === 'remove') &&
      (field.kind === 'labels' || field.kind === 'components')
    ) {
      const one = parseValue(site, dialect, field, [value]);
      if ('error' in one) {
        parsed.errors[field.id] = one.error;
        return;
      }
      const items = listIn(one.value);
      list = list.filter((each) => !items.includes(each)).concat(verb === 'add' ? items : []);
      parsed.values[field.id] = list;
    } else {
      parsed.errors[field.id] =
        `Field with id '${field.id}' and name '${field.name}' does not support operation '${verb}'`;
      return;
    }
  }
}

type Parsed = { readonly value: FieldValue } | { readonly error: string };

function parseValue(site: Site, dialect: Dialect, field: FieldDefinition, value: unknown): Parsed {
  if (value === null) {
    return field.required
      ? { error: `${field.name} is required.` }
      : { value: field.kind === 'labels' ? [] : null };
  }
  switch (field.kind) {
    case 'text':
      return parseLine(field, value);
    case 'rich-text': {
      const read = dialect.text(value);
      return 'error' in read ? { error: read.error } : { value: read.text };
    }
    case 'labels':
      return parseLabels(value);
    case 'user':
      return parseUser(site, dialect, field, value);
    case 'priority':
      return parseChoice(priorities, value, 'The priority selected is invalid.');
    case 'resolution':
      return parseChoice(resolutions, value, 'The resolution selected is invalid.');
    case 'option':
      return parseChoice(
        field.options ?? [],
        value,
        `Option id or value is not valid for '${field.name}'`,
        'value',
      );
    default: {
      if (!Array.isArray(value)) return { error: 'data was not an array' };
      const ids: string[] = [];
      for (const each of value) {
        const one = parseChoice(site.project.components, each, 'Component is not valid');
        if ('error' in one) return one;
        if (typeof one.value === 'string') ids.push(one.value);
      }
      return { value: ids };
    }
  }
}

function parseLine(field: FieldDefinition, value: unknown): Parsed {
  if (typeof value !== 'string') return { error: 'Operation value must be a string' };
  if (field.id === 'summary') {
    if (value.trim() === '') return { error: 'You must specify a summary of the issue.' };
    if (/[\r\n]/.test(value))
      return { error: 'The summary is invalid because it contains newline characters.' };
  }
  if (value.length > 255) {
    return field.id === 'summary'
      ? { error: 'Summary must be less than 255 characters.' }
      : { error: 'The entered text is too long. It exceeds the allowed limit of 255 characters.' };
  }
  return { value };
}

function parseLabels(value: unknown): Parsed {
  if (!Array.isArray(value)) return { error: 'data was not an array' };
  const labels: string[] = [];
  const given: unknown[] = value;
  for (const label of given) {
    if (typeof label !== 'string') return { error: 'string expected at index 0' };
    if (/\s/.test(label)) return { error: `The label '${label}' contains spaces which is invalid.` };
    if (label.length > 255)
      return { error: `The label '${label}' exceeds the maximum length of 255 characters.` };
    if (label !== '' && !labels.includes(label)) labels.push(label);
  }
  return { value: labels };
}

function parseUser(site: Site, dialect: Dialect, field: FieldDefinition, value: unknown): Parsed {
  const found = dialect.userIn(value, site, field.name);
  if ('error' in found) return found;
  const { id } = found;
  const user = site.accounts.get(id);
  if (!user) return { error: `Specify a valid user for ${field.name}` };
  if (field.id === 'assignee' && !may(user, 'ASSIGNABLE_USER')) {
    return { error: `User '${id}' cannot be assigned issues.` };
  }
  return { value: id };
}

function parseChoice(list: readonly NamedId[], value: unknown, error: string, nameKey = 'name'): Parsed {
  if (!isObject(value)) return { error: `Specify a valid 'id' or '${nameKey}'` };
  const found = list.find((each) =>
    value['id'] === undefined ? each.name === value[nameKey] : each.id === value['id'],
  );
  return found ? { value: found.id } : { error };
}
