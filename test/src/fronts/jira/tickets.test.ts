import assert from 'node:assert/strict';
import { bot, dana, eventually, openStage, quinn, type Stage } from './stage.ts';

for (const kind of ['cloud', 'data-center'] as const) {
  describe(`the ticket that a request is for, in Jira (${kind})`, function () {
    this.timeout(120_000);
    let stage: Stage;
    before(async () => {
      stage = await openStage({ kind });
    });
    after(() => stage.close());
    afterEach(() => {
      stage.jira.faults.reset();
      stage.paper.engine.failing.clear();
    });

    const ticketOf = (project = 'SHOP') =>
      stage.jira.createIssue(dana, { summary: 'Release 12 on uat', project }).key;
    const linksMade = () =>
      stage.jira.calls.filter(({ method, path }) => method === 'POST' && path.endsWith('/issueLink')).length;

    it('is linked once, shown on the issue, and told how it ended', async () => {
      const { jira, paper } = stage;
      const ticket = ticketOf();
      const before = linksMade();
      const { id } = await stage.ask('uat', 'dana', ticket);
      const key = await stage.issueOf(id);
      await stage.told();
      assert.deepEqual(jira.issue(key).issueLinks, [`relates to ${ticket}`]);
      assert.deepEqual(jira.issue(ticket).issueLinks, [`relates to ${key}`]);
      assert.match(jira.issue(key).description, new RegExp(`It is for ${ticket}`));
      assert.equal((await paper.service.view(id)).ticket?.url, `${jira.url}/browse/${ticket}`);
      jira.moveIssue(quinn, key, 'Approved');
      await stage.reaches(id, 'running');
      await paper.drain();
      await stage.told();
      assert.equal(linksMade(), before + 1);
      assert.equal((await stage.events(id, 'ticket-linked')).length, 1);
      assert.equal((await stage.events(id, 'ticket-unseen')).length, 0);
      const [comment, ...more] = stage.comments(ticket);
      assert.match(comment!, /orders on .*: refreshed in .*, data of .*2026/);
      assert.match(comment!, new RegExp(`${id} · ${key}`));
      assert.deepEqual(more, []);
    });

    it('hears of a failure; a link and a comment whose answers were lost are not made again', async () => {
      const { jira, paper } = stage;
      const ticket = ticketOf();
      jira.faults.api({ kind: 'lost-after', method: 'POST', path: '/issueLink', accountId: bot });
      const before = linksMade();
      const { id } = await stage.ask('uat', 'dana', ticket);
      const key = await stage.issueOf(id);
      await stage.told();
      assert.equal(linksMade(), before + 1);
      assert.equal(jira.issue(ticket).issueLinks.length, 1);
      paper.engine.failing.set('load orders', new Error('no space'));
      const { id: ticketId } = jira.issue(ticket);
      const lost = jira.faults.api({
        kind: 'lost-after',
        method: 'POST',
        path: `/issue/${ticketId}/comment`,
        accountId: bot,
      });
      jira.moveIssue(quinn, key, 'Approved');
      await stage.reaches(id, 'running');
      await paper.drain();
      await stage.reaches(id, 'failed');
      await stage.told();
      assert.equal(lost.hits, 1);
      assert.equal(stage.comments(ticket).length, 1);
      assert.match(stage.comments(ticket)[0]!, /the refresh failed\. The live database was not touched/);
    });

    it('is refused where it is not there, or not for the bot', async () => {
      const hidden = ticketOf('HR');
      for (const ticket of ['SHOP-999', hidden]) {
        await assert.rejects(stage.ask('uat', 'dana', ticket), { code: 'ticket-unknown', kind: 'NotFound' });
        const wish = { environment: 'uat', databases: [{ database: 'orders' }], reason: '', ticket };
        const faults = await stage.paper.service.faultsOf(stage.paper.actor('dana'), wish);
        assert.deepEqual(
          faults.map(({ error }) => error.about['field']),
          ['for'],
        );
      }
    });

    it('is taken on trust while Jira can not be asked, and linked when it can', async () => {
      const { jira } = stage;
      const ticket = ticketOf();
      jira.faults.api({ kind: 'error', status: 503, method: 'GET', path: `/issue/${ticket}` });
      const { id } = await stage.ask('uat', 'dana', ticket);
      const [unseen] = await stage.events(id, 'ticket-unseen');
      assert.ok(unseen?.type === 'ticket-unseen' && unseen.ticket === ticket);
      await stage.issueOf(id);
      await eventually(
        async () => (await stage.events(id, 'ticket-linked')).length === 1,
        'linked when Jira answers',
      );
      assert.equal(jira.issue(ticket).issueLinks.length, 1);
    });

    it('a ticket that turns out not to be there is told, and the request goes on', async () => {
      const { jira, paper } = stage;
      jira.faults.api({ kind: 'error', status: 503, method: 'GET', path: '/issue/SHOP-998' });
      const { id } = await stage.ask('uat', 'dana', 'SHOP-998');
      const key = await stage.issueOf(id);
      await eventually(
        async () => (await stage.events(id, 'ticket-refused')).length === 1,
        'that it is not linked',
      );
      jira.moveIssue(quinn, key, 'Approved');
      await stage.reaches(id, 'running');
      await paper.drain();
      await stage.told();
      assert.equal(jira.issue(key).status, 'Done');
      assert.equal((await stage.events(id, 'ticket-refused')).length, 1);
      assert.ok(stage.comments(key).some((text) => /Not linked to SHOP-998: Jira has no ticket/.test(text)));
    });

    it('a ticket on which the bot may not comment is linked all the same', async () => {
      const { jira, paper } = stage;
      const account = jira.site.accounts.get(bot)!;
      jira.setAccount({ ...account, permissionsIn: { SHOP: ['BROWSE_PROJECTS'] } });
      try {
        const ticket = ticketOf();
        const { id } = await stage.ask('uat', 'dana', ticket);
        const key = await stage.issueOf(id);
        await stage.told();
        jira.moveIssue(quinn, key, 'Approved');
        await stage.reaches(id, 'running');
        await paper.drain();
        await stage.told();
        assert.equal(jira.issue(ticket).issueLinks.length, 1);
        const refused = await stage.events(id, 'ticket-refused');
        assert.deepEqual(
          refused.map((event) => event.type === 'ticket-refused' && event.what),
          ['comment'],
        );
        assert.equal(await stage.state(id), 'succeeded');
      } finally {
        jira.setAccount(account);
      }
    });
  });
}

describe('the type of link to a ticket', function () {
  this.timeout(120_000);
  let stage: Stage;
  before(async () => {
    stage = await openStage({
      site: (site) => ({
        ...site,
        jira: { ...site.jira, linkType: 'is blocked by', ticketComments: false },
      }),
    });
  });
  after(() => stage.close());

  it('may be said by its words, from the other end as well; without comments the ticket is not told', async () => {
    const { jira, paper } = stage;
    const ticket = jira.createIssue(dana, { summary: 'Deploy', project: 'SHOP' }).key;
    const { id } = await stage.ask('uat', 'dana', ticket);
    const key = await stage.issueOf(id);
    await stage.told();
    assert.deepEqual(jira.issue(key).issueLinks, [`is blocked by ${ticket}`]);
    jira.moveIssue(quinn, key, 'Approved');
    await stage.reaches(id, 'running');
    await paper.drain();
    await stage.told();
    assert.equal(jira.issue(key).status, 'Done');
    assert.deepEqual(stage.comments(ticket), []);
  });
});
