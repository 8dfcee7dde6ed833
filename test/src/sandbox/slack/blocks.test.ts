import assert from 'node:assert/strict';
import { checkMessageBlocks, checkView } from '../../../../src/sandbox/slack/blocks/surfaces.ts';

type Json = Record<string, unknown>;

const x = (length: number): string => 'x'.repeat(length);
const times = <T>(count: number, one: T): T[] => Array.from({ length: count }, () => one);
const plain = (length = 3): Json => ({ type: 'plain_text', text: x(length) });
const mark = (length = 3): Json => ({ type: 'mrkdwn', text: x(length) });
const section = (more: Json = {}): Json => ({ type: 'section', text: mark(), ...more });
const button = (more: Json = {}): Json => ({ type: 'button', text: plain(), ...more });
const actions = (...elements: Json[]): Json => ({ type: 'actions', elements });
const input = (element: Json, more: Json = {}): Json => ({ type: 'input', label: plain(), element, ...more });
const choice = (more: Json = {}): Json => ({ text: plain(), value: 'v', ...more });
const menu = (more: Json = {}): Json => ({ type: 'static_select', options: [choice()], ...more });
const dialog = (more: Json = {}): Json => ({
  title: plain(),
  text: mark(),
  confirm: plain(),
  deny: plain(),
  ...more,
});
const cell = { type: 'raw_text', text: 'a' };
const image = (more: Json = {}): Json => ({
  type: 'image',
  image_url: 'https://a.test/b.png',
  alt_text: 'chart',
  ...more,
});
const rich = (...elements: Json[]): Json => ({ type: 'rich_text', elements });

/** The longest, largest or fullest that Slack takes. */
const taken: Record<string, Json> = {
  'section text of 3,000': section({ text: mark(3000) }),
  'section with 10 fields of 2,000, in part': section({ fields: [...times(9, mark()), mark(2000)] }),
  'section with fields alone': { type: 'section', fields: [plain()] },
  'section that expands': section({ expand: true }),
  'header of 150': { type: 'header', text: plain(150) },
  divider: { type: 'divider', block_id: x(255) },
  'context with 10 elements': { type: 'context', elements: [...times(9, mark()), image()] },
  'actions with 25 elements': actions(...times(25, button())),
  'button at its limits': actions(
    button({
      text: plain(75),
      value: x(2000),
      url: `https://a.test/${x(2900)}`,
      action_id: x(255),
      accessibility_label: x(75),
      style: 'danger',
      confirm: dialog({
        title: plain(100),
        text: mark(300),
        confirm: plain(30),
        deny: plain(30),
        style: 'danger',
      }),
    }),
  ),
  'static select with 100 options of 75': actions(
    menu({
      options: times(100, choice({ text: plain(75), value: x(75), description: plain(75) })),
      placeholder: plain(150),
    }),
  ),
  'static select with 100 groups': actions({
    type: 'static_select',
    option_groups: times(100, { label: plain(75), options: [choice()] }),
  }),
  'external select': actions({ type: 'external_select', min_query_length: 0 }),
  'multi select beside a section': section({
    accessory: { type: 'multi_static_select', options: [choice()], max_selected_items: 1 },
  }),
  'menus of users and conversations': actions(
    { type: 'users_select', initial_user: 'U1' },
    { type: 'channels_select' },
    { type: 'conversations_select', filter: { include: ['public'] } },
  ),
  'overflow with 5 options': section({ accessory: { type: 'overflow', options: times(5, choice()) } }),
  'checkboxes with 10 options': actions({
    type: 'checkboxes',
    options: times(10, choice({ text: mark(75) })),
    initial_options: [choice()],
  }),
  'radio buttons with 10 options': actions({ type: 'radio_buttons', options: times(10, choice()) }),
  pickers: actions(
    { type: 'datepicker', initial_date: '2026-11-23' },
    { type: 'timepicker', initial_time: '23:59' },
    { type: 'datetimepicker', initial_date_time: 1_795_435_741 },
  ),
  'input with every part': input(
    { type: 'plain_text_input', multiline: true, min_length: 0, max_length: 3000, initial_value: x(3000) },
    { label: plain(2000), hint: plain(2000), optional: true, dispatch_action: true },
  ),
  'number input': input({
    type: 'number_input',
    is_decimal_allowed: false,
    min_value: '1',
    max_value: '9',
  }),
  'image block': image({ alt_text: x(2000), title: plain(2000) }),
  'markdown of 12,000': { type: 'markdown', text: x(12_000) },
  'table of 100 rows and 20 columns': {
    type: 'table',
    rows: times(100, times(20, cell)),
    column_settings: [{ align: 'right' }],
  },
  'rich text': rich(
    {
      type: 'rich_text_section',
      elements: [
        { type: 'text', text: 'a', style: { bold: true } },
        { type: 'user', user_id: 'U1' },
      ],
    },
    {
      type: 'rich_text_list',
      style: 'bullet',
      elements: [{ type: 'rich_text_section', elements: [] }],
    },
    { type: 'rich_text_preformatted', elements: [{ type: 'text', text: 'a' }] },
  ),
};

