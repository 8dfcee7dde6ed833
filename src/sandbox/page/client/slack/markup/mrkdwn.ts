import { type Dialect, inline } from './inline.ts';
import { type Flow, type Inline, type ListItem, unescaped } from './tree.ts';

const bullet = /^(\s*)([•◦▪‣]|-|\d{1,3}[.)])\s+(?=\S)/;

/** Slack has no lists in its markup: people write the signs themselves, and a line that begins with one hangs from it. */
function listItem(line: string): ListItem | undefined {
  const found = bullet.exec(line);
  if (!found) return undefined;
  const [whole, space = '', marker = ''] = found;
  return {
    marker,
    indent: Math.min(8, Math.floor(space.length / 2)),
    children: inline(line.slice(whole.length)),
  };
}

/** Lines of the same kind as one piece: quoted ones, items, and plain ones. */
function pieces(text: string, quotable: boolean): Flow[] {
  const flow: Flow[] = [];
  let plain: string[] = [];
  let quoted: string[] = [];
  let items: ListItem[] = [];
  function flush(): void {
    if (plain.length > 0) flow.push({ kind: 'lines', children: inline(plain.join('\n')) });
    if (quoted.length > 0) flow.push({ kind: 'quote', children: pieces(quoted.join('\n'), false) });
    if (items.length > 0) flow.push({ kind: 'list', items });
    plain = [];
    quoted = [];
    items = [];
  }
  for (const line of text.split('\n')) {
    const quote = quotable ? /^(?:&gt;|>) ?(.*)$/s.exec(line) : null;
    const item = quote ? undefined : listItem(line);
    if (quote) {
      if (quoted.length === 0) flush();
      quoted.push(quote[1] ?? '');
    } else if (item) {
      if (items.length === 0) flush();
      items.push(item);
    } else {
      if (plain.length === 0) flush();
      plain.push(line);
    }
  }
  flush();
  return flow;
}

/** Reads Slack's markup: preformatted stretches, quotes, lines that begin with a bullet, and what stands in lines. */
export function mrkdwn(text: string): Flow[] {
  const flow: Flow[] = [];
  for (const [at, part] of text.split(/```([\s\S]+?)```/).entries()) {
    if (at % 2 === 1) flow.push({ kind: 'pre', text: unescaped(part.replace(/^\n|\n$/g, '')) });
    else {
      // The line breaks around a preformatted stretch are its own.
      const between = part.replace(at > 0 ? /^\n/ : /^$/, '').replace(/\n$/, '');
      if (between !== '') flow.push(...pieces(between, true));
    }
  }
  return flow;
}

const unformatted: Dialect = { marks: [], link: () => undefined, plain: (text) => text };

/** Slack's unformatted text: only emoji are more than they are. */
export function plainInline(text: string): Inline[] {
  // Backticks are no code here.
  return text
    .split('`')
    .flatMap((part, at) => [
      ...(at > 0 ? [{ kind: 'text' as const, text: '`' }] : []),
      ...inline(part, unformatted),
    ]);
}

export function plainText(text: string): Flow[] {
  return text === '' ? [] : [{ kind: 'lines', children: plainInline(text) }];
}
