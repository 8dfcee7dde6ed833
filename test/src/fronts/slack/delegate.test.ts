import assert from 'node:assert/strict';
import { homeReads } from './home/stage.ts';
import { channel, dana, openStages, otto, quinn } from './stage.ts';
import { untilHolds } from '../../../until.ts';

describe('a delegate in Slack', function () {
  this.timeout(60_000);
  const open = openStages();

  it('is told, sees what waits in the Home, and decides by button for who gave the right; thread and card say so', async () => {
    const stage = await open();
    const { slack, paper } = stage;
    slack.openHome(otto);
    await stage.refresh(quinn, 'delegate @otto until tomorrow 23:59');
    await stage.told(quinn, /@Otto may approve for you until/);
    const told = await slack.waitFor(() => slack.directMessages(otto)[0]);
    assert.match(stage.read(told), /@Quinn gave you the right to approve in their place/);
    await paper.backup();
    await stage.refresh(dana, 'uat orders');
    const card = await stage.cardReads('REQ-1', /Can be approved by [^]*@Otto/);
    await homeReads(stage, otto, /You may approve for @Quinn until[^]*REQ-1 · refresh orders on uat/);
    await slack.click(otto, card, 'approve', { confirm: true });
    await untilHolds(async () => (await paper.store.requests.get('REQ-1'))?.state === 'running');
    await stage.cardReads('REQ-1', /Approved by @Otto for @Quinn in Slack/);
    await slack.waitFor(() =>
      slack.messages(channel).some((one) => /Approved by @Otto in Slack for @Quinn/.test(stage.read(one))),
    );
    await stage.refresh(quinn, 'delegate off');
    await stage.told(quinn, /Nobody approves for you/);
    await stage.refresh(quinn, 'delegate otto');
    await stage.told(quinn, /say whom and until when/);
  });
});