/** One step too far, with what Slack says and where. */
// prettier-ignore
const refused: [what: string, block: Json, message: string][] = [
  ['an unknown block', { type: 'sections' }, 'unsupported type: sections [json-pointer:/blocks/0/type]'],
  ['a block without a type', {}, 'missing required field: type [json-pointer:/blocks/0]'],
  ['an unknown property', section({ colour: 'red' }), 'invalid additional property: colour [json-pointer:/blocks/0]'],
  ['an empty block_id', section({ block_id: '' }), 'must be more than 0 characters [json-pointer:/blocks/0/block_id]'],
  ['block_id of 256', section({ block_id: x(256) }), 'must be less than 256 characters [json-pointer:/blocks/0/block_id]'],
  ['section without text or fields', { type: 'section' }, 'must define either `text` or `fields` [json-pointer:/blocks/0]'],
  ['section text of 3,001', section({ text: mark(3001) }), 'must be less than 3001 characters [json-pointer:/blocks/0/text/text]'],
  ['empty section text', section({ text: mark(0) }), 'must be more than 0 characters [json-pointer:/blocks/0/text/text]'],
  ['text that is a string', section({ text: 'abc' }), 'must provide an object [json-pointer:/blocks/0/text]'],
  ['text of another type', section({ text: { type: 'html', text: 'a' } }), 'unsupported type: html [json-pointer:/blocks/0/text/type]'],
  ['text without text', section({ text: { type: 'mrkdwn' } }), 'missing required field: text [json-pointer:/blocks/0/text]'],
  ['emoji on mrkdwn', section({ text: { ...mark(), emoji: true } }), 'invalid additional property: emoji [json-pointer:/blocks/0/text]'],
  ['11 fields', section({ fields: times(11, mark()) }), 'no more than 10 items allowed [json-pointer:/blocks/0/fields]'],
  ['no fields', section({ fields: [] }), 'no less than 1 items allowed [json-pointer:/blocks/0/fields]'],
  ['field of 2,001', section({ fields: [mark(2001)] }), 'must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]'],
  ['header of 151', { type: 'header', text: plain(151) }, 'must be less than 151 characters [json-pointer:/blocks/0/text/text]'],
  ['header in mrkdwn', { type: 'header', text: mark() }, 'must be a valid enum value: plain_text [json-pointer:/blocks/0/text/type]'],
  ['11 context elements', { type: 'context', elements: times(11, mark()) }, 'no more than 10 items allowed [json-pointer:/blocks/0/elements]'],
  ['a button in context', { type: 'context', elements: [button()] }, 'unsupported type: button [json-pointer:/blocks/0/elements/0/type]'],
  ['empty context', { type: 'context', elements: [] }, 'no less than 1 items allowed [json-pointer:/blocks/0/elements]'],
  ['26 actions', actions(...times(26, button())), 'no more than 25 items allowed [json-pointer:/blocks/0/elements]'],
  ['no actions', actions(), 'no less than 1 items allowed [json-pointer:/blocks/0/elements]'],
  ['a multi select in actions', actions({ type: 'multi_users_select' }), 'unsupported type: multi_users_select [json-pointer:/blocks/0/elements/0/type]'],
  ['a text input in actions', actions({ type: 'plain_text_input' }), 'unsupported type: plain_text_input [json-pointer:/blocks/0/elements/0/type]'],
  ['button text of 76', actions(button({ text: plain(76) })), 'must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]'],
  ['button text in mrkdwn', actions(button({ text: mark() })), 'must be a valid enum value: plain_text [json-pointer:/blocks/0/elements/0/text/type]'],
  ['button value of 2,001', actions(button({ value: x(2001) })), 'must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]'],
  ['button url of 3,001', actions(button({ url: `https://a.test/${x(3000)}` })), 'must be less than 3001 characters [json-pointer:/blocks/0/elements/0/url]'],
  ['button with no url', actions(button({ url: 'here' })), 'must be a valid url [json-pointer:/blocks/0/elements/0/url]'],
  ['button style', actions(button({ style: 'default' })), 'must be a valid enum value: primary, danger [json-pointer:/blocks/0/elements/0/style]'],
  ['accessibility label of 76', actions(button({ accessibility_label: x(76) })), 'must be less than 76 characters [json-pointer:/blocks/0/elements/0/accessibility_label]'],
  ['action_id of 256', actions(button({ action_id: x(256) })), 'must be less than 256 characters [json-pointer:/blocks/0/elements/0/action_id]'],
  ['the same action_id twice', actions(button({ action_id: 'a' }), button({ action_id: 'a' })), 'action_id already exists: a [json-pointer:/blocks/0/elements/1/action_id]'],
  ['confirm title of 101', actions(button({ confirm: dialog({ title: plain(101) }) })), 'must be less than 101 characters [json-pointer:/blocks/0/elements/0/confirm/title/text]'],
  ['confirm text of 301', actions(button({ confirm: dialog({ text: mark(301) }) })), 'must be less than 301 characters [json-pointer:/blocks/0/elements/0/confirm/text/text]'],
  ['confirm button of 31', actions(button({ confirm: dialog({ confirm: plain(31) }) })), 'must be less than 31 characters [json-pointer:/blocks/0/elements/0/confirm/confirm/text]'],
  ['deny button of 31', actions(button({ confirm: dialog({ deny: plain(31) }) })), 'must be less than 31 characters [json-pointer:/blocks/0/elements/0/confirm/deny/text]'],
  ['confirm without a title', actions(button({ confirm: { text: mark(), confirm: plain(), deny: plain() } })), 'missing required field: title [json-pointer:/blocks/0/elements/0/confirm]'],
  ['101 options', actions(menu({ options: times(101, choice()) })), 'no more than 100 items allowed [json-pointer:/blocks/0/elements/0/options]'],
  ['no options', actions(menu({ options: [] })), 'no less than 1 items allowed [json-pointer:/blocks/0/elements/0/options]'],
  ['neither options nor groups', actions({ type: 'static_select' }), 'must define either `options` or `option_groups` [json-pointer:/blocks/0/elements/0]'],
  ['101 groups', actions({ type: 'static_select', option_groups: times(101, { label: plain(), options: [choice()] }) }), 'no more than 100 items allowed [json-pointer:/blocks/0/elements/0/option_groups]'],
  ['group label of 76', actions({ type: 'static_select', option_groups: [{ label: plain(76), options: [choice()] }] }), 'must be less than 76 characters [json-pointer:/blocks/0/elements/0/option_groups/0/label/text]'],
  ['option text of 76', actions(menu({ options: [choice({ text: plain(76) })] })), 'must be less than 76 characters [json-pointer:/blocks/0/elements/0/options/0/text/text]'],
  ['option value of 76', actions(menu({ options: [choice({ value: x(76) })] })), 'must be less than 76 characters [json-pointer:/blocks/0/elements/0/options/0/value]'],
  ['option description of 76', actions(menu({ options: [choice({ description: plain(76) })] })), 'must be less than 76 characters [json-pointer:/blocks/0/elements/0/options/0/description/text]'],
  ['option url in a select', actions(menu({ options: [choice({ url: 'https://a.test' })] })), 'invalid additional property: url [json-pointer:/blocks/0/elements/0/options/0]'],
  ['initial option that is not offered', actions(menu({ initial_option: choice({ value: 'w' }) })), 'must be one of the options provided [json-pointer:/blocks/0/elements/0/initial_option]'],
  ['placeholder of 151', actions(menu({ placeholder: plain(151) })), 'must be less than 151 characters [json-pointer:/blocks/0/elements/0/placeholder/text]'],
  ['max_selected_items of 0', section({ accessory: { type: 'multi_users_select', max_selected_items: 0 } }), 'must be at least 1 [json-pointer:/blocks/0/accessory/max_selected_items]'],
  ['overflow with 6 options', actions({ type: 'overflow', options: times(6, choice()) }), 'no more than 5 items allowed [json-pointer:/blocks/0/elements/0/options]'],
  ['checkboxes with 11 options', actions({ type: 'checkboxes', options: times(11, choice()) }), 'no more than 10 items allowed [json-pointer:/blocks/0/elements/0/options]'],
  ['11 radio buttons', actions({ type: 'radio_buttons', options: times(11, choice()) }), 'no more than 10 items allowed [json-pointer:/blocks/0/elements/0/options]'],
  ['a date in another order', actions({ type: 'datepicker', initial_date: '23-11-2026' }), 'must be a date as YYYY-MM-DD [json-pointer:/blocks/0/elements/0/initial_date]'],
  ['a time that is none', actions({ type: 'timepicker', initial_time: '24:00' }), 'must be a time as HH:mm [json-pointer:/blocks/0/elements/0/initial_time]'],
  ['a moment in milliseconds', actions({ type: 'datetimepicker', initial_date_time: 1_795_435_741_000 }), 'must be at most 9999999999 [json-pointer:/blocks/0/elements/0/initial_date_time]'],
  ['input label of 2,001', input({ type: 'plain_text_input' }, { label: plain(2001) }), 'must be less than 2001 characters [json-pointer:/blocks/0/label/text]'],
  ['input hint of 2,001', input({ type: 'plain_text_input' }, { hint: plain(2001) }), 'must be less than 2001 characters [json-pointer:/blocks/0/hint/text]'],
  ['input without a label', { type: 'input', element: { type: 'plain_text_input' } }, 'missing required field: label [json-pointer:/blocks/0]'],
  ['a button as input', input(button()), 'unsupported type: button [json-pointer:/blocks/0/element/type]'],
  ['input max_length of 3,001', input({ type: 'plain_text_input', max_length: 3001 }), 'must be at most 3000 [json-pointer:/blocks/0/element/max_length]'],
  ['min_length above max_length', input({ type: 'plain_text_input', min_length: 9, max_length: 8 }), 'must not be greater than `max_length` [json-pointer:/blocks/0/element/min_length]'],
  ['initial_value of 3,001', input({ type: 'plain_text_input', initial_value: x(3001) }), 'must be less than 3001 characters [json-pointer:/blocks/0/element/initial_value]'],
  ['number without is_decimal_allowed', input({ type: 'number_input' }), 'missing required field: is_decimal_allowed [json-pointer:/blocks/0/element]'],
  ['min_value above max_value', input({ type: 'number_input', is_decimal_allowed: true, min_value: '2', max_value: '1' }), 'must not be greater than `max_value` [json-pointer:/blocks/0/element/min_value]'],
  ['image without alt_text', { type: 'image', image_url: 'https://a.test/b.png' }, 'missing required field: alt_text [json-pointer:/blocks/0]'],
  ['image without a source', { type: 'image', alt_text: 'a' }, 'must define either `image_url` or `slack_file` [json-pointer:/blocks/0]'],
  ['alt_text of 2,001', image({ alt_text: x(2001) }), 'must be less than 2001 characters [json-pointer:/blocks/0/alt_text]'],
  ['markdown of 12,001', { type: 'markdown', text: x(12_001) }, 'must be less than 12001 characters [json-pointer:/blocks/0/text]'],
  ['table of 101 rows', { type: 'table', rows: times(101, [cell]) }, 'no more than 100 items allowed [json-pointer:/blocks/0/rows]'],
  ['table of 21 columns', { type: 'table', rows: [times(21, cell)] }, 'no more than 20 items allowed [json-pointer:/blocks/0/rows/0]'],
  ['rich text of an unknown part', rich({ type: 'rich_text_heading', elements: [] }), 'unsupported type: rich_text_heading [json-pointer:/blocks/0/elements/0/type]'],
  ['a user without an id in rich text', rich({ type: 'rich_text_section', elements: [{ type: 'user' }] }), 'missing required field: user_id [json-pointer:/blocks/0/elements/0/elements/0]'],
];

