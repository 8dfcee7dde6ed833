import assert from 'node:assert/strict';
import { dana, openOffice, quinn, refreshes, sam } from './office.ts';

const card = [
  { type: 'header', text: { type: 'plain_text', text: 'Refresh of orders in uat' } },
  {
    type: 'actions',
    block_id: 'decide',
    elements: [
      {
        type: 'button',
        action_id: 'approve',
        value: 'REQ-1',
        style: 'primary',
        text: { type: 'plain_text', text: 'Approve' },
        confirm: {
          title: { type: 'plain_text', text: 'Overwrite uat?' },
          text: { type: 'mrkdwn', text: '*orders* in uat is replaced.' },
          confirm: { type: 'plain_text', text: 'Approve' },
          deny: { type: 'plain_text', text: 'Not now' },
        },
      },
      { type: 'button', action_id: 'reject', value: 'REQ-1', text: { type: 'plain_text', text: 'Reject' } },
    ],
  },
];

describe('the Slack stand-in with a real Bolt app', () => {
  const { start, connect } = openOffice();

  it('carries a command, its answer, a card, and a click on the card', async () => {
    const slack = await start();
    await connect(slack, (made) => {
      made.command('/refresh', async ({ ack, respond, command, client }) => {
        await ack(`asked: ${command.text}`);
        await client.chat.postMessage({
          channel: command.channel_id,
          text: 'Refresh of orders',
          blocks: card,
        });
        await respond('on its way');
      });
      made.action('approve', async ({ ack, body, client, action }) => {
        await ack();
        assert.ok(body.type === 'block_actions' && action.type === 'button');
        await client.chat.update({
          channel: body.channel?.id ?? '',
          ts: body.message?.ts ?? '',
          text: `${action.value} approved by <@${body.user.id}>`,
        });
      });
    });

    const asked = await slack.command(dana, '#db-refreshes', 'uat orders', { command: '/refresh' });
    assert.equal(asked.error, undefined);
    await slack.waitFor(() => slack.ephemerals(dana).length === 2);
    assert.deepEqual(
      slack.ephemerals(dana).map((one) => one.text),
      ['asked: uat orders', 'on its way'],
    );
    assert.deepEqual(slack.ephemerals(quinn), []);

    const [posted] = slack.messages(refreshes);
    assert.ok(posted);
    assert.equal(posted.text, 'Refresh of orders');
    await assert.rejects(slack.click(quinn, posted, 'approve'), /asks first: "Overwrite uat\?"/);
    assert.equal(slack.confirmDialog(posted, 'approve')?.text.text, '*orders* in uat is replaced.');
    const clicked = await slack.click(quinn, posted, 'approve', { confirm: true });
    assert.equal(clicked.error, undefined);
    await slack.waitFor(() => posted.versions.length === 2);
    assert.equal(posted.text, `REQ-1 approved by <@${quinn}>`);
    assert.equal(slack.renderText(posted), 'REQ-1 approved by @Quinn Hale');
    await assert.rejects(slack.click(sam, posted, 'approve', { confirm: true }), /there is nothing/);
  });
});
