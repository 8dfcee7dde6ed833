import { isObject, objectsIn, textIn } from './json.ts';
import type { Block, Span } from './text.ts';

/** A node of the Atlassian Document Format, version 1. */
export type AdfNode = {
  type: string;
  text?: string;
  attrs?: Record<string, unknown>;
  marks?: { type: string; attrs?: Record<string, unknown> }[];
  content?: AdfNode[];
};
export type AdfDocument = { type: 'doc'; version: 1; content: AdfNode[] };

/** What is said, as Jira Cloud wants it; valid by Atlassian's published schema whatever the blocks hold. */
export function adf(blocks: readonly Block[]): AdfDocument {
  return { type: 'doc', version: 1, content: blocks.map(blockNode) };
}

function blockNode(block: Block): AdfNode {
  if ('paragraph' in block) return paragraphNode(block.paragraph);
  if ('heading' in block) {
    return { type: 'heading', attrs: { level: 3 }, content: inline([block.heading]) };
  }
  if ('panel' in block) {
    return { type: 'panel', attrs: { panelType: block.panel }, content: [paragraphNode(block.body)] };
  }
  if ('list' in block) {
    const items = block.list.map((item) => ({ type: 'listItem', content: [paragraphNode(item)] }));
    // A list without items is none: the schema refuses it.
    return items.length === 0 ? paragraphNode([]) : { type: 'bulletList', content: items };
  }
  const { head, rows } = block.table;
  return {
    type: 'table',
    content: [
      { type: 'tableRow', content: head.map((text) => cell('tableHeader', [text])) },
      ...rows.map((row) => ({
        type: 'tableRow',
        // A row shorter than the head would leave a hole in the table.
        content: head.map((_, column) => cell('tableCell', row[column] === undefined ? [] : [row[column]])),
      })),
    ],
  };
}

function cell(type: string, spans: readonly Span[]): AdfNode {
  return { type, attrs: {}, content: [paragraphNode(spans)] };
}

function paragraphNode(spans: readonly Span[]): AdfNode {
  return { type: 'paragraph', content: inline(spans) };
}

/** Text nodes may not be empty. */
function inline(spans: readonly Span[]): AdfNode[] {
  return spans.map(spanNode).filter((node) => node.text !== '');
}

function spanNode(span: Span): AdfNode {
  if (typeof span === 'string') return { type: 'text', text: span };
  if ('strong' in span) return { type: 'text', text: span.strong, marks: [{ type: 'strong' }] };
  if ('code' in span) return { type: 'text', text: span.code, marks: [{ type: 'code' }] };
  // Only what a browser may follow becomes a link.
  if (!isWebAddress(span.link)) return { type: 'text', text: span.text };
  return { type: 'text', text: span.text, marks: [{ type: 'link', attrs: { href: span.link } }] };
}

function isWebAddress(text: string): boolean {
  if (text.length > 2000 || !URL.canParse(text)) return false;
  return ['http:', 'https:'].includes(new URL(text).protocol);
}

const textual = new Set(['mention', 'emoji', 'status', 'placeholder']);

/** What a document of somebody's says, as plain lines; empty where it is none. */
export function plainOf(document: unknown): string {
  return isObject(document) ? objectsIn(document['content']).map(plainNode).join('\n').trim() : '';
}

function plainNode(node: Record<string, unknown>): string {
  const type = textIn(node, 'type');
  if (type === 'text') return textIn(node, 'text');
  if (type === 'hardBreak') return '\n';
  if (type === 'inlineCard' || type === 'blockCard') return textIn(node, 'attrs', 'url');
  if (textual.has(type)) return textIn(node, 'attrs', 'text');
  const children = objectsIn(node['content']);
  const inside = children.map(plainNode);
  // Blocks stand below each other, words beside each other.
  const ofBlocks = children.some((each) => Array.isArray(each['content']));
  return inside.join(ofBlocks ? '\n' : '');
}