const modal = (more: Json = {}): Json => ({ type: 'modal', title: plain(), blocks: [], ...more });

// prettier-ignore
const refusedViews: [what: string, view: Json, message: string][] = [
  ['title of 25', modal({ title: plain(25) }), 'must be less than 25 characters [json-pointer:/view/title/text]'],
  ['submit of 25', modal({ submit: plain(25) }), 'must be less than 25 characters [json-pointer:/view/submit/text]'],
  ['close of 25', modal({ close: plain(25) }), 'must be less than 25 characters [json-pointer:/view/close/text]'],
  ['no title', { type: 'modal', blocks: [] }, 'missing required field: title [json-pointer:/view]'],
  ['private_metadata of 3,001', modal({ private_metadata: x(3001) }), 'must be less than 3001 characters [json-pointer:/view/private_metadata]'],
  ['callback_id of 256', modal({ callback_id: x(256) }), 'must be less than 256 characters [json-pointer:/view/callback_id]'],
  ['external_id of 256', modal({ external_id: x(256) }), 'must be less than 256 characters [json-pointer:/view/external_id]'],
  ['101 blocks', modal({ blocks: times(101, section()) }), 'no more than 100 items allowed [json-pointer:/view/blocks]'],
  ['an unknown property', modal({ submit_disabled: true }), 'invalid additional property: submit_disabled [json-pointer:/view]'],
  ['input without submit', modal({ blocks: [input({ type: 'plain_text_input' })] }), 'missing required field: submit [json-pointer:/view]'],
  ['a table', modal({ blocks: [{ type: 'table', rows: [[cell]] }] }), 'unsupported type: table [json-pointer:/view/blocks/0/type]'],
  ['markdown', modal({ blocks: [{ type: 'markdown', text: 'a' }] }), 'unsupported type: markdown [json-pointer:/view/blocks/0/type]'],
  ['a Home tab', { type: 'home', blocks: [] }, 'unsupported type: home [json-pointer:/view/type]'],
  ['two focused inputs', modal({ submit: plain(), blocks: times(2, input({ type: 'plain_text_input', focus_on_load: true })) }), 'only one element may have focus_on_load [json-pointer:/view/blocks/1/element/focus_on_load]'],
];

