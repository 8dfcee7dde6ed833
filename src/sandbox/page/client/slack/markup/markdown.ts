import { type Dialect, inline } from './inline.ts';
import { type Flow, type Inline, type ListItem, webAddress } from './tree.ts';

/** Markdown of the `markdown` block: what Slack documents of it, less nested lists and images. */

const dialect: Dialect = {
  marks: [
    { sign: '**', kind: 'bold' },
    { sign: '__', kind: 'bold' },
    { sign: '~~', kind: 'strike' },
    { sign: '*', kind: 'italic' },
    { sign: '_', kind: 'italic' },
  ],
  link(text, at) {
    if (text[at] !== '[') return undefined;
    const found = /^\[([^[\]\n]+)\]\(([^()\s]+)\)/.exec(text.slice(at, at + 4000));
    if (!found) return undefined;
    const [whole, label = '', address = ''] = found;
    const href = webAddress(address);
    const node: Inline = href
      ? { kind: 'link', href, children: [{ kind: 'text', text: label }] }
      : { kind: 'text', text: label };
    return { node, end: at + whole.length };
  },
  plain: (text) => text.replaceAll(/\\([\\`*_{}[\]()#+\-.!~>|])/g, '$1'),
};

type Line =
  | { kind: 'heading'; level: number; text: string }
  | { kind: 'rule' }
  | { kind: 'quote'; text: string }
  | { kind: 'item'; item: ListItem }
  | { kind: 'lines'; text: string };

function lineOf(text: string): Line {
  const heading = /^(#{1,6})\s+(.*)$/.exec(text);
  if (heading) return { kind: 'heading', level: heading[1]!.length, text: heading[2]! };
  if (/^ {0,3}([-*_])(?: *\1){2,} *$/.test(text)) return { kind: 'rule' };
  const quote = /^ {0,3}> ?(.*)$/.exec(text);
  if (quote) return { kind: 'quote', text: quote[1]! };
  const item = /^(\s*)([-*+]|\d{1,9}[.)])\s+(?=\S)/.exec(text);
  if (!item) return { kind: 'lines', text };
  const marker = /\d/.test(item[2]!) ? item[2]! : '•';
  const indent = Math.min(8, Math.floor(item[1]!.length / 2));
  return { kind: 'item', item: { marker, indent, children: inline(text.slice(item[0].length), dialect) } };
}

function pieces(text: string): Flow[] {
  const flow: Flow[] = [];
  let run: Line[] = [];
  function flush(): void {
    const [first] = run;
    const texts = run.map((one) => ('text' in one ? one.text : ''));
    if (first?.kind === 'lines' && texts.join('').trim() !== '')
      flow.push({ kind: 'lines', children: inline(texts.join('\n').trim(), dialect) });
    if (first?.kind === 'quote') flow.push({ kind: 'quote', children: pieces(texts.join('\n')) });
    if (first?.kind === 'item')
      flow.push({ kind: 'list', items: run.flatMap((one) => (one.kind === 'item' ? [one.item] : [])) });
    run = [];
  }
  for (const line of text.split('\n').map(lineOf)) {
    if (run.length > 0 && run[0]!.kind !== line.kind) flush();
    if (line.kind === 'heading')
      flow.push({ kind: 'heading', level: line.level, children: inline(line.text, dialect) });
    else if (line.kind === 'rule') flow.push(line);
    else if (line.kind === 'lines' && line.text.trim() === '') flush();
    else run.push(line);
  }
  flush();
  return flow;
}

export function markdown(text: string): Flow[] {
  return text.split(/^```[^\n]*\n([\s\S]*?)\n?^```[ \t]*$/m).flatMap((part, at) =>
    // `pre` even where it is empty: somebody wrote it.
    at % 2 === 1 ? [{ kind: 'pre' as const, text: part }] : pieces(part),
  );
}
