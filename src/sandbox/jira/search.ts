import { badRequest } from './errors.ts';
import { timeOf } from './jql-time.ts';
import type { Clause, Operand, Order, Query } from './jql.ts';
import type { Account, Issue } from './model.ts';
import type { Site } from './site.ts';
import { may, mayOn, projectKeyOf } from './site.ts';
import { isObject, listIn } from './value-text.ts';
import { findStatus } from './workflow.ts';

type Test = (issue: Issue) => boolean;
const propertyField = /^issue\.property\[([^\]]+)\]\.(.+)$/;

/** The issues a query finds, in its order, of those that who asks may see. Throws Jira's 400 for unknown fields and values. */
export function runQuery(site: Site, query: Query, issues: readonly Issue[], asker: Account): Issue[] {
  if (query.clauses.length === 0) {
    throw badRequest(
      'Unbounded JQL queries are not allowed here. Please add a search restriction to your query.',
    );
  }
  const tests = query.clauses.map((clause) => testOf(site, clause, asker));
  const visible = issues.filter((issue) => mayOn(asker, 'BROWSE_PROJECTS', issue));
  const found = visible.filter((issue) => tests.every((test) => test(issue)));
  const orders = query.orders.length > 0 ? query.orders : [{ field: 'created', descending: true }];
  const keys = orders.map((order) => ({ order, key: orderKey(order) }));
  return found.sort((a, b) => {
    for (const { order, key } of keys) {
      const [x, y] = [key(a), key(b)];
      if (x !== y) return (x < y ? -1 : 1) * (order.descending ? -1 : 1);
    }
    return Number(b.id) - Number(a.id);
  });
}

function orderKey(order: Order): (issue: Issue) => number {
  switch (order.field.toLowerCase()) {
    case 'created':
      return (issue) => issue.createdAt;
    case 'updated':
      return (issue) => issue.updatedAt;
    case 'key':
    case 'issuekey':
    case 'id':
      return (issue) => Number(issue.id);
    default:
      throw badRequest(`Not able to sort using field '${order.field}'.`);
  }
}

function unknownField(field: string): Error {
  return badRequest(`Field '${field}' does not exist or you do not have permission to view it.`);
}

function testOf(site: Site, clause: Clause, asker: Account): Test {
  const property = propertyField.exec(clause.field);
  if (property) return propertyTest(site, clause, property[1] ?? '', property[2] ?? '');
  switch (clause.field.toLowerCase()) {
    case 'project':
      return equality(
        clause,
        (issue) => [projectKeyOf(issue.key)],
        (value) => projectKey(site, value, asker),
      );
    case 'status':
      return equality(
        clause,
        (issue) => [issue.statusId],
        (value) => {
          const status = findStatus(site.workflow, value.text);
          if (!status) throw noValue(value, 'status');
          return status.id;
        },
      );
    case 'statuscategory':
      return equality(
        clause,
        (issue) => [findStatus(site.workflow, issue.statusId)?.category ?? ''],
        (value) => category(value),
      );
    case 'issuetype':
      return equality(
        clause,
        (issue) => [issue.issueTypeId],
        (value) => {
          const type = site.project.issueTypes.find(
            (each) => same(each.name, value.text) || each.id === value.text,
          );
          if (!type) throw noValue(value, 'issuetype');
          return type.id;
        },
      );
    case 'labels':
      return equality(clause, (issue) => listIn(issue.fields['labels']), literal);
    case 'key':
    case 'issuekey':
    case 'id':
      return keyTest(clause);
    case 'reporter':
    case 'assignee':
    case 'creator':
      return equality(
        clause,
        (issue) => personOf(issue, clause.field.toLowerCase()),
        (value) =>
          value.kind === 'function' && value.text === 'currentuser' ? asker.accountId : literal(value),
      );
    case 'updated':
    case 'created':
      return timeTest(clause, site.now());
    default:
      throw unknownField(clause.field);
  }
}

