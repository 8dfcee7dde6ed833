import assert from 'node:assert/strict';
import { columns, wrap } from '../../../../src/sandbox/slack/plain-text.ts';
import { checkMessageBlocks } from '../../../../src/sandbox/slack/blocks/surfaces.ts';
import { renderText } from '../../../../src/sandbox/slack/render.ts';

const name = {
  user: (id: string) => ({ U1: 'Dana Reed' })[id],
  channel: (id: string) => ({ C1: 'db-refreshes' })[id],
};

function draw(blocks: unknown[], width = 40): string {
  const checked = checkMessageBlocks(blocks);
  assert.ok(checked.ok, JSON.stringify(checked));
  return renderText({ blocks: checked.value }, { width, name });
}
const plain = (text: string) => ({ type: 'plain_text', text });
const mark = (text: string) => ({ type: 'mrkdwn', text });
const button = (text: string) => ({ type: 'button', text: plain(text) });

describe('messages of the Slack stand-in as plain text', () => {
  it('draws a card', () => {
    const card = [
      { type: 'header', text: plain(':hourglass_flowing_sand: Refresh of orders in uat') },
      {
        type: 'section',
        fields: [
          mark('*From*\nproduction, BKP-12'),
          mark('*Onto*\norders in uat'),
          mark('*Asked by*\n<@U1>'),
        ],
      },
      { type: 'divider' },
      { type: 'context', elements: [mark('_Data of 02:00_'), mark('<https://jira.test/browse/DB-1|DB-1>')] },
      { type: 'actions', elements: [button('Approve'), button('Reject')] },
    ];
    assert.equal(
      draw(card),
      [
        '⏳ Refresh of orders in uat',
        'From                 Onto',
        'production, BKP-12   orders in uat',
        'Asked by',
        '@Dana Reed',
        '────────────────────────────────────────',
        '  Data of 02:00  DB-1',
        '[ Approve ]  [ Reject ]',
      ].join('\n'),
    );
  });

  it('reads marks, references, entities and emoji as people do, and leaves code alone', () => {
    const said: [markup: string, shown: string][] = [
      ['*bold* and _so *both* on_ ~gone~', 'bold and so both on gone'],
      ['2 * 3 * 4 and snake_case_name', '2 * 3 * 4 and snake_case_name'],
      ['<@U1> in <#C1|old-name>, <@U9|who>', '@Dana Reed in #db-refreshes, @who'],
      ['<!here> <!date^1795435741^{date}|23 Nov>', '@here 23 Nov'],
      ['<https://a.test|a &amp; b> <https://b.test>', 'a & b https://b.test'],
      ['`*not bold*` :white_check_mark: :unheard_of:', '`*not bold*` ✅ :unheard_of:'],
      ['&lt;script&gt; &amp;lt;', '<script> &lt;'],
      ['&gt; quoted', '│ quoted'],
    ];
    for (const [text, shown] of said) assert.equal(renderText({ text, blocks: [] }, { name }), shown);
  });

  it('draws menus, inputs, tables, rich text and images', () => {
    const shown = draw([
      {
        type: 'section',
        text: mark('Which?'),
        accessory: { type: 'overflow', options: [{ text: plain('Undo'), value: 'u' }] },
      },
      {
        type: 'actions',
        elements: [
          {
            type: 'static_select',
            placeholder: plain('Environment'),
            options: [{ text: plain('uat'), value: 'uat' }],
          },
          { type: 'datepicker', initial_date: '2026-11-23' },
        ],
      },
      { type: 'input', label: plain('Reason'), optional: true, element: { type: 'plain_text_input' } },
      {
        type: 'table',
        rows: [
          [
            { type: 'raw_text', text: 'database' },
            { type: 'raw_text', text: 'rows' },
          ],
          [
            { type: 'raw_text', text: 'orders' },
            { type: 'raw_text', text: '12' },
          ],
        ],
      },
      {
        type: 'rich_text',
        elements: [
          {
            type: 'rich_text_list',
            style: 'ordered',
            elements: [{ type: 'rich_text_section', elements: [{ type: 'user', user_id: 'U1' }] }],
          },
        ],
      },
      { type: 'image', image_url: 'https://a.test/b.png', alt_text: 'a chart' },
    ]);
    assert.equal(
      shown,
      [
        'Which?',
        '[ ⋯ Undo ]',
        '[ Environment ▾ ]  [ 2026-11-23 ]',
        'Reason (optional)',
        '[ … ]',
        'database  rows',
        'orders    12',
        '1. @Dana Reed',
        '[image: a chart]',
      ].join('\n'),
    );
  });

  it('keeps to the width, cuts words that are too long, and counts wide signs as two', () => {
    assert.equal(columns('✅ ok 漢'), 8);
    for (const text of ['word '.repeat(40), 'x'.repeat(100), '✅'.repeat(60), 'a\n\nb'])
      for (const line of wrap(text, 20)) assert.ok(columns(line) <= 20, line);
    assert.deepEqual(wrap('one two three', 8), ['one two', 'three']);
    assert.deepEqual(wrap('a\n\nb', 8), ['a', '', 'b']);
  });
});
