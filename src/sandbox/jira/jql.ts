import { badRequest } from './errors.ts';

/** A part of Jira's query language: clauses joined by AND. What is not understood is refused, never ignored. */

export type Operator = '=' | '!=' | 'in' | 'not in' | '>' | '>=' | '<' | '<=' | 'is' | 'is not';

export interface Clause {
  readonly field: string;
  readonly operator: Operator;
  readonly values: readonly Operand[];
}

export interface Operand {
  readonly text: string;
  readonly kind: 'word' | 'quoted' | 'function';
}

export interface Order {
  readonly field: string;
  readonly descending: boolean;
}

export interface Query {
  readonly clauses: readonly Clause[];
  readonly orders: readonly Order[];
}

interface Token {
  readonly text: string;
  readonly kind: 'word' | 'quoted' | 'sign' | 'end';
  /** Counted from 1, as Jira's messages do. */
  readonly at: number;
}

const pattern = /\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|(!=|>=|<=|[=<>(),])|([^\s"'=!<>(),]+)|(\S))/gy;

function tokens(jql: string): Token[] {
  const found: Token[] = [];
  for (const match of jql.matchAll(pattern)) {
    const [all, double, single, sign, word, other] = match;
    const at = match.index + all.length - all.trimStart().length + 1;
    if (other !== undefined) {
      throw badRequest(
        `Error in the JQL Query: The character '${other}' is a reserved JQL character. You must enclose it in a string or use the escape '\\u00${other.charCodeAt(0).toString(16)}' instead. (line 1, character ${at})`,
      );
    }
    const quoted = double ?? single;
    if (quoted !== undefined) found.push({ text: quoted.replaceAll(/\\(.)/g, '$1'), kind: 'quoted', at });
    else if (sign !== undefined) found.push({ text: sign, kind: 'sign', at });
    else found.push({ text: word ?? '', kind: 'word', at });
  }
  found.push({ text: '', kind: 'end', at: jql.length + 1 });
  return found;
}

const operators =
  "The valid operators are '=', '!=', '<', '>', '<=', '>=', '~', '!~', 'IN', 'NOT IN', 'IS' and 'IS NOT'.";
const signs = ['=', '!=', '>', '>=', '<', '<='] as const;

function isSign(text: string): text is (typeof signs)[number] {
  return signs.some((sign) => sign === text);
}

const reserved = new Set(['and', 'or', 'not', 'in', 'is', 'order', 'by', 'asc', 'desc', 'was', 'changed']);

function fail(expected: string, token: Token): Error {
  return badRequest(
    token.kind === 'end'
      ? `Error in the JQL Query: Expecting ${expected} before the end of the query.`
      : `Error in the JQL Query: Expecting ${expected} but got '${token.text}'. (line 1, character ${token.at})`,
  );
}

/** Reads a query; throws Jira's 400 for what is wrong, and one that names the stand-in for what it does not know. */
export function parseJql(jql: string): Query {
  const all = tokens(jql);
  let next = 0;
  const peek = (): Token => all[next] ?? { text: '', kind: 'end', at: jql.length + 1 };
  const take = (): Token => {
    const token = peek();
    next += 1;
    return token;
  };
  const isWord = (text: string): boolean => peek().kind === 'word' && peek().text.toLowerCase() === text;
  function operator(): Operator {
    const token = take();
    const word = token.text.toLowerCase();
    if (token.kind === 'sign' && isSign(word)) return word;
    if (token.kind === 'word' && word === 'in') return 'in';
    if (token.kind === 'word' && word === 'not' && isWord('in')) {
      take();
      return 'not in';
    }
    if (token.kind === 'word' && word === 'is') {
      if (!isWord('not')) return 'is';
      take();
      return 'is not';
    }
    if (token.text === '~' || token.text === '!~' || word === 'was' || word === 'changed') {
      throw badRequest(`The Jira stand-in does not know the JQL operator "${token.text}".`);
    }
    throw badRequest(
      `Error in the JQL Query: Expecting operator but got '${token.text}'. ${operators} (line 1, character ${token.at})`,
    );
  }

  function operand(): Operand {
    const token = take();
    if (token.kind === 'quoted') return { text: token.text, kind: 'quoted' };
    if (token.kind !== 'word' || reserved.has(token.text.toLowerCase())) {
      throw fail('either a value, list or function', token);
    }
    if (peek().text !== '(' || peek().kind !== 'sign') return { text: token.text, kind: 'word' };
    take();
    const close = take();
    if (close.text !== ')')
      throw badRequest(`The Jira stand-in knows JQL functions without arguments only: ${token.text}.`);
    return { text: token.text.toLowerCase(), kind: 'function' };
  }

  function values(op: Operator): Operand[] {
    if (op !== 'in' && op !== 'not in') return [operand()];
    const open = take();
    if (open.text !== '(') throw fail("'('", open);
    const list = [operand()];
    while (peek().kind === 'sign' && peek().text === ',') {
      take();
      list.push(operand());
    }
    const close = take();
    if (close.text !== ')') throw fail("')'", close);
    return list;
  }

  const clauses: Clause[] = [];
  const orders: Order[] = [];
  while (peek().kind !== 'end' && !isWord('order')) {
    if (clauses.length > 0) {
      if (isWord('or')) throw badRequest('The Jira stand-in does not know OR in JQL; use IN.');
      const and = take();
      if (and.text.toLowerCase() !== 'and') throw fail("either 'OR' or 'AND'", and);
    }
    const field = take();
    if (
      field.kind === 'sign' ||
      field.kind === 'end' ||
      (field.kind === 'word' && reserved.has(field.text.toLowerCase()))
    ) {
      if (field.text === '(' || field.text.toLowerCase() === 'not') {
        throw badRequest('The Jira stand-in knows neither brackets nor NOT around JQL clauses.');
      }
      throw fail('a field name', field);
    }
    const op = operator();
    clauses.push({ field: field.text, operator: op, values: values(op) });
  }
  if (isWord('order')) {
    take();
    if (!isWord('by')) throw fail("'by'", peek());
    do {
      take();
      const field = take();
      if (field.kind === 'end' || field.kind === 'sign') throw fail('a field name', field);
      const descending = isWord('desc');
      if (descending || isWord('asc')) take();
      orders.push({ field: field.text, descending });
    } while (peek().text === ',' && peek().kind === 'sign');
    if (peek().kind !== 'end') throw fail("','", peek());
  }
  return { clauses, orders };
}
