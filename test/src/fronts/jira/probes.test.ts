import assert from 'node:assert/strict';
import type { Site } from '../../../../src/domain/site.ts';
import { memberPermissions } from '../../../../src/sandbox/jira/model.ts';
import { bot, openStage, type Stage } from './stage.ts';

describe('Jira: what check looks at', () => {
  let stage: Stage;
  afterEach(() => stage.close());

  async function found(name: string, change: (jira: Site['jira']) => Site['jira'] = (jira) => jira) {
    stage = await openStage({ idle: true, site: (site) => ({ ...site, jira: change(site.jira) }) });
    return look(name);
  }

  function look(name: string) {
    const probe = stage.front.probes.find((each) => each.name === name);
    assert.ok(probe, `a probe "${name}"`);
    return probe.run();
  }

  it('all well', async () => {
    await found('jira account');
    for (const probe of stage.front.probes) {
      const finding = await probe.run();
      assert.ok(finding.ok, `${probe.name}: ${finding.says}`);
      assert.ok(!finding.says.includes('\n'));
    }
    const writes = stage.jira.calls.filter(
      ({ method, path }) => method !== 'GET' && !path.includes('search'),
    );
    assert.deepEqual(writes, []);
  });

  it('another account than the site file says', async () => {
    const finding = await found('jira account', (jira) => ({ ...jira, accountId: '70121:someone' }));
    assert.deepEqual(
      [finding.ok, finding.says, finding.remedy],
      [
        false,
        `the token belongs to Freshet (${bot}), not to "70121:someone"`,
        `Set jira.accountId to ${bot}: what the bot does itself is known by it.`,
      ],
    );
  });

  it('a token that is not taken', async () => {
    const finding = await found('jira account', (jira) => ({ ...jira, email: 'nobody@paper.example' }));
    assert.ok(!finding.ok);
    assert.match(finding.remedy!, /new API token/);
  });

  it('no webhook secret', async () => {
    const finding = await found('jira webhook', (jira) => {
      const without = { ...jira, pollEverySeconds: 30 };
      delete without.webhookSecret;
      return without;
    });
    assert.deepEqual(finding, { ok: true, says: 'no webhook: polling only, every 30 s' });
  });

  it('a project that is not there', async () => {
    const finding = await found('jira project', (jira) => ({ ...jira, project: 'NOPE' }));
    assert.ok(!finding.ok);
    assert.match(finding.remedy!, /jira\.project/);
  });

  it('an issue type that the project does not have', async () => {
    const finding = await found('jira project', (jira) => ({ ...jira, issueType: 'Story' }));
    assert.equal(finding.says, 'DBR has no issue type "Story"; it has "Task"');
  });

  it('a status that the workflow does not have', async () => {
    const finding = await found('jira statuses', (jira) => ({
      ...jira,
      statuses: { ...jira.statuses, approved: ['10011', '777'] },
    }));
    assert.equal(finding.says, 'the workflow of "Task" has no approved "777"');
    assert.match(finding.remedy!, /10010 \(Waiting for approval\), 10011 \(Approved\)/);
  });

  it('permissions that are missing', async () => {
    await found('jira permissions');
    const account = stage.jira.site.accounts.get(bot)!;
    stage.jira.setAccount({ ...account, permissions: ['BROWSE_PROJECTS', 'CREATE_ISSUES', 'ADD_COMMENTS'] });
    const finding = await look('jira permissions');
    assert.equal(finding.says, 'the bot lacks EDIT_ISSUES, TRANSITION_ISSUES in DBR');
  });

  it('a type of link that is not there, and one that is found by its words', async () => {
    const finding = await found('jira links', (jira) => ({ ...jira, linkType: 'Tests' }));
    assert.ok(!finding.ok);
    assert.match(finding.says, /no type of link "Tests"; there is .*"Relates" \(relates to; relates to\)/);
    await stage.close();
    const known = await found('jira links', (jira) => ({ ...jira, linkType: 'Is blocked by' }));
    assert.equal(known.says, 'requests and tickets are linked by "Blocks" (is blocked by)');
    const account = stage.jira.site.accounts.get(bot)!;
    stage.jira.setAccount({ ...account, permissions: ['BROWSE_PROJECTS'] });
    assert.match((await look('jira links')).says, /the bot lacks LINK_ISSUES in DBR/);
  });

  it('the permission to assign, where issues are to be assigned', async () => {
    await found('jira permissions', (jira) => ({ ...jira, issue: { ...jira.issue, assignee: 'approver' } }));
    const account = stage.jira.site.accounts.get(bot)!;
    const without = memberPermissions.filter((each) => each !== 'ASSIGN_ISSUES');
    stage.jira.setAccount({ ...account, permissions: without });
    const finding = await look('jira permissions');
    assert.equal(finding.says, 'the bot lacks ASSIGN_ISSUES in DBR');
  });

  it('people that Jira does not know, and in Data Center names that are no keys', async () => {
    const people = (site: Site): Site => ({
      ...site,
      people: {
        ...site.people,
        quinn: { ...site.people.quinn!, jiraAccountId: 'quinn' },
        rosa: { ...site.people.rosa!, jiraAccountId: 'gone' },
      },
    });
    stage = await openStage({ idle: true, kind: 'data-center', site: people });
    const finding = await look('jira people');
    assert.ok(!finding.ok);
    assert.equal(
      finding.says,
      'people.quinn.jira "quinn" is a user name; its key is "70121:quinn"; people.rosa.jira "gone" is nobody there',
    );
    for (const probe of stage.front.probes.filter(({ name }) => name !== 'jira people')) {
      const other = await probe.run();
      assert.ok(other.ok, `${probe.name}: ${other.says}`);
    }
  });

  it('a Jira that can’t be reached', async () => {
    const finding = await found('jira account');
    assert.ok(finding.ok);
    await stage.jira.close();
    const after = await look('jira account');
    assert.ok(!after.ok);
    assert.match(after.says, /did not answer/);
  });
});
