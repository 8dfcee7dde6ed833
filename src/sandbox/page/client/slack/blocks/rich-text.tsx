import type { RichInline, RichText } from '../../../../slack/blocks/rich-text.ts';
import { emoji } from '../../../../slack/emoji.ts';
import { drawFlows, type Names } from '../markup/draw.ts';
import { type Flow, type Inline, webAddress } from '../markup/tree.ts';

type Section = Extract<RichText['elements'][number], { type: 'rich_text_section' }>;

function styled(node: Inline, style: RichInline['style']): Inline {
  let drawn = node;
  if (style?.strike) drawn = { kind: 'strike', children: [drawn] };
  if (style?.italic) drawn = { kind: 'italic', children: [drawn] };
  if (style?.bold) drawn = { kind: 'bold', children: [drawn] };
  return drawn;
}

function lines(text: string): Inline[] {
  return text
    .split('\n')
    .flatMap((line, at): Inline[] => [
      ...(at > 0 ? [{ kind: 'break' as const }] : []),
      ...(line === '' ? [] : [{ kind: 'text' as const, text: line }]),
    ]);
}

function nodes(one: RichInline): Inline[] {
  switch (one.type) {
    case 'text':
      return one.style?.code ? [{ kind: 'code', text: one.text }] : lines(one.text);
    case 'link': {
      const href = webAddress(one.url);
      const label: Inline = { kind: 'text', text: one.text ?? one.url };
      return [href === undefined ? label : { kind: 'link', href, children: [label] }];
    }
    case 'user':
      return [{ kind: 'user', id: one.user_id }];
    case 'channel':
      return [{ kind: 'channel', id: one.channel_id }];
    case 'usergroup':
      return [{ kind: 'group', label: `@${one.usergroup_id}` }];
    case 'broadcast':
      return [{ kind: 'group', label: `@${one.range}` }];
    case 'emoji':
      return [emojiNode(one.name, one.unicode)];
    case 'color':
      return [{ kind: 'code', text: one.value }];
    case 'date': {
      const href = one.url === undefined ? undefined : webAddress(one.url);
      const { timestamp: seconds, format, fallback = '' } = one;
      return [{ kind: 'date', seconds, format, fallback, ...(href !== undefined && { href }) }];
    }
    default:
      return one satisfies never;
  }
}

function emojiNode(name: string, unicode: string | undefined): Inline {
  const known = Object.hasOwn(emoji, name) ? emoji[name] : undefined;
  const points = (unicode ?? '').split('-').map((hex) => Number.parseInt(hex, 16));
  const valid = points.every((point) => point > 0 && point <= 0x10ffff);
  const sign = known ?? (valid ? String.fromCodePoint(...points) : undefined);
  return sign === undefined ? { kind: 'text', text: `:${name}:` } : { kind: 'emoji', name, sign };
}

function inlines(elements: Section['elements']): Inline[] {
  return elements.flatMap((one) => nodes(one).map((node) => styled(node, one.style)));
}

function ordinal(n: number, indent: number): string {
  return indent % 2 === 1 ? `${String.fromCodePoint(97 + ((n - 1) % 26))}.` : `${n}.`;
}

/** Rich text as the same tree that markup is read into. */
export function richFlows(block: RichText): Flow[] {
  return block.elements.map((part): Flow => {
    if (part.type === 'rich_text_section') return { kind: 'lines', children: inlines(part.elements) };
    if (part.type === 'rich_text_preformatted')
      return {
        kind: 'pre',
        text: part.elements.map((one) => (one.type === 'link' ? (one.text ?? one.url) : one.text)).join(''),
      };
    if (part.type === 'rich_text_quote')
      return { kind: 'quote', children: [{ kind: 'lines', children: inlines(part.elements) }] };
    const { indent = 0, offset = 0 } = part;
    return {
      kind: 'list',
      items: part.elements.map((item, at) => ({
        marker: part.style === 'ordered' ? ordinal(at + 1 + offset, indent) : indent % 2 === 1 ? '◦' : '•',
        indent,
        children: inlines(item.elements),
      })),
    };
  });
}

export function RichTextOf({ block, names }: { block: RichText; names: Names }) {
  return <div class="markup">{drawFlows(richFlows(block), names)}</div>;
}
