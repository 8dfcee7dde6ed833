import assert from 'node:assert/strict';
import type { Site } from '../../../../src/domain/site.ts';
import { dana, eventually, openStage, quinn, rosa, type Stage } from './stage.ts';

/** Rosa's account is not in the site file. */
function unlinked(site: Site): Site {
  const { jiraAccountId: _, ...without } = site.people['rosa']!;
  return { ...site, people: { ...site.people, rosa: without } };
}

for (const kind of ['cloud', 'data-center'] as const) {
  describe(`a code in a comment, in Jira ${kind}`, function () {
    this.timeout(120_000);
    let stage: Stage;
    before(async () => {
      stage = await openStage({ site: unlinked, kind });
    });
    after(() => stage.close());

    const links = async () => {
      const { events } = await stage.paper.store.events.after(undefined, 1000);
      return events.filter((event) => event.type === 'link-found' || event.type === 'link-refused');
    };

    it('links who wrote it, when they say so; before that their moves count for nothing', async () => {
      const { paper, jira } = stage;
      const { id } = await stage.ask();
      const key = await stage.issueOf(id);
      await stage.told();
      jira.moveIssue(rosa, key, 'Approved');
      await eventually(
        async () => (await stage.events(id, 'decision-refused')).length === 1,
        'the move of an unknown account is refused',
      );
      await stage.shows(key, 'Waiting for approval');

      const { phrase } = await paper.service.startLink(paper.actor('rosa'), 'jira');
      jira.comment(quinn, key, `Rosa, you have to write ${phrase}`);
      jira.comment(rosa, key, phrase);
      const found = await eventually(async () => (await links())[0], 'the code is found');
      assert.equal(found.type, 'link-found');
      assert.deepEqual([found.account, found.name], [rosa, 'Rosa']);
      await paper.service.endLink(paper.actor('rosa'), found.type === 'link-found' ? found.code : 0, true);
      jira.moveIssue(rosa, key, 'Approved');
      await stage.reaches(id, 'running');
      const [approval] = await paper.store.approvals.of(id);
      assert.deepEqual([approval?.by, approval?.front], ['rosa', 'jira']);
    });

    it('of somebody else is refused, however often it is read', async () => {
      const { paper, jira } = stage;
      await paper.service.removeLink(paper.actor('rosa'), 'jira');
      const before = (await links()).length;
      const { id } = await stage.ask('dev');
      const key = await stage.issueOf(id);
      await paper.service.startLink(paper.actor('rosa'), 'jira');
      jira.comment(dana, key, 'freshet link rosa ABCDE-FGHJK');
      const refused = await eventually(async () => (await links())[before], 'it is refused');
      assert.equal(refused.type === 'link-refused' && refused.why.includes('no such code'), true);
      // It goes on to read: a second comment is heard, and the first not again.
      jira.comment(dana, key, 'freshet link rosa ABCDE-FGHJM');
      await eventually(async () => (await links()).length === before + 2, 'the second is refused');
      assert.equal((await links()).length, before + 2);
    });
  });
}
