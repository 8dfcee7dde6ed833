import { createHash } from 'node:crypto';
import type { types } from '@slack/bolt';
import { cutMarkup, cutText, type Markup } from './markup.ts';

export type Block = types.KnownBlock;
export type Button = types.Button;

/** A message that Slack takes, whatever is in it. `text` is what screen readers and notifications say. */
export type Message = { text: string; blocks: Block[] };

/** Slack's limits, in characters; ours lie a little below where Slack documents no number (text of a whole message). */
const most = {
  section: 3000,
  context: 2000,
  contextElements: 10,
  actions: 25,
  button: 75,
  value: 2000,
  heading: 150,
  blockId: 255,
  confirmTitle: 100,
  confirmText: 300,
  confirmButton: 30,
  blocks: 50,
  text: 3000,
  allText: 12_000,
};

/** A message of these blocks: at most 50, with no more text than Slack takes; what acts is never left out. */
export function message(text: Markup, blocks: readonly (Block | undefined)[]): Message {
  const wanted = blocks.filter((block) => block !== undefined);
  const acting = wanted.filter((block) => block.type === 'actions').length;
  let room = most.blocks - acting;
  let left = most.allText;
  const kept: Block[] = [];
  for (const block of wanted) {
    if (block.type === 'actions') {
      kept.push(block);
      continue;
    }
    const length = textLength(block);
    if (room <= 0 || length > left) continue;
    room -= 1;
    left -= length;
    kept.push(block);
  }
  // Slack takes no message without words.
  const words = cutMarkup(text, most.text).markup;
  return { text: words.trim() === '' ? 'Freshet' : words, blocks: kept };
}

function textLength(block: Block): number {
  if (block.type === 'section') return block.text?.text.length ?? 0;
  if (block.type !== 'context') return 0;
  return block.elements.reduce((sum, element) => sum + ('text' in element ? element.text.length : 0), 0);
}

export function section(text: Markup, accessory?: Button): Block {
  const cut = cutMarkup(text, most.section).markup;
  return { type: 'section', text: formatted(cut), ...(accessory && { accessory }) };
}

/** A heading of a page. */
export function heading(text: string): Block {
  return { type: 'header', text: plain(text, most.heading) };
}

/** The same block under a name of its own, so that a press in it can be told from one in another; unique in its page. */
export function named<B extends Block | undefined>(id: string, block: B): B {
  // Never cut: two names that were cut could be one.
  const fits = id.length <= most.blockId && /^[\x20-\x7e]*$/.test(id);
  const unique = fits ? id : createHash('sha256').update(id).digest('hex');
  return block === undefined ? block : { ...block, block_id: unique };
}

/** Lines in as few sections as hold them; each line is cut to 1,000 characters. */
export function sections(lines: readonly (Markup | undefined)[]): Block[] {
  const filled: string[] = [];
  for (const line of lines) {
    if (line === undefined || line.markup === '') continue;
    const text = cutMarkup(line, 1000).markup;
    const last = filled.at(-1);
    if (last !== undefined && last.length + 1 + text.length <= most.section) {
      filled[filled.length - 1] = `${last}\n${text}`;
    } else filled.push(text);
  }
  return filled.map((text) => section({ markup: text }));
}

/** Small grey text; undefined where there is none. */
export function context(...texts: readonly (Markup | undefined)[]): Block | undefined {
  const elements = texts
    .filter((text) => text !== undefined && text.markup !== '')
    .slice(0, most.contextElements)
    .map((text) => formatted(cutMarkup(text!, most.context).markup));
  return elements.length === 0 ? undefined : { type: 'context', elements };
}

/** A row of buttons; undefined where there is none. */
export function actions(...buttons: readonly (Button | undefined)[]): Block | undefined {
  const elements = buttons.filter((one) => one !== undefined).slice(0, most.actions);
  return elements.length === 0 ? undefined : { type: 'actions', elements };
}

export type Confirm = { title: string; text: Markup; yes: string; no: string; danger?: boolean };

/** A button. Undefined when its value is too long: a value that was cut would mean something else. */
export function button(one: {
  /** Unique in its row. */
  id: string;
  label: string;
  value: string;
  style?: 'primary' | 'danger';
  /** What a screen reader says, where the label alone says too little. */
  spoken?: string;
  confirm?: Confirm;
}): Button | undefined {
  if (one.value.length > most.value) return undefined;
  return {
    type: 'button',
    action_id: one.id,
    text: plain(one.label, most.button),
    value: one.value,
    ...(one.style && { style: one.style }),
    ...(one.spoken && { accessibility_label: cutText(one.spoken, most.button) }),
    ...(one.confirm && { confirm: dialog(one.confirm) }),
  };
}

/** Room for names in the text of a dialog, beside `used` characters of other text. */
export function roomInDialog(used: number): number {
  return Math.max(0, most.confirmText - used);
}

function dialog(confirm: Confirm): types.ConfirmationDialog {
  return {
    title: plain(confirm.title, most.confirmTitle),
    text: formatted(cutMarkup(confirm.text, most.confirmText).markup),
    confirm: plain(confirm.yes, most.confirmButton),
    deny: plain(confirm.no, most.confirmButton),
    ...(confirm.danger && { style: 'danger' as const }),
  };
}

/** Markup, and no more than that: else Slack makes links and mentions of names that look like some. */
export function formatted(markup: string): types.MrkdwnElement {
  return { type: 'mrkdwn', text: markup, verbatim: true };
}

/** Unformatted text. It knows no escaping, so angle brackets become their quiet cousins. */
export function plain(text: string, characters: number): types.PlainTextElement {
  const quiet = text.replaceAll('<', '‹').replaceAll('>', '›');
  const cut = cutText(quiet, characters);
  // Slack takes no empty text.
  return { type: 'plain_text', text: cut === '' ? '…' : cut, emoji: true };
}
