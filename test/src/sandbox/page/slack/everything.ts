/** A message and a modal with every block and element that the stand-in knows, for the tests of what is drawn. */

const plain = (text: string) => ({ type: 'plain_text' as const, text });
const mrkdwn = (text: string) => ({ type: 'mrkdwn' as const, text });
const options = ['small', 'medium', 'large'].map((value) => ({
  text: plain(value),
  value,
  description: plain(`a ${value} one`),
}));
const confirm = {
  title: plain('Overwrite it?'),
  text: mrkdwn('*orders* is _overwritten_.'),
  confirm: plain('Overwrite'),
  deny: plain('Keep'),
  style: 'danger' as const,
};
const placeholder = plain('Choose one');

export const everyBlock = [
  { type: 'header', text: plain('A header :package:') },
  {
    type: 'section',
    text: mrkdwn(
      '*Bold* _italic_ ~gone~ `code` <https://shop.example/a|a link> :white_check_mark:\n&gt; a quote\n• one\n• two\n```pre\n  formatted```',
    ),
    accessory: { type: 'button', action_id: 'beside', text: plain('Beside') },
  },
  { type: 'section', fields: ['*Kind*\nrefresh', '*State*\nrunning', '*Size*\n4 GB'].map(mrkdwn) },
  {
    type: 'section',
    text: mrkdwn('Pick a size'),
    accessory: { type: 'static_select', action_id: 'size', placeholder, options },
  },
  {
    type: 'section',
    text: mrkdwn('More of it'),
    accessory: {
      type: 'overflow',
      action_id: 'more',
      options: options.map(({ text, value }) => ({ text, value })),
    },
  },
  {
    type: 'section',
    text: mrkdwn('A picture'),
    accessory: { type: 'image', image_url: 'https://shop.example/a.png', alt_text: 'a chart of sizes' },
  },
  { type: 'divider' },
  {
    type: 'actions',
    elements: [
      { type: 'button', action_id: 'yes', text: plain('Approve'), style: 'primary' },
      { type: 'button', action_id: 'no', text: plain('Reject'), style: 'danger', confirm },
      { type: 'button', action_id: 'other', text: plain('Other') },
      { type: 'datepicker', action_id: 'day', initial_date: '2026-11-23' },
      { type: 'timepicker', action_id: 'hour', initial_time: '13:30' },
      {
        type: 'external_select',
        action_id: 'backup',
        placeholder: plain('Find a backup'),
        min_query_length: 1,
      },
      { type: 'users_select', action_id: 'who', placeholder: plain('Choose a person') },
    ],
  },
  { type: 'context', elements: [mrkdwn('Asked by <@U0DANA0001> · <#C0REFRESH1>'), mrkdwn('small print')] },
  {
    type: 'rich_text',
    elements: [
      {
        type: 'rich_text_section',
        elements: [
          { type: 'text', text: 'Rich ', style: { bold: true } },
          { type: 'user', user_id: 'U0QUINN001' },
          { type: 'emoji', name: 'rocket' },
        ],
      },
      {
        type: 'rich_text_list',
        style: 'ordered',
        elements: [
          { type: 'rich_text_section', elements: [{ type: 'text', text: 'first' }] },
          { type: 'rich_text_section', elements: [{ type: 'text', text: 'second' }] },
        ],
      },
      { type: 'rich_text_preformatted', elements: [{ type: 'text', text: 'select 1;' }] },
      { type: 'rich_text_quote', elements: [{ type: 'text', text: 'so they said' }] },
    ],
  },
  { type: 'markdown', text: '## Markdown\n**bold** and a [link](https://shop.example)\n\n1. one\n2. two' },
  {
    type: 'table',
    rows: [
      ['Database', 'Rows', 'Backup'].map((text) => ({ type: 'raw_text', text })),
      ['orders', '5,558', 'BKP-10'].map((text) => ({ type: 'raw_text', text })),
      ['billing', '812', 'BKP-11'].map((text) => ({ type: 'raw_text', text })),
    ],
    column_settings: [{}, { align: 'right' }],
  },
  {
    type: 'image',
    title: plain('A chart'),
    image_url: 'https://shop.example/b.png',
    alt_text: 'sizes by day',
  },
];

const input = (id: string, element: object, more: object = {}) => ({
  type: 'input',
  block_id: id,
  label: plain(`The ${id}`),
  element: { action_id: id, ...element },
  optional: true,
  ...more,
});

export const everyInput = {
  type: 'modal',
  callback_id: 'everything',
  title: plain('Everything'),
  submit: plain('Send'),
  close: plain('Never mind'),
  blocks: [
    input(
      'name',
      { type: 'plain_text_input', placeholder: plain('A name'), max_length: 40 },
      { optional: false, hint: plain('At most 40 characters') },
    ),
    input('reason', { type: 'plain_text_input', multiline: true }),
    input('mail', { type: 'email_text_input' }),
    input('address', { type: 'url_text_input' }),
    input('count', { type: 'number_input', is_decimal_allowed: false }),
    input('size', { type: 'static_select', options, initial_option: options[1] }),
    input('group', {
      type: 'static_select',
      option_groups: [
        { label: plain('Few'), options: options.slice(0, 2) },
        { label: plain('Many'), options: options.slice(2) },
      ],
    }),
    input('sizes', { type: 'multi_static_select', options, max_selected_items: 2 }),
    input('backup', { type: 'external_select', min_query_length: 0 }),
    input('backups', { type: 'multi_external_select', min_query_length: 0 }),
    input('person', { type: 'users_select' }),
    input('channel', { type: 'channels_select' }),
    input('conversation', { type: 'conversations_select' }),
    input('ticks', {
      type: 'checkboxes',
      options: options.map((one) => ({ ...one, text: mrkdwn(`*${one.value}*`) })),
    }),
    input('one', { type: 'radio_buttons', options }),
    input('day', { type: 'datepicker' }),
    input('hour', { type: 'timepicker' }),
    input('moment', { type: 'datetimepicker' }),
  ],
};
