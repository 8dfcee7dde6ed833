import assert from 'node:assert/strict';
import { deskCalls, lookerAt, withDesk } from './desk.ts';
import { eventually, openStage, quinn, rosa, type Stage } from './stage.ts';

for (const kind of ['cloud', 'data-center'] as const) {
  describe(`without Jira Service Management (${kind})`, function () {
    this.timeout(60_000);
    let stage: Stage;
    afterEach(() => stage.close());
    const probe = () => stage.front.probes.find(({ name }) => name === 'jira service desk');

    it('switched off, it is not asked, and check has no line for it', async () => {
      stage = await openStage({ kind, serviceDesk: true });
      const { id } = await stage.ask();
      const key = await stage.issueOf(id);
      stage.jira.portal.openApproval(key, [quinn]);
      stage.jira.portal.answerApproval(quinn, key, 'approved');
      await lookerAt(stage)(id);
      assert.equal(await stage.state(id), 'pending');
      assert.equal(probe(), undefined);
      assert.deepEqual(deskCalls(stage), []);
    });

    it('check says whether approvals can be read, and of what', async () => {
      stage = await openStage({ kind, serviceDesk: true, site: withDesk });
      assert.deepEqual(await probe()!.run(), {
        ok: true,
        says: 'no issue of the type "Task" to look at yet',
      });
      const key = await stage.issueOf((await stage.ask()).id);
      stage.jira.portal.openApproval(key, [quinn, rosa]);
      await eventually(async () => (await probe()!.run()).says === `approvals are read: ${key} has 1`, key);
      await stage.close();
      stage = await openStage({ kind, site: withDesk });
      const { id } = await stage.ask();
      const other = await stage.issueOf(id);
      await stage.told();
      const finding = await eventually(async () => {
        const found = await probe()!.run();
        return !found.ok && found;
      }, 'an issue to look at');
      assert.match(
        finding.says,
        new RegExp(`^no approvals can be read of ${other}, so none counts: Jira ans`),
      );
      assert.match(finding.remedy!, /leave jira\.serviceDesk out/);
      stage.jira.moveIssue(quinn, other, 'Approved');
      await stage.reaches(id, 'running');
    });
  });
}
