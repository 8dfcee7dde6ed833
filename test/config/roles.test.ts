import assert from 'node:assert/strict';
import { changed, faultsOf, parse } from './site.ts';

/** The example with these sources, and with the roles that are taken from everybody. */
function sourced(roles: unknown, without: readonly string[] = []): string {
  return changed((document) => {
    document.set('roles', document.createNode(roles));
    for (const id of ['chen', 'dora'])
      if (without.includes(id)) document.setIn(['people', id, 'roles'], document.createNode(['operator']));
  });
}

describe('roles of the site file that come from elsewhere', () => {
  it('are taken as they are written', async () => {
    const { site } = await parse(
      sourced({
        'qa-manager': { slackGroup: 'S0604QSJC', jiraRole: { project: 'SHOP', role: 'QA' } },
        'data-owner': { jiraRole: { project: 'SHOP', role: 'Data owners' } },
      }),
    );
    assert.deepEqual(site.roleSources, [
      { role: 'qa-manager', kind: 'slack-group', group: 'S0604QSJC' },
      { role: 'qa-manager', kind: 'jira-role', project: 'SHOP', name: 'QA' },
      { role: 'data-owner', kind: 'jira-role', project: 'SHOP', name: 'Data owners' },
    ]);
  });

  it('may be all that approves: nobody of the file has to hold the role', async () => {
    const { warnings } = await parse(
      sourced({ 'qa-manager': { slackGroup: 'S0604QSJC' } }, ['chen', 'dora']),
    );
    assert.deepEqual(warnings, []);
    const faults = await faultsOf(sourced({ tester: { slackGroup: 'S0604QSJC' } }, ['chen', 'dora']));
    assert.match(faults.join('\n'), /approvers\[0\]: Nobody in "people" holds the role "qa-manager"/);
  });

  it('name where they come from, as Slack and Jira do', async () => {
    const refused: [unknown, RegExp][] = [
      [{ qa: {} }, /^roles\.qa: Neither "slackGroup" nor "jiraRole" is given/],
      [
        { qa: { slackGroup: '@qa' } },
        /^roles\.qa\.slackGroup: "@qa" is not allowed; expected the id of a Slack/,
      ],
      [{ qa: { jiraRole: { project: 'SHOP' } } }, /^roles\.qa\.jiraRole/],
    ];
    for (const [roles, expected] of refused)
      assert.match((await faultsOf(sourced(roles))).join('\n'), expected);
  });

  it('come from Jira Cloud only', async () => {
    const text = changed((document) => {
      document.set('roles', document.createNode({ qa: { jiraRole: { project: 'SHOP', role: 'QA' } } }));
      document.setIn(['jira', 'kind'], 'data-center');
      document.deleteIn(['jira', 'email']);
    });
    assert.match((await faultsOf(text)).join('\n'), /^roles\.qa\.jiraRole: Jira Data Center names/);
  });
});

describe('who decides where nobody does', () => {
  const withFallback = (fallback: unknown) =>
    changed((document) =>
      document.setIn(['environments', 'uat', 'approval'], document.createNode({ fallback })),
    );

  it('is said with or without stages', async () => {
    const { site } = await parse(withFallback({ roles: ['operator'], after: '4h' }));
    assert.deepEqual(site.environments['uat']?.approval, {
      stages: [],
      fallback: { roles: ['operator'], afterSeconds: 14_400 },
    });
    assert.deepEqual(site.environments['uat']?.approvers, ['qa-manager']);
  });

  it('holds a role that there is', async () => {
    const faults = await faultsOf(withFallback({ roles: ['boss'], after: '4h' }));
    assert.match(faults.join('\n'), /^environments\.uat\.approval\.fallback\.roles\[0\]: Nobody/);
  });
});
