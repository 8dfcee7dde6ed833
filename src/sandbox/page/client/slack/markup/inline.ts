import { emoji } from '../../../../slack/emoji.ts';
import { reference } from './reference.ts';
import { type Inline, unescaped } from './tree.ts';

/** A pair of signs around text. */
type Mark = { sign: string; kind: 'bold' | 'italic' | 'strike' };

/** How a language of markup writes what stands inside of a line. */
export type Dialect = {
  /** Longer signs first. */
  marks: readonly Mark[];
  /** Reads a link or mention that begins at `at`; undefined where there is none. */
  link(text: string, at: number): { node: Inline; end: number } | undefined;
  /** Text as it is shown. */
  plain(text: string): string;
};

export const slackDialect: Dialect = {
  marks: [
    { sign: '*', kind: 'bold' },
    { sign: '_', kind: 'italic' },
    { sign: '~', kind: 'strike' },
  ],
  link(text, at) {
    if (text[at] !== '<') return undefined;
    const end = text.indexOf('>', at);
    if (end < 0) return undefined;
    const inside = text.slice(at + 1, end);
    if (inside === '' || /[<\n]/.test(inside)) return undefined;
    const node = reference(inside);
    return node && { node, end: end + 1 };
  },
  plain: unescaped,
};

const wordSign = /[\p{L}\p{N}]/u;

function isWordAt(text: string, at: number): boolean {
  const point = text.codePointAt(at);
  return point !== undefined && wordSign.test(String.fromCodePoint(point));
}

function isWordBefore(text: string, at: number): boolean {
  if (at === 0) return false;
  const low = text.charCodeAt(at - 1);
  return isWordAt(text, low >= 0xdc00 && low <= 0xdfff && at > 1 ? at - 2 : at - 1);
}

/** A stretch of code that begins at `at`, up to behind its closing backtick. */
function codeAt(text: string, at: number): { code: string; end: number } | undefined {
  if (text[at] !== '`') return undefined;
  const end = text.indexOf('`', at + 1);
  if (end <= at + 1) return undefined;
  const code = text.slice(at + 1, end);
  return code.includes('\n') ? undefined : { code, end: end + 1 };
}

const nameOfEmoji = /:([a-z0-9_+'-]{1,60}):/y;

/**
 * Reads what stands in lines. Marks count at the borders of words only, never across a line's end; inside of code and of links
 * nothing is read. What is no markup stays as it was written.
 */
export function inline(text: string, dialect: Dialect = slackDialect): Inline[] {
  const nodes: Inline[] = [];
  /** Up to where a sign is known to have no partner, so that long text is read once and not once for each sign. */
  const alone = new Map<string, number>();
  let plain = '';
  let at = 0;

  function add(node: Inline, end: number): void {
    flush();
    nodes.push(node);
    at = end;
  }
  function flush(): void {
    if (plain !== '') nodes.push({ kind: 'text', text: dialect.plain(plain) });
    plain = '';
  }
  function closing(sign: string, from: number): number | undefined {
    for (let i = from; i < text.length && text[i] !== '\n'; i++) {
      const code = codeAt(text, i);
      const link = code ? undefined : dialect.link(text, i);
      const skip = code?.end ?? link?.end;
      if (skip !== undefined) i = skip - 1;
      else if (
        text.startsWith(sign, i) &&
        i > from &&
        !/\s/.test(text[i - 1]!) &&
        !isWordAt(text, i + sign.length) &&
        text[i + sign.length] !== sign[0]
      )
        return i;
    }
    return undefined;
  }
  function marked(): { node: Inline; end: number } | undefined {
    const mark = dialect.marks.find(({ sign }) => text.startsWith(sign, at));
    if (!mark) return undefined;
    const { sign, kind } = mark;
    const inside = at + sign.length;
    const next = text[inside];
    if (next === undefined || /\s/.test(next) || next === sign[0] || isWordBefore(text, at)) return undefined;
    if ((alone.get(sign) ?? -1) >= at) return undefined;
    const end = closing(sign, inside);
    if (end === undefined) {
      const line = text.indexOf('\n', at);
      alone.set(sign, line < 0 ? text.length : line);
      return undefined;
    }
    return { node: { kind, children: inline(text.slice(inside, end), dialect) }, end: end + sign.length };
  }
  function emojiHere(): { node: Inline; end: number } | undefined {
    nameOfEmoji.lastIndex = at;
    const name = nameOfEmoji.exec(text)?.[1];
    const sign = name === undefined || !Object.hasOwn(emoji, name) ? undefined : emoji[name];
    if (name === undefined || sign === undefined) return undefined;
    return { node: { kind: 'emoji', name, sign }, end: at + name.length + 2 };
  }

  while (at < text.length) {
    const sign = text[at]!;
    const code = codeAt(text, at);
    if (sign === '\n') add({ kind: 'break' }, at + 1);
    else if (code) add({ kind: 'code', text: dialect.plain(code.code) }, code.end);
    else {
      const found = dialect.link(text, at) ?? (sign === ':' ? emojiHere() : marked());
      if (found) add(found.node, found.end);
      else {
        plain += sign;
        at += 1;
      }
    }
  }
  flush();
  return nodes;
}
