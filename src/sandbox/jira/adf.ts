import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Ajv } from 'ajv';
import type { ValidateFunction } from 'ajv';
import type { RichText } from './model.ts';

export { textLimit } from './dialect.ts';

interface Node {
  readonly type: string;
  readonly text?: string;
  readonly attrs?: Readonly<Record<string, unknown>>;
  readonly content?: readonly Node[];
  readonly marks?: readonly { readonly type: string; readonly attrs?: Readonly<Record<string, unknown>> }[];
}

let compiled: ValidateFunction | undefined;

function validator(): ValidateFunction {
  if (compiled) return compiled;
  const path = createRequire(import.meta.url).resolve('@atlaskit/adf-schema/json-schema/v1/full.json');
  const schema: unknown = JSON.parse(readFileSync(path, 'utf8'));
  if (!isObject(schema)) throw new Error(`No ADF schema at ${path}`);
  // Ajv 8 has no draft-04 metaschema; the published schema uses none of the words that changed since.
  delete schema['$schema'];
  compiled = new Ajv({ strict: false }).compile(schema);
  return compiled;
}

/** Undefined when the value is a valid document, else why it is not: for people who debug, Jira itself does not say. */
export function adfFault(value: unknown): string | undefined {
  const validate = validator();
  if (validate(value)) return undefined;
  // The alternatives of a node are tried in turn: the deepest complaint is nearest to the mistake.
  const deepest = validate.errors?.toSorted((a, b) => b.instancePath.length - a.instancePath.length)[0];
  return `${deepest?.instancePath || '/'} ${deepest?.message ?? 'is not a document'}`;
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
