import assert from 'node:assert/strict';
import { pino } from 'pino';
import type { RequestId } from '../../../../src/domain/ids.ts';
import type { Site } from '../../../../src/domain/site.ts';
import { openGroups } from '../../../../src/fronts/slack/groups.ts';
import { scopes } from '../../../../src/fronts/slack/scopes.ts';
import { dana, openStages, quinn, rosa } from './stage.ts';
import { untilHolds } from '../../../until.ts';

const first: RequestId = 'REQ-1';

/** Nobody is a QA manager but by the group. */
function grouped(site: Site): Site {
  const roles = (held: readonly string[]) => held.filter((role) => role !== 'qa-manager');
  const people = Object.entries(site.people).map(([id, one]) => [id, { ...one, roles: roles(one.roles) }]);
  return {
    ...site,
    people: Object.fromEntries(people) as Site['people'],
    roleSources: [{ role: 'qa-manager', kind: 'slack-group', group: 'S0QA' }],
  };
}

describe('a Slack user group', function () {
  this.timeout(60_000);
  const open = openStages();
  const silent = pino({ level: 'silent' });

  it('gives its role: who is in it decides by button, and the card names them', async () => {
    const stage = await open({ site: grouped });
    stage.slack.setGroup({ id: 'S0QA', handle: 'qa', users: [quinn] });
    await stage.paper.backup();
    await stage.refresh(dana, 'uat orders');
    const card = await stage.cardReads(first, /Can be approved by @Quinn until/);
    await stage.slack.click(rosa, card, 'approve', { confirm: true });
    await stage.told(rosa, /approval-not-allowed/);
    await stage.slack.click(quinn, card, 'approve', { confirm: true });
    await untilHolds(async () => (await stage.paper.store.requests.get(first))?.state === 'running');
  });

  it('that can not be asked gives none, and who presses reads why', async () => {
    const stage = await open({ site: grouped });
    await stage.paper.backup();
    await stage.refresh(dana, 'uat orders');
    await stage.slack.click(quinn, await stage.card(first), 'approve', { confirm: true });
    await stage.told(quinn, /takes the role "qa-manager"; the Slack group S0QA could not be asked/);
    assert.deepEqual(await stage.paper.store.approvals.of(first), []);
  });

  it('is refused by Slack with a reason that says what to do', async () => {
    const stage = await open({ idle: true });
    const groups = openGroups(stage.slack.app.botToken, stage.slack.apiUrl, silent);
    stage.slack.setGroup({ id: 'S0QA', handle: 'qa', users: [quinn, rosa] });
    assert.deepEqual(await groups('S0QA'), [quinn, rosa]);
    stage.slack.setGroup({ id: 'S0QA', handle: 'qa', users: [quinn], disabled: true });
    await assert.rejects(groups('S0QA'), { code: 'slack-group-silent', message: /"no_such_subteam"/ });
    stage.slack.faults.onCall('usergroups.users.list', { kind: 'ratelimit', retryAfterSeconds: 7, times: 1 });
    await assert.rejects(groups('S0QA'), { message: /Slack asks to wait 7 s/ });

    const without = scopes.filter((scope) => scope !== 'usergroups:read');
    const bare = await open({ idle: true, app: { botScopes: without } });
    const refused = openGroups(bare.slack.app.botToken, bare.slack.apiUrl, silent);
    await assert.rejects(refused('S0QA'), { message: /"missing_scope"/, hint: /usergroups:read/ });
  });
});
