import { h, type ComponentChildren } from 'preact';
import { dateText } from './date.ts';
import type { Flow, Inline, ListItem } from './tree.ts';

/** Names of what is mentioned. */
export type Names = {
  user: (id: string) => string | undefined;
  channel: (id: string) => string | undefined;
  /** Who reads: a mention of them stands out. */
  me?: string;
  /** What a press on a link does before the browser follows it. */
  onLink?: (event: MouseEvent & { currentTarget: HTMLAnchorElement }) => void;
  now?: () => Date;
  timeZone?: string;
};

function link(href: string, { onLink }: Names, children: ComponentChildren): ComponentChildren {
  const leaving = { href, target: '_blank', rel: 'noopener noreferrer' };
  return h('a', { ...leaving, ...(onLink && { onClick: onLink }) }, children);
}

function drawInline(node: Inline, names: Names): ComponentChildren {
  switch (node.kind) {
    case 'text':
      return node.text;
    case 'break':
      return h('br', {});
    case 'bold':
      return h('b', {}, drawInlines(node.children, names));
    case 'italic':
      return h('i', {}, drawInlines(node.children, names));
    case 'strike':
      return h('s', {}, drawInlines(node.children, names));
    case 'code':
      return h('code', {}, node.text);
    case 'link':
      return link(node.href, names, drawInlines(node.children, names));
    case 'user':
      return h(
        'span',
        { class: node.id === names.me ? 'mention mention-me' : 'mention' },
        `@${names.user(node.id) ?? node.label ?? node.id}`,
      );
    case 'channel':
      return h('span', { class: 'mention' }, `#${names.channel(node.id) ?? node.label ?? node.id}`);
    case 'group':
      return h('span', { class: 'mention mention-me' }, node.label);
    case 'date':
      return drawDate(node, names);
    case 'emoji':
      return h(
        'span',
        { class: 'emoji', role: 'img', 'aria-label': node.name.replaceAll('_', ' ') },
        node.sign,
      );
    default:
      return node satisfies never;
  }
}

function drawDate(node: Extract<Inline, { kind: 'date' }>, names: Names): ComponentChildren {
  const at = new Date(node.seconds * 1000);
  const clock = { now: names.now?.() ?? new Date(), ...(names.timeZone && { timeZone: names.timeZone }) };
  const text = dateText(node.seconds, node.format, clock) || node.fallback;
  const time = h('time', { dateTime: at.toISOString(), title: node.fallback }, text);
  return node.href === undefined ? time : link(node.href, names, time);
}

export function drawInlines(nodes: readonly Inline[], names: Names): ComponentChildren[] {
  return nodes.map((node) => drawInline(node, names));
}

function drawItem({ marker, indent, children }: ListItem, names: Names): ComponentChildren {
  return h('li', { style: { marginLeft: `${indent * 1.25}em` } }, [
    h('span', { class: 'marker' }, `${marker} `),
    h('span', {}, drawInlines(children, names)),
  ]);
}

function drawFlow(flow: Flow, names: Names): ComponentChildren {
  switch (flow.kind) {
    case 'lines':
      return h('p', {}, drawInlines(flow.children, names));
    case 'heading':
      return h(
        'p',
        { class: `heading heading-${Math.min(3, flow.level)}` },
        drawInlines(flow.children, names),
      );
    case 'quote':
      return h('blockquote', {}, drawFlows(flow.children, names));
    case 'pre':
      return h('pre', {}, flow.text);
    case 'list':
      return h(
        'ul',
        {},
        flow.items.map((item) => drawItem(item, names)),
      );
    case 'rule':
      return h('hr', {});
    default:
      return flow satisfies never;
  }
}

/** Formatted text as elements. Text goes in as text, so whatever it holds it stays text. */
export function drawFlows(flows: readonly Flow[], names: Names): ComponentChildren[] {
  return flows.map((flow) => drawFlow(flow, names));
}