function messagesOf(checked: { ok: true } | { ok: false; messages: string[] }): string[] {
  assert.ok(!checked.ok, 'it was not refused');
  return checked.messages;
}

describe('Block Kit of the Slack stand-in', () => {
  for (const [what, block] of Object.entries(taken))
    it(`takes ${what}`, () => {
      const checked = checkMessageBlocks([block]);
      assert.deepEqual(checked.ok ? [] : checked.messages.concat(checked.error), []);
    });

  for (const [what, block, message] of refused)
    it(`refuses ${what}`, () => {
      const checked = checkMessageBlocks([block]);
      assert.ok(messagesOf(checked).includes(message), JSON.stringify(checked));
      assert.ok(!checked.ok && checked.error === 'invalid_blocks');
    });

  for (const [what, view, message] of refusedViews)
    it(`refuses a modal with ${what}`, () => {
      const checked = checkView(view, 'modal');
      assert.ok(messagesOf(checked).includes(message), JSON.stringify(checked));
      assert.ok(!checked.ok && checked.error === 'invalid_arguments');
    });

  it('takes a message of 50 blocks and refuses one of 51', () => {
    assert.ok(checkMessageBlocks(times(50, section())).ok);
    assert.deepEqual(messagesOf(checkMessageBlocks(times(51, section()))), [
      'no more than 50 items allowed [json-pointer:/blocks]',
    ]);
  });

  it('takes a modal and a Home tab of 100 blocks', () => {
    assert.ok(checkView(modal({ blocks: times(100, section()) }), 'modal').ok);
    assert.ok(checkView({ type: 'home', blocks: times(100, section()) }, 'home').ok);
    assert.ok(!checkView(modal(), 'home').ok);
  });

  it('refuses a block_id twice, two tables, and markdown that is too long in all', () => {
    assert.deepEqual(messagesOf(checkMessageBlocks(times(2, section({ block_id: 'a' })))), [
      'block_id already exists: a [json-pointer:/blocks/1/block_id]',
    ]);
    const table = { type: 'table', rows: [[cell]] };
    assert.deepEqual(messagesOf(checkMessageBlocks([table, table])), [
      'only_one_table_allowed [json-pointer:/blocks]',
    ]);
    assert.equal(messagesOf(checkMessageBlocks(times(2, { type: 'markdown', text: x(6001) }))).length, 1);
  });

  it('takes the same action_id in two blocks', () => {
    assert.ok(checkMessageBlocks(times(2, actions(button({ action_id: 'a' })))).ok);
  });

  it('refuses more than 13,200 characters in all', () => {
    assert.ok(checkMessageBlocks(times(4, section({ text: mark(3000) }))).ok);
    const checked = checkMessageBlocks(times(5, section({ text: mark(3000) })));
    assert.ok(!checked.ok && checked.error === 'msg_blocks_too_long');
  });

  it('refuses a view above 250 kB', () => {
    const options = times(100, choice({ text: plain(75), value: x(75), description: plain(75) }));
    const checked = checkView(
      modal({ submit: plain(), blocks: times(30, input(menu({ options }))) }),
      'modal',
    );
    assert.ok(!checked.ok && checked.error === 'view_too_large');
  });

  it('gives ids to what has none and changes nothing else', () => {
    const checked = checkMessageBlocks([actions(button({ action_id: 'mine' }), button())]);
    assert.ok(checked.ok);
    const [block] = checked.value;
    assert.ok(block?.type === 'actions' && block.block_id);
    assert.equal(block.elements[0]?.action_id, 'mine');
    assert.ok(block.elements[1]?.action_id);
  });
});
