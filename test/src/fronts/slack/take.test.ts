import assert from 'node:assert/strict';
import type { RequestId } from '../../../../src/domain/ids.ts';
import { takingSite } from '../../../taking-site.ts';
import { dana, openStages, otto, quinn } from './stage.ts';

const first: RequestId = 'REQ-1';

describe('a backup that is taken, in Slack', function () {
  this.timeout(60_000);
  const open = openStages();

  it('has a plan, a card with the words of its kind, a dialog, and an end that names the backup', async () => {
    const stage = await open({ site: takingSite });
    await stage.backups(otto, 'take uat orders --plan');
    await stage.told(otto, /take a backup of orders on uat · nothing was touched/);
    await stage.backups(dana, 'take uat orders');
    await stage.told(dana, /Dana may not have backups taken of "uat"; it takes the role "operator"/);

    await stage.backups(otto, 'take uat orders --reason "before the migration"');
    const card = await stage.cardReads(
      first,
      /`orders_uat` on server `test-pg` will be backed up into repository `taken`/,
    );
    const dialog = stage.slack.confirmDialog(card, 'approve');
    assert.equal(dialog?.title.text, 'Back up orders_uat on uat?');
    assert.match(dialog?.text.text ?? '', /taken into "taken", and nothing is changed: orders_uat\./);
    await stage.slack.click(quinn, card, 'approve', { confirm: true });
    await stage.work();
    const done = await stage.cardReads(first, /· done/);
    assert.match(
      stage.read(done),
      /was backed up into repository `taken`: \*?BKP-1\*?, 1\.2 GB, 100200 rows/,
    );
    assert.doesNotMatch(stage.read(done), /nobody could connect|kept until|Undo/);
    await stage.slack.waitFor(() =>
      stage.slack
        .directMessages(otto)
        .some((one) => /`orders_uat` on uat is backed up: \*?BKP-1/.test(stage.read(one))),
    );
    await stage.backups(otto, 'show BKP-1');
    await stage.told(otto, /Taken by.*REQ-1/s);
  });
});
