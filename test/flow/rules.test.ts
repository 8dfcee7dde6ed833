import assert from 'node:assert/strict';
import type { RequestId } from '../../src/domain/ids.ts';
import { bot, channels, dana, otto, project, quinn, sam, type Player } from '../../src/sandbox/cast.ts';
import { memberPermissions } from '../../src/sandbox/jira/model.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import type { Message } from '../../src/sandbox/slack/workspace.ts';
import { checkInvariants } from '../rig/invariants.ts';
import { peopleOf, type Pending, type People } from '../rig/people.ts';
import { startMs, startRig, stopRigs, type Rig } from '../rig/rig.ts';
import type { Wish } from '../rig/asking.ts';
import { seatsOf, type Seats } from '../rig/seats.ts';
import type { SiteText } from '../rig/site.ts';
import { backupIn, contentAfter } from '../rig/targets.ts';
import { until } from '../until.ts';
import { needs } from '../skip.ts';

const waiting = 'Waiting for approval';
const group = 'S0QATEAM01';
const role = 'Release managers';

/** QA is whoever is in a group of Slack, and says yes twice on uat; dev takes a yes of whoever has a role in Jira. */
function ruled(site: SiteText): void {
  const people = site['people'] as Record<string, { roles: string[]; jira?: string }>;
  people['quinn']!.roles = [];
  delete people['quinn']!.jira;
  site['roles'] = {
    'qa-manager': { slackGroup: group },
    'release-manager': { jiraRole: { project, role } },
  };
  site['rules'] = [
    {
      may: ['break-glass', 'hold', 'undo', 'cancel'],
      roles: ['operator'],
      environments: 'all',
      allow: true,
    },
    {
      name: 'CI is not for developers',
      may: ['request'],
      roles: ['developer'],
      environments: ['ci'],
      allow: false,
    },
    {
      name: 'QA decides',
      may: ['approve', 'hold'],
      roles: ['qa-manager'],
      environments: ['uat'],
      allow: true,
    },
    { may: ['approve'], roles: ['release-manager'], environments: ['dev'], allow: true },
    { may: ['request', 'undo', 'read-raw'], roles: 'everybody', environments: 'all', allow: true },
    { may: 'everything', roles: 'everybody', environments: 'all', allow: false },
  ];
  const { uat, dev } = site.environments;
  delete uat!['approvers'];
  uat!['approval'] = { stages: [{ name: 'QA', roles: ['qa-manager'], quorum: 2 }] };
  dev!['protected'] = true;
  for (const environment of [uat!, dev!]) environment['onHold'] = 'wait';
}

const inGroup = ({ slack }: Sandbox, ...who: Player[]) =>
  slack.setGroup({ id: group, handle: 'qa', users: who.map((one) => one.slack) });
const inRole = ({ jira }: Sandbox, ...who: Player[]) =>
  void jira.site.roles.set(role, { id: 10_100, name: role, people: who.map((one) => one.jira) });

function sources(sandbox: Sandbox): Promise<void> {
  inGroup(sandbox, quinn, otto);
  inRole(sandbox);
  const account = sandbox.jira.site.accounts.get(bot.jira)!;
  sandbox.jira.setAccount({ ...account, permissions: [...memberPermissions, 'ADMINISTER_PROJECTS'] });
  return Promise.resolve();
}

/** A card as it comes back from somebody who makes up what its button carries. */
function forged(card: Message, value: string): Message {
  const blocks = structuredClone(card.blocks);
  for (const block of blocks) {
    if (block.type !== 'actions') continue;
    for (const one of block.elements)
      if (one.type === 'button' && one.action_id === 'approve') one.value = value;
  }
  return { ...card, blocks };
}

