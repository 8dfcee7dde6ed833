import type { RichInline } from './blocks/rich-text.ts';
import type { AnyText } from './blocks/text.ts';
import { emoji } from './emoji.ts';

/** Slack's markup as plain text for a terminal. */

export interface Names {
  user: (id: string) => string | undefined;
  channel: (id: string) => string | undefined;
}

function emojis(text: string): string {
  return text.replaceAll(/:([a-z0-9_+-]+):/g, (whole, name: string) => emoji[name] ?? whole);
}

/** Text as Slack shows it: the three signs that its markup escapes. */
export function unescape(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

function reference(inside: string, names: Names): string {
  const [target = '', label] = inside.split('|');
  if (target.startsWith('@')) return `@${names.user(target.slice(1)) ?? label ?? target.slice(1)}`;
  if (target.startsWith('#')) return `#${names.channel(target.slice(1)) ?? label ?? target.slice(1)}`;
  if (target.startsWith('!')) return label ?? `@${target.slice(1)}`;
  return label ?? target.replace(/^mailto:/, '');
}

const marks = /(?<![\p{L}\p{N}])([*_~])(?=\S)([^\n]*?\S)\1(?![\p{L}\p{N}])/gu;

function unmarked(text: string): string {
  const once = text.replaceAll(marks, '$2');
  return once === text ? text : unmarked(once);
}

function outsideCode(text: string, change: (part: string) => string): string {
  return text
    .split(/(```[\s\S]*?```|`[^`\n]+`)/)
    .map((part, at) => (at % 2 === 1 ? part : change(part)))
    .join('');
}

/** mrkdwn without its marks: names for ids, labels for links, signs for emoji; code keeps its backticks. */
export function plainMarkup(text: string, names: Names): string {
  const formatted = outsideCode(text, (part) =>
    emojis(unmarked(part.replaceAll(/<([^<>\n]+)>/g, (_, inside: string) => reference(inside, names)))),
  );
  return unescape(formatted.replaceAll(/^&gt;\s?/gm, '│ '));
}

/** A text object as a person reads it. */
export function plainTextOf(text: AnyText, names: Names): string {
  return text.type === 'mrkdwn' ? plainMarkup(text.text, names) : emojis(text.text);
}

/** A piece of rich text as a person reads it. */
export function plainInline(one: RichInline, names: Names): string {
  switch (one.type) {
    case 'text':
      return one.text;
    case 'link':
      return one.text ?? one.url;
    case 'user':
      return `@${names.user(one.user_id) ?? one.user_id}`;
    case 'channel':
      return `#${names.channel(one.channel_id) ?? one.channel_id}`;
    case 'usergroup':
      return `@${one.usergroup_id}`;
    case 'broadcast':
      return `@${one.range}`;
    case 'emoji':
      return emoji[one.name] ?? `:${one.name}:`;
    case 'color':
      return one.value;
    case 'date':
      return one.fallback ?? new Date(one.timestamp * 1000).toISOString();
    default:
      return one satisfies never;
  }
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** How many columns of a terminal the text takes: emoji and East Asian wide characters take two. */
export function columns(text: string): number {
  let sum = 0;
  for (const { segment } of graphemes.segment(text)) {
    const wide =
      /\p{Emoji_Presentation}|\u{FE0F}/u.test(segment) ||
      /[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE4F\uFF00-\uFF60]/u.test(segment);
    sum += wide ? 2 : 1;
  }
  return sum;
}

/** Fills up with spaces to `width` columns. */
export function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - columns(text)));
}

function hardCut(word: string, width: number): string[] {
  const parts = [''];
  for (const { segment } of graphemes.segment(word)) {
    if (columns(parts.at(-1) + segment) > width) parts.push('');
    parts[parts.length - 1] += segment;
  }
  return parts;
}

/** Lines of at most `width` columns; line breaks stay, words that are too long are cut. */
export function wrap(text: string, width: number): string[] {
  return text.split('\n').flatMap((line) => {
    const lines: string[] = [];
    let current = '';
    for (const word of line.split(/(?<=\s)(?=\S)/).flatMap((one) => hardCut(one, width))) {
      if (current !== '' && columns(current + word.trimEnd()) > width) {
        lines.push(current.trimEnd());
        current = '';
      }
      current += word;
    }
    return [...lines, current.trimEnd()];
  });
}
