import assert from 'node:assert/strict';
import { conflict } from '../../../../src/domain/errors.ts';
import type { RequestId } from '../../../../src/domain/ids.ts';
import { provingSite } from '../../../proving-site.ts';
import { dana, openStages, operators, otto } from './stage.ts';

const first: RequestId = 'REQ-1';

describe('a backup that is proven, in Slack', function () {
  this.timeout(60_000);
  const open = openStages();

  it('has a plan, a button where it is shown, a card with the words of its kind, and says so of the backup', async () => {
    const stage = await open({ site: provingSite });
    const backup = await stage.paper.backup();
    await stage.backups(otto, `prove ${backup.id} --plan`);
    await stage.told(otto, new RegExp(`prove ${backup.id} of orders · nothing was touched`));
    await stage.backups(dana, `prove ${backup.id}`);
    await stage.told(dana, /Dana may not have backups of "production" proven/);
    await stage.backups(dana, `show ${backup.id}`);
    await stage.told(dana, /present and whole/);
    await stage.backups(otto, `show ${backup.id}`);
    await stage.told(otto, /present and whole/);
    const shown = stage.slack.ephemerals(otto).at(-1)!;
    await stage.slack.click(otto, shown, 'prove', { confirm: true });
    await stage.cardReads(first, /will be proven on server|is being proven on server/);
    await stage.work();
    const done = stage.read(await stage.cardReads(first, /· done/));
    assert.match(done, /was proven: restored, verified and dropped again on server `proof-pg`/);
    assert.match(done, /Approved by rule: a proof touches nothing of it/);
    assert.doesNotMatch(done, /nobody could connect|kept until|Undo/);
    await stage.backups(dana, 'orders');
    await stage.told(dana, /proven 1 min ago/);
    await stage.backups(dana, `show ${backup.id}`);
    await stage.told(dana, /Proof:.*proven 1 min ago.*by REQ-1/s);
  });

  it('one that fails alerts the operators, says why on the card, and warns whoever names it', async () => {
    const stage = await open({ site: provingSite });
    const backup = await stage.paper.backup();
    const few = conflict('rows-missing', '"customer" has 3 rows; expected at least 10.', 'Look at the dump.');
    stage.paper.engine.failing.set('verify orders', few);
    await stage.backups(otto, `prove ${backup.id}`);
    await stage.cardReads(first, /proven on server/);
    await stage.work();
    await stage.cardReads(first, /could not be restored on server.*has 3 rows/s);
    await stage.slack.waitFor(() =>
      stage.slack.messages(operators).some((one) => /REQ-1.* failed.*has 3 rows/s.test(stage.read(one))),
    );
    await stage.backups(dana, 'orders');
    await stage.told(dana, /proof failed 1 min ago/);
    await stage.refresh(dana, `plan ci orders --backup ${backup.id}`);
    await stage.told(dana, /anonymised \(declared\), failed its proof/);
  });
});
