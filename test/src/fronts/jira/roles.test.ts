import assert from 'node:assert/strict';
import type { Site } from '../../../../src/domain/site.ts';
import { openRoles } from '../../../../src/fronts/jira/index.ts';
import { memberPermissions } from '../../../../src/sandbox/jira/model.ts';
import { accounts, bot, eventually, openStage, quinn, rosa, token, type Stage } from './stage.ts';

const administers = { ...accounts.find(({ accountId }) => accountId === bot)! };

const sam = accounts.find(({ accountId }) => accountId === '70121:sam')!;

/** More than Jira tells of a group at once. */
const crowd = Array.from({ length: 120 }, (_, index) => ({
  accountId: `70121:crowd-${index}`,
  displayName: `Crowd ${index}`,
  email: `crowd-${index}@paper.example`,
  token: `crowd-${index}`,
}));

/** Nobody is a QA manager but by the role in Jira. */
function byRole(site: Site): Site {
  const roles = (held: readonly string[]) => held.filter((role) => role !== 'qa-manager');
  const people = Object.entries(site.people).map(([id, one]) => [id, { ...one, roles: roles(one.roles) }]);
  return {
    ...site,
    people: Object.fromEntries(people) as Site['people'],
    roleSources: [{ role: 'qa-manager', kind: 'jira-role', project: 'DBR', name: 'QA' }],
  };
}

describe('a role of a Jira project', function () {
  this.timeout(120_000);
  let stage: Stage;
  before(async () => {
    stage = await openStage({
      site: byRole,
      roles: [
        { id: 10_002, name: 'Administrators', people: [] },
        { id: 10_100, name: 'QA', people: [quinn, '70121:sam'], groups: ['testers'] },
        { id: 10_101, name: 'Leads', people: [], groups: ['leads'] },
        { id: 10_102, name: 'Everybody', people: [quinn], groups: ['leads', 'crowd'] },
        { id: 10_103, name: 'Ghosts', people: [quinn], groups: ['gone'] },
      ],
      groups: {
        testers: [quinn],
        leads: [rosa, '70121:sam'],
        crowd: crowd.map(({ accountId }) => accountId),
      },
    });
    stage.jira.setAccount({
      ...administers,
      permissions: [...memberPermissions, 'ADMINISTER_PROJECTS'],
    });
  });
  after(() => stage.close());

  it('gives its role: a move by who is in it counts, and one by who is not is put back', async () => {
    const { id } = await stage.ask();
    const key = await stage.issueOf(id);
    await stage.told();
    stage.jira.moveIssue(rosa, key, 'Approved');
    await eventually(
      async () => (await stage.events(id, 'decision-refused')).length === 1,
      'the move of Rosa is refused',
    );
    await stage.shows(key, 'Waiting for approval');
    stage.jira.moveIssue(quinn, key, 'Approved');
    await stage.reaches(id, 'running');
  });

  it('is asked for by its name; what Jira refuses is told with a reason', async () => {
    const { jira } = stage;
    const roles = openRoles({ baseUrl: jira.url, email: 'bot@paper.example', token, callSeconds: 8 });
    assert.deepEqual((await roles({ project: 'DBR', name: 'QA' })).toSorted(), [quinn, '70121:sam']);
    const refusals: [{ project: string; name: string }, RegExp][] = [
      [{ project: 'DBR', name: 'Testers' }, /the project has "Administrators", "QA", "Leads"/],
      [{ project: 'NONE', name: 'QA' }, /Jira answered 404[^]*No project could be found/],
    ];
    for (const [role, message] of refusals)
      await assert.rejects(roles(role), { code: 'jira-role-silent', message });
    jira.setAccount(administers);
    await assert.rejects(roles({ project: 'DBR', name: 'QA' }), { message: /404/ });
    jira.setAccount({ ...administers, permissions: [...memberPermissions, 'ADMINISTER_PROJECTS'] });
    jira.setAccount({ ...sam, active: false });
    assert.deepEqual(await roles({ project: 'DBR', name: 'QA' }), [quinn]);
    jira.setAccount(sam);
  });

  it('counts the members of its groups, over all their pages and once; one that is not told makes it unknown', async () => {
    const { jira } = stage;
    const roles = openRoles({ baseUrl: jira.url, email: 'bot@paper.example', token, callSeconds: 8 });
    for (const one of crowd) jira.setAccount(one);
    assert.deepEqual(
      (await roles({ project: 'DBR', name: 'Leads' })).toSorted(),
      [rosa, sam.accountId].toSorted(),
    );
    jira.setAccount({ ...sam, active: false });
    assert.deepEqual(await roles({ project: 'DBR', name: 'Leads' }), [rosa]);
    const everybody = await roles({ project: 'DBR', name: 'Everybody' });
    assert.deepEqual(
      everybody.toSorted(),
      [quinn, rosa, ...crowd.map(({ accountId }) => accountId)].toSorted(),
    );
    await assert.rejects(roles({ project: 'DBR', name: 'Ghosts' }), {
      code: 'jira-role-silent',
      message: /404[^]*does not exist/,
    });
    jira.setAccount({
      ...administers,
      permissions: [...memberPermissions.filter((one) => one !== 'USER_PICKER'), 'ADMINISTER_PROJECTS'],
    });
    await assert.rejects(roles({ project: 'DBR', name: 'Leads' }), {
      code: 'jira-role-silent',
      message: /403[^]*browse users and groups/,
    });
  });
});
