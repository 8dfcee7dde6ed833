import assert from 'node:assert/strict';
import { dana, otto, quinn, sam } from '../../src/sandbox/cast.ts';
import { checkInvariants } from '../rig/invariants.ts';
import { startMs, startRig, stopRigs, type Rig } from '../rig/rig.ts';
import { addSource, manifestOf, taken, tellOfSource } from '../rig/production-source.ts';
import type { SiteText } from '../rig/site.ts';
import { backupIn, contentAfter } from '../rig/targets.ts';
import { until } from '../until.ts';
import { measured } from '../runners/measured.ts';
import { needs } from '../skip.ts';

const waiting = 'Waiting for approval';

/** Two of QA say yes on uat, then the operator; Sam is one of QA here. Raw data takes a yes of its own on dev, and Sam may not read it. */
function stages(site: SiteText): void {
  const people = site['people'] as Record<string, unknown>;
  people['sam'] = { name: sam.name, roles: ['qa-manager'], slack: sam.slack, jira: sam.jira };
  site['rules'] = [
    {
      may: ['approve'],
      roles: ['qa-manager', 'operator'],
      environments: ['uat', 'dev', 'production'],
      allow: true,
    },
    { may: ['take'], roles: ['operator'], environments: ['production'], allow: true },
    { may: ['read-raw'], roles: ['developer'], environments: ['production'], allow: true },
    { may: ['request', 'undo'], roles: 'everybody', environments: 'all', allow: true },
    { may: 'everything', roles: 'everybody', environments: 'all', allow: false },
  ];
  const { uat, dev } = site.environments;
  delete uat!['approvers'];
  Object.assign(dev!, {
    protected: true,
    approval: {
      stages: [
        { name: 'Data owner', roles: ['operator'], when: 'raw' },
        { name: 'QA', roles: ['qa-manager'] },
      ],
    },
  });
  uat!['approval'] = {
    stages: [
      { name: 'QA', roles: ['qa-manager'], quorum: 2 },
      { name: 'Operations', roles: ['operator'] },
    ],
  };
}

