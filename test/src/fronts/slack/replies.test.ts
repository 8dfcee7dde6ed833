import assert from 'node:assert/strict';
import { message, section } from '../../../../src/fronts/slack/messages/blocks.ts';
import { mrkdwn } from '../../../../src/fronts/slack/messages/markup.ts';
import { replier } from '../../../../src/fronts/slack/replies.ts';
import { channel, dana, openStages } from './stage.ts';

describe('an answer to somebody in Slack', function () {
  this.timeout(60_000);
  const open = openStages();
  const words = message(mrkdwn`It is so.`, [section(mrkdwn`It is so.`)]);

  it('comes as a message to them alone when the response_url is spent, and as a direct one where that can not be', async () => {
    const stage = await open({ idle: true });
    const say = replier(stage.keeper().front);
    const responseUrl = `${stage.slack.apiUrl.replace('/api/', '')}/commands/T0SHOP/1/spent`;
    await say({ user: dana, channel, responseUrl }, words);
    assert.deepEqual(
      stage.slack.ephemerals(dana).map(({ text }) => text),
      ['It is so.'],
    );
    stage.slack.faults.onCall('chat.postEphemeral', { kind: 'error', error: 'not_in_channel' });
    await say({ user: dana, channel, responseUrl }, words);
    assert.deepEqual(
      stage.slack.directMessages(dana).map(({ text }) => text),
      ['It is so.'],
    );
  });

  it('comes late, and once, when Slack was away; nobody waits for it meanwhile', async () => {
    const stage = await open({ idle: true });
    const say = replier(stage.keeper().front);
    const away = stage.slack.faults.onCall(/^(?:chat\.|response_url)/, { kind: 'status', status: 500 });
    await say({ user: dana, channel }, words);
    assert.ok(away.used > 0);
    assert.equal(stage.slack.ephemerals(dana).length, 0);
    away.remove();
    await stage.slack.waitFor(() => stage.slack.ephemerals(dana).length > 0);
    assert.equal(stage.slack.ephemerals(dana).length + stage.slack.directMessages(dana).length, 1);
  });

  it('that Slack refuses for good is logged, not repeated', async () => {
    const stage = await open({ idle: true });
    const say = replier(stage.keeper().front);
    stage.slack.faults.onCall(/^chat\./, { kind: 'error', error: 'user_not_found' });
    await say({ user: dana, channel }, words);
    assert.match(stage.logged.join('\n'), /an answer reached nobody/);
  });
});
