import assert from 'node:assert/strict';
import type { RequestId } from '../../../../../src/domain/ids.ts';
import { dana, openStages } from '../stage.ts';
import { filled, form, textOf } from './form.ts';

const first: RequestId = 'REQ-1';

describe('the form behind /refresh alone', function () {
  this.timeout(60_000);
  const open = openStages();

  it('asks for the same request as the line would, with the same card', async () => {
    const stage = await open();
    const old = await stage.paper.backup();
    const newest = await stage.paper.backup();
    const view = await filled(stage, dana, 'uat', ['orders']);
    const text = textOf(view);
    assert.match(
      text,
      /\*UAT\* is protected: it takes the approval of <@U0QUINN> or <@U0ROSA>; nobody approves/,
    );
    assert.match(
      text,
      new RegExp(`\`orders_uat\` on server \`test-pg\` is overwritten by \\*${newest.id}\\*`),
    );
    await form(stage, dana, /3 sessions are open on `orders_uat` and would be ended: shop_uat_app \(shop\)/);
    assert.match(
      textOf(view),
      /What is there now, if anything, is kept for 24 h; until then it can be undone/,
    );
    assert.equal(
      view.values[`backup:uat:orders:${newest.id}`]?.['modal-backup:orders']?.selected_option?.value,
      newest.id,
    );

    const { options } = await stage.slack.options(dana, view, 'modal-backup:orders', '');
    assert.deepEqual(
      options.map(({ value }) => value),
      [newest.id, old.id],
    );
    const done = await stage.slack.submit(dana, view, {
      'modal-backup:orders': old.id,
      'modal-reason': 'Release 12 <!channel>',
    });
    assert.deepEqual([done.closed, done.errors], [true, {}]);
    assert.match(await stage.told(dana, /REQ-1/), /It waits for an approval by @Quinn, @Rosa/);
    const card = await stage.card(first);
    assert.match(
      stage.read(card),
      new RegExp(`REQ-1 · refresh orders on uat · waiting[^]*${old.id} of production`),
    );
    assert.match(stage.read(card), /Asked by @Dana in Slack[^]*Release 12 <!channel>/);
    const request = await stage.paper.store.requests.get(first);
    assert.deepEqual([request?.reason, request?.requestedBy], ['Release 12 <!channel>', 'dana']);
    assert.deepEqual(stage.slack.notices(), []);
  });
});