describe('an approval in stages, over Slack and Jira', function () {
  this.timeout(240_000);
  let rig: Rig;

  before(async function () {
    this.timeout(startMs);
    needs(this, 'postgresql', 'openssh-server');
    rig = await startRig({
      serve: [],
      proxies: true,
      prepare: addSource,
      site(site, sandbox) {
        stages(site);
        tellOfSource(site, sandbox);
      },
    });
  });
  after(stopRigs);

  it('takes two of QA and then an operator; one person with two accounts is one, and the data is as approved', async () => {
    const { slack, jira } = rig.sandbox;
    const { stage, store } = rig;
    const request = await rig.ask('uat', { who: dana });
    const wanted = await contentAfter(rig, await backupIn(rig, 'anonymised', '.dump'), 'uat');
    const key = await stage.issue(request, waiting, 60);

    await stage.press(quinn, await stage.card(request, /QA: 0 of 2; then Operations/), 'approve');
    await stage.card(request, /QA: 1 of 2, by Quinn Abara; then Operations/, 60);
    jira.moveIssue(quinn.jira, key, 'Approved');
    const refusals = () => store.events.ofRequest(request, ['decision-refused']);
    await until('the second yes of Quinn is refused', async () => (await refusals()).length === 1, 60);
    const [twice] = await refusals();
    assert.ok(
      twice?.type === 'decision-refused' && twice.code === 'approval-counted' && twice.front === 'jira',
    );
    await jira.waitFor(
      (now) =>
        now.issue(key).status === waiting &&
        now.issue(key).comments.some(({ text }) => /Quinn Abara to REQ-\d+ counts already/.test(text)),
      60_000,
    );

    jira.moveIssue(sam.jira, key, 'Approved');
    const card = await stage.card(request, /QA: 2 of 2, by Quinn Abara and Sam Okafor; Operations/, 60);
    await jira.waitFor(
      (now) =>
        now.issue(key).status === waiting &&
        now.issue(key).comments.some(({ text }) => /A yes by Sam Okafor in Jira[^]*Operations/.test(text)),
      60_000,
    );
    assert.equal((await store.requests.get(request))?.state, 'pending');
    assert.equal(await store.runs.ofRequest(request), undefined, 'nothing has begun');
    // The button of a card that Slack had shown before anybody had said yes.
    await slack.click(quinn.slack, card, 'approve', { confirm: true, version: 0 });
    await stage.whispered(quinn, 0, /counts already/);

    await stage.press(otto, card, 'approve');
    const { state } = await rig.until(request, ['succeeded', 'failed', 'fenced'], 120);
    assert.equal(state, 'succeeded', JSON.stringify(await store.events.ofRequest(request)));
    await stage.issue(request, 'Done', 60);
    const given = (await store.approvals.of(request)).map(({ by, front, stage: in_ }) => [by, front, in_]);
    assert.deepEqual(given, [
      ['quinn', 'slack', 'QA'],
      ['sam', 'jira', 'QA'],
      ['otto', 'slack', 'Operations'],
    ]);
    await checkInvariants(rig, {
      targets: { orders_uat: [wanted] },
      approvers: { uat: ['quinn', 'sam', 'otto'] },
    });
  });

  it('raw data takes a right and a stage of its own, and what is anonymised neither', async () => {
    const { stage, store } = rig;
    const raw = await backupIn(rig, 'nightly', '.dump');
    const words = `dev orders --backup ${raw.id} --reason "a look at the source"`;
    const before = stage.whispers(sam);
    await stage.type(sam, '/refresh', words);
    await stage.whispered(
      sam,
      before,
      /is raw; Sam Okafor may not read raw data of "production"[^]*raw-not-allowed/,
    );

    const request = await rig.ask('dev', { who: dana, backup: raw.id });
    const card = await stage.card(request, /Data owner; then QA/, 60);
    await stage.press(otto, card, 'approve');
    await stage.press(
      quinn,
      await stage.card(request, /Data owner: yes, by Otto Lindgren; QA/, 60),
      'approve',
    );
    assert.equal((await rig.until(request, ['succeeded', 'failed', 'fenced'], 120)).state, 'succeeded');
    const wanted = await contentAfter(rig, raw, 'dev');

    const plain = await rig.ask('dev', { backup: (await backupIn(rig, 'anonymised', '.dump')).id });
    assert.deepEqual(
      (await store.requests.get(plain))?.terms.stages.map(({ name }) => name),
      ['QA'],
    );
    await checkInvariants(rig, {
      targets: { orders_dev: [wanted] },
      approvers: { uat: ['quinn', 'sam', 'otto'], dev: ['quinn', 'otto'] },
    });
  });

  it('a backup of production is dumped by its reader once its approvers said yes, and is seen on its way to another host', async () => {
    const { stage, store, sandbox } = rig;
    const source = sandbox.hosts.hosts['prod-db'];
    await stage.type(dana, '/backups', 'take production orders --reason "not mine to take"');
    await stage.whispered(dana, 0, /may not have backups taken of "production"[^]*take-not-allowed/);
    await stage.type(otto, '/backups', 'take production orders --reason "before the migration"');
    const id = await until('the take', async () => {
      const { requests } = await store.requests.list({ kind: 'take' }, { limit: 1, offset: 0 });
      return requests[0]?.id;
    });
    const card = await stage.card(id, /production/, 60);
    assert.equal((await store.requests.get(id))?.state, 'pending');
    const held = rig.transferWire.freezeAfter(200_000);
    await stage.press(quinn, card, 'approve');
    await held;
    await stage.card(id, /on prod-db[^]*[1-9][\d.]* [kM]B of [\d.]+ [kM]B[^]*, from prod-db to test-db/, 60);
    // What has come stays, and the rest follows over another connection.
    const connections = rig.transferWire.accepted();
    rig.transferWire.cut();
    rig.transferWire.thaw();
    const { state } = await rig.until(id, ['succeeded', 'failed', 'fenced'], 120);
    assert.equal(state, 'succeeded', JSON.stringify(await store.events.ofRequest(id)));
    assert.ok(rig.transferWire.accepted() > connections);
    const { backups } = await store.backups.list({ repository: taken }, { limit: 9, offset: 0 });
    const [backup] = backups;
    assert.ok(backup !== undefined && backups.length === 1);
    assert.deepEqual([backup.takenBy, backup.environment, backup.anonymisation], [id, 'production', 'raw']);
    const { place, rows } = await manifestOf(sandbox, backup);
    assert.deepEqual(await measured(place), { bytes: backup.bytes, checksum: backup.checksum });
    const client = await source.connect('orders');
    const counted = await client.query<{ n: number }>('select count(*)::int as n from shop.customer');
    await client.end();
    assert.equal(rows['shop.customer'], counted.rows[0]!.n);
    await checkInvariants(rig, {
      approvers: { uat: ['quinn', 'sam', 'otto'], dev: ['quinn', 'otto'], production: ['quinn'] },
    });
  });
});
