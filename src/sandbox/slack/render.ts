import type { Block, Interactive } from './blocks/blocks.ts';
import type { RichText } from './blocks/rich-text.ts';
import type { AnyText } from './blocks/text.ts';
import { columns, type Names, pad, plainInline, plainMarkup, plainTextOf, wrap } from './plain-text.ts';

export interface RenderOptions {
  /** Columns; 72 unless given. */
  width?: number;
  /** Names for ids; without them ids are shown. */
  name?: Names;
}

interface Paper {
  width: number;
  names: Names;
}

const nobody: Names = { user: () => undefined, channel: () => undefined };

function control(one: Interactive): string {
  if (one.type === 'button') return `[ ${one.text.text} ]`;
  if (one.type === 'overflow') return `[ ⋯ ${one.options.map((each) => each.text.text).join(' · ')} ]`;
  if (one.type === 'checkboxes') return one.options.map((each) => `☐ ${each.text.text}`).join('  ');
  if (one.type === 'radio_buttons') {
    const chosen = one.initial_option?.value;
    return one.options.map((each) => `${each.value === chosen ? '◉' : '○'} ${each.text.text}`).join('  ');
  }
  const initial =
    'initial_option' in one
      ? one.initial_option?.text.text
      : 'initial_value' in one
        ? one.initial_value
        : 'initial_date' in one
          ? one.initial_date
          : undefined;
  const hint = 'placeholder' in one ? one.placeholder?.text : undefined;
  const shown = initial ?? hint ?? '';
  return one.type.includes('select') ? `[ ${shown || 'Select'} ▾ ]` : `[ ${shown || '…'} ]`;
}

/** Puts controls side by side as far as they fit. */
function row(controls: string[], width: number): string[] {
  const lines: string[] = [];
  for (const one of controls) {
    const last = lines.at(-1);
    if (last !== undefined && columns(`${last}  ${one}`) <= width)
      lines[lines.length - 1] = `${last}  ${one}`;
    else lines.push(one);
  }
  return lines;
}

/** Two columns of text, as Slack shows fields. */
function fields(texts: AnyText[], { width, names }: Paper): string[] {
  const half = Math.floor((width - 2) / 2);
  const cells = texts.map((one) => wrap(plainTextOf(one, names), half));
  const lines: string[] = [];
  for (let at = 0; at < cells.length; at += 2) {
    const left = cells[at] ?? [];
    const right = cells[at + 1] ?? [];
    for (let n = 0; n < Math.max(left.length, right.length); n++)
      lines.push(`${pad(left[n] ?? '', half)}  ${right[n] ?? ''}`.trimEnd());
  }
  return lines;
}

function richLines(block: RichText, { width, names }: Paper): string[] {
  const join = (elements: Parameters<typeof plainInline>[0][]): string =>
    elements.map((one) => plainInline(one, names)).join('');
  return block.elements.flatMap((part) => {
    if (part.type === 'rich_text_list')
      return part.elements.flatMap((item, at) => {
        const bullet = part.style === 'ordered' ? `${at + 1}. ` : '• ';
        return wrap(join(item.elements), width - bullet.length).map(
          (line, n) => (n === 0 ? bullet : ' '.repeat(bullet.length)) + line,
        );
      });
    if (part.type === 'rich_text_quote')
      return wrap(join(part.elements), width - 2).map((line) => `│ ${line}`);
    if (part.type === 'rich_text_preformatted') return join(part.elements).split('\n');
    return wrap(join(part.elements), width);
  });
}

function table(block: Extract<Block, { type: 'table' }>, paper: Paper): string[] {
  const rows = block.rows.map((cells) =>
    cells.map((cell) => (cell.type === 'raw_text' ? cell.text : richLines(cell, paper).join(' '))),
  );
  const widths = rows.reduce<number[]>(
    (most, cells) => cells.map((cell, at) => Math.max(most[at] ?? 0, columns(cell))),
    [],
  );
  return rows.map((cells) =>
    cells
      .map((cell, at) => pad(cell, widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function lines(block: Block, paper: Paper): string[] {
  const { width, names } = paper;
  switch (block.type) {
    case 'header':
      return wrap(plainTextOf(block.text, names), width);
    case 'divider':
      return ['─'.repeat(width)];
    case 'section': {
      const text = block.text ? wrap(plainTextOf(block.text, names), width) : [];
      const beside = block.accessory;
      const controls = beside && beside.type !== 'image' ? [control(beside)] : [];
      return [...text, ...fields(block.fields ?? [], paper), ...controls];
    }
    case 'context': {
      const parts = block.elements.flatMap((one) => (one.type === 'image' ? [] : [plainTextOf(one, names)]));
      return wrap(parts.join('  '), width - 2).map((line) => `  ${line}`.trimEnd());
    }
    case 'actions':
      return row(block.elements.map(control), width);
    case 'input':
      return [`${block.label.text}${block.optional ? ' (optional)' : ''}`, control(block.element)];
    case 'image':
      return [`[image: ${block.alt_text}]`];
    case 'rich_text':
      return richLines(block, paper);
    case 'markdown':
      return wrap(block.text, width);
    case 'table':
      return table(block, paper);
    default:
      return block satisfies never;
  }
}

/** A message (or the content of a view) as text for a terminal: title, text, fields in two columns, context
 *  indented, buttons as `[ Approve ]`. No colour, no trailing spaces, no line wider than `width` except
 *  preformatted text, tables and single controls. */
export function renderText(shown: { text?: string; blocks: Block[] }, options: RenderOptions = {}): string {
  const paper: Paper = { width: options.width ?? 72, names: options.name ?? nobody };
  if (shown.blocks.length === 0)
    return wrap(plainMarkup(shown.text ?? '', paper.names), paper.width).join('\n');
  return shown.blocks.flatMap((block) => lines(block, paper)).join('\n');
}
