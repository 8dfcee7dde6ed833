import type { Dialect } from '../dialect.ts';
import { JiraError, badFields, badRequest } from '../errors.ts';
import type { RichText } from '../model.ts';
import { isObject } from '../value-text.ts';

/** A comment's body; throws Jira's 400 when it is none, is empty, or is too long. */
export function commentBody(dialect: Dialect, body: unknown): RichText {
  const read = dialect.text(body);
  if ('error' in read) {
    const { error, fault } = read;
    if (fault === undefined) throw badFields({ comment: error });
    throw new JiraError(400, [`INVALID_INPUT (the stand-in found: ${fault})`], { comment: error });
  }
  if (read.text.plain.trim() === '') throw badFields({ comment: 'Comment body can not be empty!' });
  return read.text;
}

/** The comment in `update.comment` of an edit or a transition, if there is one. */
export function commentInUpdate(dialect: Dialect, operations: unknown): RichText | undefined {
  if (operations === undefined) return undefined;
  const [operation, ...more] = Array.isArray(operations) ? (operations as unknown[]) : [];
  if (!isObject(operation) || !isObject(operation['add']) || more.length > 0) {
    throw badRequest('The Jira stand-in knows `update.comment` only with one "add".');
  }
  return commentBody(dialect, operation['add']['body']);
}

/** Entity properties in a body, as `[{key, value}]`. */
export function propertiesIn(dialect: Dialect, list: unknown): Record<string, unknown> {
  if (list === undefined) return {};
  // Its documentation shows none; an installation may take them all the same.
  if (!dialect.takesProperties)
    throw badRequest("The Jira stand-in does not know 'properties' in a call of Data Center.");
  if (!Array.isArray(list)) throw badRequest("'properties' must be an array");
  const found: Record<string, unknown> = {};
  for (const each of list as unknown[]) {
    if (!isObject(each) || typeof each['key'] !== 'string')
      throw badRequest('Each property needs a key and a value.');
    checkProperty(each['key'], each['value']);
    found[each['key']] = each['value'];
  }
  return found;
}

/** Jira's bounds: 255 characters of key, 32,768 characters of JSON. */
export function checkProperty(key: string, value: unknown): void {
  if (key === '' || key.length > 255)
    throw badRequest('The property key must have between 1 and 255 characters.');
  if (value === undefined) throw badRequest('The property value cannot be empty.');
  if (JSON.stringify(value).length > 32_768) {
    throw badRequest('The property value cannot exceed 32768 characters.');
  }
}
