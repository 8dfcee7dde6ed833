import type { Block, Span } from './text.ts';

/** Data Center refuses longer texts by default (`jira.text.field.character.limit`), counted with their markup: 32,767. Some room is left
 *  for what is added to it. */
export const longestWiki = 32_700;

/**
 * What is said, as Jira Data Center wants it: wiki text. All text of spans is escaped, whoever wrote it: only the blocks themselves are
 * markup. Never longer than Jira takes: tables and lists lose their last rows first, then the last blocks go.
 */
export function wiki(blocks: readonly Block[]): string {
  for (let most = 256; most >= 1; most = Math.floor(most / 2)) {
    const text = joined(blocks.map((block) => blockText(block, most)));
    if (text.length <= longestWiki) return text;
  }
  const kept: string[] = [];
  let length = 0;
  for (const block of blocks) {
    const text = blockText(block, 1);
    length += text.length + 2;
    // Nothing is cut inside of markup: what does not fit as a whole is left out.
    if (length <= longestWiki) kept.push(text);
  }
  return joined(kept);
}

function joined(blocks: readonly string[]): string {
  return blocks.filter((text) => text !== '').join('\n\n');
}

const panels = {
  info: 'bgColor=#deebff|borderColor=#4c9aff',
  success: 'bgColor=#e3fcef|borderColor=#57d9a3',
  warning: 'bgColor=#fffae6|borderColor=#ffc400',
  error: 'bgColor=#ffebe6|borderColor=#ff8f73',
} as const;

function blockText(block: Block, most: number): string {
  if ('paragraph' in block) return lineText(block.paragraph);
  if ('heading' in block) return `h3. ${escaped(block.heading)}`;
  if ('panel' in block) return `{panel:${panels[block.panel]}}\n${lineText(block.body)}\n{panel}`;
  if ('list' in block) {
    return shown(block.list, most)
      .map((item) => `* ${typeof item === 'number' ? left(item) : spans(item)}`)
      .join('\n');
  }
  const { head, rows } = block.table;
  const cells = (row: readonly Span[] | number) =>
    head.map((_, column) => {
      if (typeof row === 'number') return column === 0 ? left(row) : ' ';
      // An empty cell would make the next one a heading.
      return row[column] === undefined ? ' ' : spans([row[column]]) || ' ';
    });
  return [
    `||${head.map((text) => escaped(text) || ' ').join('||')}||`,
    ...shown(rows, most).map((row) => `|${cells(row).join('|')}|`),
  ].join('\n');
}

/** The first of them, and how many are left out. */
function shown<T>(all: readonly T[], most: number): (T | number)[] {
  return all.length <= most ? [...all] : [...all.slice(0, most - 1), all.length - most + 1];
}

function left(count: number): string {
  return `and ${count} more`;
}

/** A line of its own: what begins one may not make it a heading, a list, a quotation or a rule. */
function lineText(all: readonly Span[]): string {
  return spans(all).replace(/^(\s*)(h[1-6]|bq)\./i, '$1$2&#46;');
}

function spans(all: readonly Span[]): string {
  return all.map(spanText).join('');
}

function spanText(span: Span): string {
  if (typeof span === 'string') return escaped(span);
  if ('strong' in span) return wrapped('*', span.strong);
  if ('code' in span) return wrapped('{{', span.code, '}}');
  const url = address(span.link);
  return url === undefined ? escaped(span.text) : `[${escaped(span.text)}|${url}]`;
}

/** Markup holds only around words that touch it. */
function wrapped(open: string, text: string, close = open): string {
  // A brace at its end would be taken for one of the markup's own.
  const inside = escaped(text.trim()).replaceAll('\\{', '&#123;').replaceAll('\\}', '&#125;');
  return inside === '' ? '' : `${open}${inside}${close}`;
}

/** What a backslash makes plain in Jira's renderer. A backslash itself is not among them: two of them break the line. */
const special = /[-#*_+?^~|%{}[\]()!@]/g;

/**
 * Text that stays text: no formatting, macro, link, mention, image, emoticon or entity can come of it. Addresses and keys of issues do
 * not become links either.
 */
export function escaped(text: string): string {
  return text
    .replaceAll('\u0000', '')
    .replaceAll(/[\\&]/g, (sign) => (sign === '&' ? '&amp;' : '\u0000'))
    .replaceAll(special, (sign, at: number, whole: string) =>
      isInWord(sign, at, whole) ? sign : `\\${sign}`,
    )
    .replaceAll(/(?<=[A-Z][A-Z0-9_\\]+)-(?=\d)/g, '&#45;')
    .replaceAll(/:(?=[^\s\d])/g, '&#58;')
    .replaceAll('\u0000', '&#92;');
}

/** A hyphen between letters or digits is never markup. */
function isInWord(sign: string, at: number, whole: string): boolean {
  return (
    sign === '-' && /[\p{L}\p{N}]/u.test(whole[at - 1] ?? '') && /[\p{L}\p{N}]/u.test(whole[at + 1] ?? '')
  );
}

/** As it may stand behind the bar of a link; undefined for what a browser may not follow. */
function address(text: string): string | undefined {
  if (text.length > 2000 || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (!['http:', 'https:'].includes(url.protocol)) return undefined;
  return url.href.replaceAll(/[|[\]{}\\^~!*_\s]/g, (sign) => {
    // `encodeURIComponent` leaves some of them alone.
    return `%${sign.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
  });
}