describe('the rules, over Slack and Jira', function () {
  this.timeout(240_000);
  let rig: Rig;
  let people: People;
  let seats: Seats;

  before(async function () {
    this.timeout(startMs);
    needs(this, 'postgresql', 'openssh-server');
    rig = await startRig({ serve: [], site: ruled, prepare: sources });
    people = peopleOf(rig);
    seats = seatsOf(rig);
  });
  after(stopRigs);
  afterEach(async () => {
    for (const name of ['uat', 'dev']) await people.type(otto, `release ${name}`);
    const { requests } = await rig.store.requests.list(
      { states: ['pending', 'approved'] },
      { limit: 20, offset: 0 },
    );
    for (const { id } of requests) await people.cancelled(id, otto);
  });

  const asked = (environment: string, wish?: Wish) => people.pending(wish, environment);

  /** Everything that was refused on a request: whom, why, over which front. */
  async function refusals(request: RequestId): Promise<string[]> {
    return (await rig.store.events.ofRequest(request, ['decision-refused'])).map((event) =>
      event.type === 'decision-refused' ? `${event.who}: ${event.code} over ${event.front}` : '',
    );
  }

  /** Whoever presses it reads why it is refused, and it is refused. */
  const pressRefused = (player: Player, card: Message, words: RegExp, options: { version?: number } = {}) =>
    seats.toldOf(player, words, () =>
      rig.sandbox.slack.click(player.slack, card, 'approve', { confirm: true, ...options }),
    );

  /** Whoever moves it to Approved finds it moved back, and reads why. */
  async function moveRefused(player: Player, { key }: Pending, words: RegExp): Promise<void> {
    rig.sandbox.jira.moveIssue(player.jira, key, 'Approved');
    await seats.comment(key, words);
    await rig.sandbox.jira.waitFor((now) => now.issue(key).status === waiting, 60_000);
  }

  async function saysYes(player: Player, { request, card }: Pending, words: RegExp): Promise<void> {
    await rig.stage.press(player, card, 'approve');
    await rig.stage.card(request, words, 60);
  }

  const stateOf = async ({ request }: Pending) => (await rig.store.requests.get(request))?.state;

  it('an unknown person is nobody, and where no one holds the role there is no yes', async () => {
    await seats.told(sam, '/refresh uat orders', /nobody that Freshet knows/);
    const one = await asked('dev');
    await rig.stage.card(one.request, /nobody/i);
    await pressRefused(sam, one.card, /nobody that Freshet knows/);
    await moveRefused(sam, one, /"Sam Okafor" is nobody that the site file knows/);
    await pressRefused(otto, one.card, /Otto Lindgren may not decide on "dev"[^]*release-manager/);
    await seats.inThread(one.card, /A decision of Otto Lindgren was refused/);
    assert.deepEqual(await refusals(one.request), [
      `sam (${sam.slack}): person-unknown over slack`,
      'Sam Okafor: person-unknown over jira',
      'Otto Lindgren: approval-not-allowed over slack',
    ]);
    assert.deepEqual(await rig.store.approvals.of(one.request), []);
  });

  it('the first rule that matches counts, whatever a later one says', async () => {
    await seats.told(dana, '/refresh ci orders', /Dana Whitlock may not[^]*request-not-allowed/);
    const request = await rig.ask('ci', { who: otto, more: '--at "tomorrow 23:00"' });
    await rig.stage.card(request, /approved, starts/, 60);
    const { total } = await rig.store.requests.list({}, { limit: 1, offset: 0 });
    assert.equal(total, 2, 'of hers there is none');
  });

  it('a person who links a second account counts once, and moves nothing with it', async () => {
    const { slack, jira } = rig.sandbox;
    const one = await asked('uat');
    await moveRefused(quinn, one, /"Quinn Abara" is nobody that the site file knows/);
    const shown = await seats.told(quinn, '/refresh link jira', /freshet link quinn/);
    jira.comment(quinn.jira, one.key, /freshet link quinn \S{11}/.exec(shown)![0]);
    const question = await seats.direct(quinn, /Is this Jira account, "Quinn Abara", yours\?/);
    await slack.click(quinn.slack, question, 'link-confirm');
    await seats.direct(quinn, /is linked to you/);

    await saysYes(quinn, one, /QA: 1 of 2, by Quinn Abara/);
    await moveRefused(quinn, one, /Quinn Abara to REQ-\d+ counts already/);
    assert.equal(await stateOf(one), 'pending');
    assert.deepEqual(await refusals(one.request), [
      'Quinn Abara: person-unknown over jira',
      'Quinn Abara: approval-counted over jira',
    ]);
    assert.deepEqual(await people.decisions(one.request), ['approved']);
  });

  it('nobody approves an own request, over Slack nor over Jira', async () => {
    const one = await asked('uat', { who: quinn });
    await pressRefused(quinn, one.card, /nobody approves an own request/);
    await moveRefused(quinn, one, /nobody approves an own request/);
    assert.deepEqual(await refusals(one.request), [
      'Quinn Abara: approval-own-request over slack',
      'Quinn Abara: approval-own-request over jira',
    ]);
    assert.deepEqual(await people.decisions(one.request), []);
  });

  it('what a button carries is believed as far as it was shown, and once', async () => {
    const { slack } = rig.sandbox;
    const one = await asked('uat');
    const { digest } = (await rig.store.requests.get(one.request))!;
    const other = `${one.request} ${'f'.repeat(64)}`;
    await pressRefused(quinn, forged(one.card, other), /has changed since you saw it[^]*approval-outdated/);
    const made = `${one.request}' or true -- ${digest}`;
    await pressRefused(quinn, forged(one.card, made), /is not understood any more[^]*button-unknown/);
    assert.deepEqual(await refusals(one.request), ['Quinn Abara: approval-outdated over slack']);
    assert.deepEqual(await attemptsRefused(1), ['Quinn Abara: button-unknown over slack']);
    assert.deepEqual(await people.decisions(one.request), []);

    slack.faults.onDelivery('interactive', { kind: 'repeat', copies: 5, times: 1 });
    await saysYes(quinn, one, /QA: 1 of 2, by Quinn Abara/);
    await people.quiet();
    const given = await rig.store.events.ofRequest(one.request, ['approval-given']);
    assert.equal(given.length, 1, 'the same delivery six times is one yes');
    await pressRefused(quinn, one.card, /counts already/, { version: 0 });
    assert.equal((await refusals(one.request)).at(-1), 'Quinn Abara: approval-counted over slack');
    assert.deepEqual(await people.decisions(one.request), ['approved']);
    assert.equal(await stateOf(one), 'pending');
  });

  /** What was refused of no request, since the last time: so many at least, once nothing that was begun before keeps them back. */
  let read = '0.0';
  async function attemptsRefused(least = 0): Promise<string[]> {
    const refused: string[] = [];
    await until(`${least} refused attempts`, async () => {
      const { events, cursor } = await rig.store.events.after(read, 1000);
      read = cursor ?? read;
      for (const event of events)
        if (event.type === 'attempt-refused') refused.push(`${event.who}: ${event.code} over ${event.front}`);
      return refused.length >= least;
    });
    return refused;
  }

  it('a form is submitted by whom it was opened for', async () => {
    const { slack } = rig.sandbox;
    await attemptsRefused();
    const { total } = await rig.store.requests.list({}, { limit: 1, offset: 0 });
    await slack.command(dana.slack, channels.refreshes, '', { command: '/refresh' });
    const view = await seats.form(dana, /Choose an environment to see|Databases of /);
    await slack.click(dana.slack, view, 'modal-environment', { value: 'uat' });
    await seats.form(dana, /Databases of uat/);
    await slack.click(dana.slack, view, 'modal-databases', { value: ['orders'] });
    await seats.form(dana, /is overwritten by/);
    slack.fill(dana.slack, view, { 'modal-reason': 'only mine' });

    const { response } = await slack.forgeSubmission(quinn.slack, view);
    assert.match(JSON.stringify(response), /This form was opened for somebody else[^]*form-not-yours/);
    assert.deepEqual(await attemptsRefused(1), [`quinn (${quinn.slack}): form-not-yours over slack`]);
    await people.quiet();
    assert.equal((await rig.store.requests.list({}, { limit: 1, offset: 0 })).total, total);

    assert.equal((await slack.submit(dana.slack, view)).closed, true);
    const mine = await until('her own is taken', async () => {
      const { requests } = await rig.store.requests.list({}, { limit: 1, offset: 0 });
      return requests.find(({ reason }) => reason === 'only mine');
    });
    assert.equal(mine.requestedBy, dana.id);
  });

  it('a broken glass is heard by operators and approvers, and passes a hold', async () => {
    await seats.told(quinn, '/refresh hold uat until tomorrow 23:00 "regression"', /held by you/);
    const words = '/refresh uat orders --break-glass --reason "prices of others"';
    await seats.told(dana, words, /break-glass-not-allowed/);
    await seats.told(otto, words, /The glass is broken: it starts at once/);
    const { id: request } = await rig.stage.newest();
    const loud = /Break-glass: [^]*without anybody's approval[^]*Reason: prices of others/;
    await seats.inChannel(loud, channels.operators);
    await seats.direct(quinn, /Reason: prices of others[^]*because you could have approved/);
    assert.equal((await rig.until(request, ['succeeded', 'failed', 'fenced'], 120)).state, 'succeeded');
    const card = await rig.stage.card(request, /done/, 60);
    assert.match(seats.read(card), loud);
    assert.match(seats.read(card), /Passed over: uat is held by Quinn Abara[^]*Approved by nobody/);
    await seats.inThread(card, /Nobody approved it: the glass was broken/);
    await seats.comment(await rig.stage.issue(request, 'Done', 60), /without anybody's approval/);
    const [event] = await rig.store.events.ofRequest(request, ['glass-broken']);
    assert.ok(event?.type === 'glass-broken' && event.actor === otto.id);
    await people.type(quinn, 'release uat');
  });

  it('a changed option voids the yeses, a changed rule what was shown, and everybody reads it', async () => {
    await seats.told(otto, '/refresh hold uat until tomorrow 23:00 "regression"', /held by you/);
    const held = await asked('uat');
    await saysYes(quinn, held, /QA: 1 of 2/);
    await saysYes(otto, held, /waiting: uat is held by Otto Lindgren/);
    const open = await asked('dev');
    const shown = open.card.versions.length - 1;
    inRole(rig.sandbox, otto);
    await rig.resite((site) => {
      site.environments.uat!.databases.orders!['minimumRows'] = { 'shop.customer': 101 };
      const rules = site['rules'] as { may: unknown; roles: unknown; environments: unknown }[];
      rules.find(({ environments }) => String(environments) === 'dev')!.roles = [
        'release-manager',
        'developer',
      ];
    });

    await seats.inThread(held.card, /The approval does not count any more: /);
    await rig.stage.card(held.request, /QA: 0 of 2/, 60);
    await seats.comment(held.key, /The approval does not count any more/);
    await rig.stage.issue(held.request, waiting, 60);
    await seats.direct(
      dana,
      new RegExp(`approval of your request ${held.request} .* does not count any more`),
    );
    assert.equal((await rig.store.events.ofRequest(held.request, ['approval-voided'])).length, 1);
    assert.equal(await rig.store.runs.ofRequest(held.request), undefined);

    await seats.inThread(open.card, /who may approve on "dev"[^]*A yes counts for what the card shows now/);
    await seats.comment(open.key, /A yes counts for what is described now/);
    assert.equal((await rig.store.events.ofRequest(open.request, ['request-revised'])).length, 1);
    await rig.stage.card(open.request, /can be approved by/i, 60);
    await pressRefused(otto, open.card, /has changed since you saw it/, { version: shown });
    assert.deepEqual(await refusals(open.request), ['Otto Lindgren: approval-outdated over slack']);
  });

  it('an approver who is taken out of the Slack group or the Jira role a second before: nothing starts', async () => {
    for (const name of ['uat', 'dev'])
      await seats.told(otto, `/refresh hold ${name} until tomorrow 23:00 "regression"`, /held by you/);
    const uat = await asked('uat');
    await saysYes(quinn, uat, /QA: 1 of 2/);
    await saysYes(otto, uat, /waiting: uat is held by Otto Lindgren/);
    const dev = await asked('dev');
    await saysYes(otto, dev, /waiting: dev is held by Otto Lindgren/);
    inGroup(rig.sandbox, otto);
    inRole(rig.sandbox);
    for (const one of [uat, dev]) {
      await seats.inThread(one.card, /The approval does not count any more: [^]*may approve any more/);
      await seats.comment(one.key, /may approve any more/);
      await rig.stage.issue(one.request, waiting, 60);
      assert.equal(await rig.store.runs.ofRequest(one.request), undefined);
      assert.equal((await rig.store.events.ofRequest(one.request, ['approval-voided'])).length, 1);
    }
    await pressRefused(
      quinn,
      await rig.stage.card(uat.request, /approv/i),
      /Quinn Abara may not decide on "uat"/,
    );
    await pressRefused(
      otto,
      await rig.stage.card(dev.request, /approv/i),
      /Otto Lindgren may not decide on "dev"/,
    );
    assert.deepEqual(await refusals(uat.request), ['Quinn Abara: approval-not-allowed over slack']);
    assert.deepEqual(await refusals(dev.request), ['Otto Lindgren: approval-not-allowed over slack']);
  });

  it('leaves nothing that must not be', async () => {
    await people.agreed();
    await checkInvariants(rig, {
      targets: { orders_uat: [await contentAfter(rig, await backupIn(rig, 'anonymised', '.dump'), 'uat')] },
      approvers: { uat: ['quinn', 'otto'], dev: ['otto'] },
    });
  });
});
