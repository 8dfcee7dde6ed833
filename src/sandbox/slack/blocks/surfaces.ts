import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { block, type Block, type Interactive } from './blocks.ts';
import { refusals } from './refusal.ts';
import { plainText } from './text.ts';

/** Where blocks are shown: messages and views, the rules that span several blocks, and the ids Slack fills in. */

export type Checked<T> = { ok: true; value: T } | { ok: false; error: string; messages: string[] };

const modal = z.strictObject({
  type: z.literal('modal'),
  title: plainText(24),
  blocks: z.array(block).max(100),
  close: plainText(24).optional(),
  submit: plainText(24).optional(),
  private_metadata: z.string().max(3000).optional(),
  callback_id: z.string().max(255).optional(),
  external_id: z.string().max(255).optional(),
  clear_on_close: z.boolean().optional(),
  notify_on_close: z.boolean().optional(),
});
const home = z.strictObject({
  type: z.literal('home'),
  blocks: z.array(block).max(100),
  private_metadata: z.string().max(3000).optional(),
  callback_id: z.string().max(255).optional(),
  external_id: z.string().max(255).optional(),
});
const view = z.discriminatedUnion('type', [modal, home]);

export type ViewContent = z.infer<typeof view>;

/** The things in a block that a person can press, choose or fill in, each with the path to it. */
export function interactives(one: Block): { element: Interactive; path: string }[] {
  if (one.type === 'section' && one.accessory && one.accessory.type !== 'image')
    return [{ element: one.accessory, path: 'accessory' }];
  if (one.type === 'actions') return one.elements.map((element, at) => ({ element, path: `elements/${at}` }));
  if (one.type === 'input') return [{ element: one.element, path: 'element' }];
  return [];
}

function repeated(blocks: Block[], root: string): string[] {
  const found: string[] = [];
  const blockIds = new Set<string>();
  let focused = 0;
  for (const [at, one] of blocks.entries()) {
    if (one.block_id !== undefined && blockIds.has(one.block_id))
      found.push(`block_id already exists: ${one.block_id} [json-pointer:${root}/${at}/block_id]`);
    if (one.block_id !== undefined) blockIds.add(one.block_id);
    const actionIds = new Set<string>();
    for (const { element, path } of interactives(one)) {
      const place = `${root}/${at}/${path}`;
      if (element.action_id !== undefined && actionIds.has(element.action_id))
        found.push(`action_id already exists: ${element.action_id} [json-pointer:${place}/action_id]`);
      if (element.action_id !== undefined) actionIds.add(element.action_id);
      if ('focus_on_load' in element && element.focus_on_load && ++focused > 1)
        found.push(`only one element may have focus_on_load [json-pointer:${place}/focus_on_load]`);
    }
  }
  return found;
}

function markdownLength(blocks: Block[]): number {
  return blocks.reduce((sum, one) => sum + (one.type === 'markdown' ? one.text.length : 0), 0);
}

/** Characters that a reader has before them: what menus and buttons hold does not count. */
function textLength(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, one) => sum + textLength(one), 0);
  if (typeof value !== 'object' || value === null) return 0;
  if ('type' in value && (value.type === 'actions' || value.type === 'input')) return 0;
  return Object.entries(value).reduce((sum, [key, one]) => {
    if (key === 'accessory') return sum;
    return sum + (key === 'text' && typeof one === 'string' ? one.length : textLength(one));
  }, 0);
}

function refused(error: string, messages: string[] = []): { ok: false; error: string; messages: string[] } {
  return { ok: false, error, messages };
}

/** Blocks of a message: at most 50, one table, 12,000 characters of markdown, 13,200 characters in all (the
 *  last is what people measured as `msg_blocks_too_long`; Slack documents no number). */
export function checkMessageBlocks(given: unknown): Checked<Block[]> {
  const parsed = z.array(block).max(50).safeParse(given);
  if (!parsed.success) return refused('invalid_blocks', refusals(parsed.error, given, '/blocks'));
  const blocks = parsed.data;
  const wrong = repeated(blocks, '/blocks');
  if (blocks.filter((one) => one.type === 'table').length > 1)
    wrong.push('only_one_table_allowed [json-pointer:/blocks]');
  if (markdownLength(blocks) > 12_000)
    wrong.push('markdown blocks must be less than 12001 characters in all [json-pointer:/blocks]');
  if (wrong.length > 0) return refused('invalid_blocks', wrong);
  if (textLength(blocks) > 13_200) return refused('msg_blocks_too_long');
  return { ok: true, value: complete(blocks) };
}

/** A modal or Home tab: at most 100 blocks and 250 kB, `submit` wherever there is an input, nothing that only
 *  messages may hold. Refused with `invalid_arguments` and pointers below `/view`. */
export function checkView(given: unknown, wanted: 'modal' | 'home'): Checked<ViewContent> {
  const parsed = view.safeParse(given);
  if (!parsed.success)
    return refused('invalid_arguments', [
      'failed to match all allowed schemas [json-pointer:/view]',
      ...refusals(parsed.error, given, '/view'),
    ]);
  const found = parsed.data;
  const wrong = repeated(found.blocks, '/view/blocks');
  if (found.type !== wanted) wrong.push(`unsupported type: ${found.type} [json-pointer:/view/type]`);
  for (const [at, one] of found.blocks.entries())
    if (one.type === 'markdown' || one.type === 'table')
      wrong.push(`unsupported type: ${one.type} [json-pointer:/view/blocks/${at}/type]`);
  if (found.type === 'modal' && !found.submit && found.blocks.some((one) => one.type === 'input'))
    wrong.push('missing required field: submit [json-pointer:/view]');
  if (wrong.length > 0) return refused('invalid_arguments', wrong);
  if (Buffer.byteLength(JSON.stringify(given)) > 250_000) return refused('view_too_large');
  return { ok: true, value: { ...found, blocks: complete(found.blocks) } };
}

function shortId(): string {
  return randomBytes(6).toString('base64url').slice(0, 5);
}

/** Gives every block and element without an id one, as Slack does before it stores them. */
function complete(blocks: Block[]): Block[] {
  const copy = structuredClone(blocks);
  for (const one of copy) {
    one.block_id ??= shortId();
    for (const { element } of interactives(one)) element.action_id ??= shortId();
  }
  return copy;
}
