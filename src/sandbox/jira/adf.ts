import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Ajv } from 'ajv';
import type { ValidateFunction } from 'ajv';
import type { RichText } from './model.ts';

/** Jira refuses longer text in any field or comment, counted in characters of what is shown. */
export const textLimit = 32_767;

interface Node {
  readonly type: string;
  readonly text?: string;
  readonly attrs?: Readonly<Record<string, unknown>>;
  readonly content?: readonly Node[];
  readonly marks?: readonly { readonly type: string; readonly attrs?: Readonly<Record<string, unknown>> }[];
}

let compiled: { document: ValidateFunction; mark: ValidateFunction } | undefined;

function validators(): { document: ValidateFunction; mark: ValidateFunction } {
  if (compiled) return compiled;
  const path = createRequire(import.meta.url).resolve('@atlaskit/adf-schema/json-schema/v1/full.json');
  const schema: unknown = JSON.parse(readFileSync(path, 'utf8'));
  if (!isObject(schema) || !isObject(schema['definitions'])) throw new Error(`No ADF schema at ${path}`);
  // Ajv 8 has no draft-04 metaschema; the published schema uses none of the words that changed since.
  delete schema['$schema'];
  const ajv = new Ajv({ strict: false, allErrors: false });
  ajv.addSchema(schema, 'adf');
  // The schema leaves the marks of a text node open where a node allows every mark; each must still be a known one.
  const marks = Object.keys(schema['definitions']).filter((name) => name.endsWith('_mark'));
  compiled = {
    document: ajv.compile({ $ref: 'adf' }),
    mark: ajv.compile({ anyOf: marks.map((name) => ({ $ref: `adf#/definitions/${name}` })) }),
  };
  return compiled;
}

/** Undefined when the value is a valid document, else why it is not: for people who debug, Jira itself does not say. */
export function adfFault(value: unknown): string | undefined {
  const { document, mark } = validators();
  if (!document(value)) {
    const first = document.errors?.[0];
    return `${first?.instancePath || '/'} ${first?.message ?? 'is not a document'}`;
  }
  for (const node of walk(nodeOf(value))) {
    const wrong = node.marks?.findIndex((each) => !mark(each)) ?? -1;
    if (wrong >= 0) return `mark "${node.marks?.[wrong]?.type}" is not valid`;
  }
  return undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNode(value: unknown): value is Node {
  return isObject(value) && typeof value['type'] === 'string';
}

function nodeOf(value: unknown): Node {
  if (!isNode(value)) throw new TypeError('Not an ADF node');
  return value;
}

function* walk(node: Node): Generator<Node> {
  yield node;
  for (const child of node.content ?? []) yield* walk(child);
}

const blocks = new Set([
  'paragraph',
  'heading',
  'codeBlock',
  'rule',
  'panel',
  'blockquote',
  'tableRow',
  'table',
]);

/** A document as a person would read it aloud: lines of text, lists with dashes, links with their address. */
export function plainText(document: unknown): string {
  return lines(nodeOf(document), '')
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim();
}

function lines(node: Node, indent: string): string[] {
  const children = node.content ?? [];
  switch (node.type) {
    case 'paragraph':
    case 'heading':
      return [indent + children.map(inline).join('')];
    case 'codeBlock':
      return children.flatMap((each) => (each.text ?? '').split('\n').map((line) => `${indent}    ${line}`));
    case 'rule':
      return [`${indent}----`];
    case 'bulletList':
    case 'orderedList':
      return children.flatMap((item, index) => {
        const sign = node.type === 'bulletList' ? '- ' : `${index + 1}. `;
        const [first = '', ...rest] = (item.content ?? []).flatMap((each) => lines(each, ''));
        return [`${indent}${sign}${first}`, ...rest.map((line) => `${indent}  ${line}`)];
      });
    case 'tableRow':
      return [indent + children.map((cell) => lines(cell, '').join(' ')).join(' | ')];
    default:
      if (children.length > 0 && !children.some((each) => each.content || blocks.has(each.type))) {
        return [indent + children.map(inline).join('')];
      }
      return children.length > 0 ? children.flatMap((each) => lines(each, indent)) : [indent + inline(node)];
  }
}

function inline(node: Node): string {
  const attrs = node.attrs ?? {};
  switch (node.type) {
    case 'text': {
      const text = node.text ?? '';
      const href = node.marks?.find((mark) => mark.type === 'link')?.attrs?.['href'];
      return typeof href === 'string' && href !== text ? `${text} <${href}>` : text;
    }
    case 'hardBreak':
      return '\n';
    case 'date':
      return new Date(Number(attrs['timestamp'])).toISOString().slice(0, 10);
    case 'inlineCard':
    case 'blockCard':
      return asText(attrs['url']);
    case 'emoji':
      return asText(attrs['text'] ?? attrs['shortName']);
    default:
      return asText(attrs['text']);
  }
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** A document with what it says; the caller has checked it with `adfFault`. */
export function richText(document: unknown): RichText {
  return { source: document, plain: plainText(document) };
}

/** What Jira's editor makes of typed lines: a paragraph for each. */
export function typed(text: string): RichText {
  const content = text
    .split('\n')
    .map((line) => ({ type: 'paragraph', content: line === '' ? [] : [{ type: 'text', text: line }] }));
  return { source: { type: 'doc', version: 1, content }, plain: text };
}
