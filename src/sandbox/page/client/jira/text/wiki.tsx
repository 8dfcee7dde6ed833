import { Info } from 'lucide-preact';
import type { ComponentChildren, VNode } from 'preact';
import { SafeLink } from './safe-link.tsx';

/** Wiki text of Data Center, drawn as elements: the marks that a bot or a person in a hurry uses. */
export function Wiki({ text }: { text: string }): VNode {
  return <>{blocks(text.replaceAll('\r', '').split('\n'))}</>;
}

const fences = /^\{(panel|code|noformat|quote|info|warning|note|tip)(?::([^}]*))?\}(.*)$/;

function blocks(lines: readonly string[]): VNode[] {
  const drawn: VNode[] = [];
  for (let at = 0; at < lines.length;) {
    const line = lines[at]!;
    const fence = fences.exec(line);
    const item = /^([*#-])+ /.exec(line);
    const title = /^h([1-6])\. (.*)$/.exec(line);
    const from = at;
    if (fence) {
      const [, name = '', options = '', rest = ''] = fence;
      const body: string[] = [];
      const end = `{${name}}`;
      let current: string | undefined = rest;
      while (current !== undefined && !current.includes(end)) {
        if (current !== '') body.push(current);
        current = lines[++at];
      }
      if (current !== undefined) body.push(current.slice(0, current.indexOf(end)));
      at += 1;
      drawn.push(
        fenced(
          name,
          options,
          body.filter((each, n) => n > 0 || each !== ''),
        ),
      );
    } else if (title) {
      drawn.push(headed(Number(title[1]), title[2] ?? ''));
      at += 1;
    } else if (item) {
      const mark = line[0]!;
      while (at < lines.length && lines[at]!.startsWith(mark) && /^[*#-]+ /.test(lines[at]!)) at += 1;
      const items = lines
        .slice(from, at)
        .map((each, n) => <li key={n}>{spans(each.replace(/^[*#-]+ /, ''))}</li>);
      drawn.push(mark === '#' ? <ol>{items}</ol> : <ul>{items}</ul>);
    } else if (line.startsWith('|')) {
      while (at < lines.length && lines[at]!.startsWith('|')) at += 1;
      drawn.push(table(lines.slice(from, at)));
    } else if (/^-{4,}$/.test(line)) {
      drawn.push(<hr />);
      at += 1;
    } else if (line.trim() === '') {
      at += 1;
    } else {
      while (at < lines.length && lines[at]!.trim() !== '' && (at === from || !starts(lines[at]!))) at += 1;
      drawn.push(<p>{withBreaks(lines.slice(from, at))}</p>);
    }
  }
  return drawn;
}

function starts(line: string): boolean {
  return fences.test(line) || /^(h[1-6]\. |[*#-]+ |\||-{4,}$)/.test(line);
}

function fenced(name: string, options: string, body: readonly string[]): VNode {
  if (name === 'code' || name === 'noformat')
    return (
      <pre>
        <code>{body.join('\n')}</code>
      </pre>
    );
  if (name === 'quote') return <blockquote>{blocks(body)}</blockquote>;
  const title = /(?:^|\|)title=([^|]*)/.exec(options)?.[1];
  return (
    <div class={`panel ${name === 'warning' ? 'warn' : name === 'tip' ? 'good' : 'info'}`}>
      <Info size={18} aria-hidden="true" />
      <div>
        {title && <strong>{title}</strong>}
        {blocks(body)}
      </div>
    </div>
  );
}

function headed(level: number, text: string): VNode {
  const Heading = `h${Math.min(6, Math.max(3, level))}` as 'h3';
  return <Heading>{spans(text)}</Heading>;
}

function table(lines: readonly string[]): VNode {
  return (
    <div class="table-scroll">
      <table>
        <tbody>
          {lines.map((line, n) => (
            <tr key={n}>
              {cells(line).map(([head, text], m) =>
                head ? <th key={m}>{spans(text)}</th> : <td key={m}>{spans(text)}</td>,
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Cells with whether they are heads; a bar inside of a link or behind a backslash parts nothing. */
function cells(line: string): [boolean, string][] {
  const found = line.matchAll(/(\|\|?)((?:\\.|\[[^\]]*\]|[^|\\])+)/g);
  return [...found].map(([, bar, text = '']) => [bar === '||', text.trim()]);
}

const inline =
  /\\(?<plain>[^\w\s])|\{\{(?<code>.+?)\}\}|\[(?:(?<name>[^|\]]+)\|)?(?<href>[a-z]+:[^|\]\s]+)\]|\{color(?::[^}]*)?\}|(?<![\w*])\*(?<strong>\S(?:[^*]*\S)?)\*(?![\w*])|(?<![\w_])_(?<em>\S(?:[^_]*\S)?)_(?![\w_])/g;

function spans(text: string): ComponentChildren {
  const drawn: ComponentChildren[] = [];
  let end = 0;
  for (const match of text.matchAll(inline)) {
    drawn.push(text.slice(end, match.index));
    end = match.index + match[0].length;
    const { plain, code, href, name, strong, em } = match.groups ?? {};
    if (plain) drawn.push(plain);
    else if (code) drawn.push(<code>{code}</code>);
    else if (href) drawn.push(<SafeLink href={href}>{name ?? href}</SafeLink>);
    else if (strong) drawn.push(<strong>{spans(strong)}</strong>);
    else if (em) drawn.push(<em>{spans(em)}</em>);
  }
  return [...drawn, text.slice(end)];
}

function withBreaks(lines: readonly string[]): ComponentChildren {
  return lines.flatMap((line, n) => (n === 0 ? [spans(line)] : [<br key={n} />, spans(line)]));
}