function personOf(issue: Issue, field: string): readonly string[] {
  if (field === 'creator') return issue.creator.kind === 'account' ? [issue.creator.accountId] : [];
  const value = issue.fields[field];
  return typeof value === 'string' ? [value] : [];
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function literal(value: Operand): string {
  if (value.kind === 'function') throw badRequest(`Unable to find JQL function '${value.text}()'.`);
  return value.text;
}

function noValue(value: Operand, field: string): Error {
  return badRequest(`The value '${value.text}' does not exist for the field '${field}'.`);
}

function unsupported(clause: Clause): Error {
  return badRequest(`The operator '${clause.operator}' is not supported by the '${clause.field}' field.`);
}

function projectKey(site: Site, value: Operand, asker: Account): string {
  const { id, key, name } = site.project;
  // A project that is hidden from who asks does not exist for them.
  const visible = may(asker, 'BROWSE_PROJECTS');
  if (visible && (value.text === id || same(value.text, key) || same(value.text, name))) return key;
  throw noValue(value, 'project');
}

function category(value: Operand): string {
  const names: Readonly<Record<string, string>> = {
    'to do': 'new',
    'in progress': 'indeterminate',
    done: 'done',
  };
  const found = names[value.text.toLowerCase()];
  if (found === undefined) throw noValue(value, 'statusCategory');
  return found;
}

function equality(
  clause: Clause,
  read: (issue: Issue) => readonly string[],
  parse: (value: Operand) => string,
): Test {
  if (clause.operator === 'is' || clause.operator === 'is not') {
    if (!['empty', 'null'].includes(clause.values[0]?.text.toLowerCase() ?? '')) throw unsupported(clause);
    const empty = clause.operator === 'is';
    return (issue) => (read(issue).length === 0) === empty;
  }
  const wanted = clause.values.map((value) => parse(value).toLowerCase());
  const has: Test = (issue) => read(issue).some((each) => wanted.includes(each.toLowerCase()));
  if (clause.operator === '=' || clause.operator === 'in') return has;
  // As in Jira, "is not X" says nothing of an issue that has no value at all.
  if (clause.operator === '!=' || clause.operator === 'not in') {
    return (issue) => read(issue).length > 0 && !has(issue);
  }
  throw unsupported(clause);
}

function issueNumber(text: string): number {
  const key = /^[A-Za-z][A-Za-z0-9_]*-(\d+)$/.exec(text);
  if (!key && !/^\d+$/.test(text)) throw badRequest(`The issue key '${text}' for field 'key' is invalid.`);
  return Number(key ? key[1] : text);
}

function keyTest(clause: Clause): Test {
  if (['>', '>=', '<', '<='].includes(clause.operator)) {
    const limit = issueNumber(clause.values[0]?.text ?? '');
    return (issue) => compare(Number(issue.key.split('-')[1]), clause.operator, limit);
  }
  return equality(
    clause,
    (issue) => [issue.key, issue.id],
    (value) => {
      issueNumber(value.text);
      return literal(value);
    },
  );
}

function compare(a: number, operator: string, b: number): boolean {
  return operator === '>' ? a > b : operator === '>=' ? a >= b : operator === '<' ? a < b : a <= b;
}

function timeTest(clause: Clause, now: number): Test {
  const read = (issue: Issue): number =>
    clause.field.toLowerCase() === 'created' ? issue.createdAt : issue.updatedAt;
  if (!['>', '>=', '<', '<='].includes(clause.operator)) throw unsupported(clause);
  const limit = timeOf(clause.field, clause.values[0] ?? { text: '', kind: 'quoted' }, now);
  return (issue) => compare(read(issue), clause.operator, limit);
}

function propertyTest(site: Site, clause: Clause, key: string, path: string): Test {
  if (!site.indexedProperties.includes(key)) throw unknownField(clause.field);
  return equality(
    clause,
    (issue) => {
      let value: unknown = issue.properties[key];
      for (const part of path.split('.')) {
        value = isObject(value) ? value[part] : undefined;
      }
      const list: unknown[] = Array.isArray(value) ? value : [value];
      return list.filter((each) => typeof each === 'string' || typeof each === 'number').map(String);
    },
    literal,
  );
}
