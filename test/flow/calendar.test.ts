import assert from 'node:assert/strict';
import { Client } from 'pg';
import type { Event, EventType } from '../../src/domain/event.ts';
import { idNumber, type RequestId } from '../../src/domain/ids.ts';
import { dana, otto, quinn, sam, shopProject } from '../../src/sandbox/cast.ts';
import { buttonOf } from '../../src/sandbox/story/buttons.ts';
import { requestOf } from '../../src/sandbox/story/moves.ts';
import { checkInvariants } from '../rig/invariants.ts';
import { peopleOf, type People } from '../rig/people.ts';
import { startMs, startRig, stopRigs, type Rig } from '../rig/rig.ts';
import { seatsOf, type Seats } from '../rig/seats.ts';
import { notNow, type SiteText } from '../rig/site.ts';
import { backupIn, contentAfter } from '../rig/targets.ts';
import { until } from '../until.ts';
import { needs } from '../skip.ts';

const day = 86_400_000;
const onDay = (days: number) => new Date(Date.now() + days * day).toISOString().slice(0, 10);
const frozen = (reason: string) => [{ window: `${onDay(-1)} .. ${onDay(2)}`, reason }];

/** Holders of uat are asked, of ci nobody is let in; dev is frozen. Sam decides on uat where nobody does. */
function calendar(site: SiteText): void {
  const people = site['people'] as Record<string, unknown>;
  people['sam'] = { name: sam.name, roles: ['release-manager'], slack: sam.slack, jira: sam.jira };
  const { uat, ci, dev } = site.environments;
  Object.assign(uat!, {
    remind: ['30m'],
    workingHours: 'always',
    approvalWithin: '2h',
    approval: { fallback: { roles: ['release-manager'], after: '1h' } },
  });
  Object.assign(ci!, { onHold: 'refuse' });
  Object.assign(dev!, { freeze: frozen('end of the quarter') });
}

describe('the calendar, schedules and what fits together, over Slack and Jira', function () {
  this.timeout(240_000);
  let rig: Rig;
  let people: People;
  let seats: Seats;
  let waits: RequestId;

  before(async function () {
    this.timeout(startMs);
    needs(this, 'postgresql', 'openssh-server');
    rig = await startRig({ serve: [], billing: true, site: calendar });
    people = peopleOf(rig);
    seats = seatsOf(rig);
  });
  after(stopRigs);

  const total = async () => (await rig.store.requests.list({}, { limit: 1, offset: 0 })).total;

  /** The only event of its kind that a request has. */
  async function only<T extends EventType>(
    request: RequestId,
    type: T,
  ): Promise<Extract<Event, { type: T }>> {
    const [event, ...more] = await rig.store.events.ofRequest(request, [type]);
    assert.ok(event?.type === type && more.length === 0, `${type}: ${JSON.stringify([event, ...more])}`);
    return event as Extract<Event, { type: T }>;
  }

  /** The moment so many seconds ahead, as typed. */
  const ahead = (seconds: number) => new Date(Math.ceil(rig.store.now().getTime() / 1000 + seconds) * 1000);
  const typed = (at: Date) => at.toISOString().replace('.000', '');

  it('a frozen environment keeps back what is approved, and says until when', async () => {
    waits = await rig.ask('dev');
    const card = await rig.stage.card(waits, /waiting: dev is frozen until .*: end of the quarter/, 60);
    await seats.inThread(card, /It waits: dev is frozen until/);
    await seats.direct(dana, new RegExp(`${waits} .*is approved and waits`));
    assert.match((await only(waits, 'request-held')).why, /end of the quarter/);
  });

  it('a delegate approves for the QA manager, who is asked as the one who holds it and says no', async () => {
    await seats.told(quinn, '/refresh delegate otto until tomorrow 23:59', /may approve for you until/);
    await seats.direct(otto, /gave you the right to approve in their place/);
    await seats.told(
      quinn,
      '/refresh hold uat until tomorrow 23:00 "regression of release 12"',
      /held by you/,
    );
    await seats.inChannel(/uat.{0,2} is held by @Quinn Abara in Slack until/);
    const asking = people.pending({ reason: 'hotfix 12.1' });
    await seats.toldOf(
      dana,
      /After that it waits: uat is held by Quinn Abara until .*: regression of release 12/,
      () => asking,
    );
    const { request, key, card } = await asking;

    await rig.stage.press(otto, card, 'approve');
    const held = await rig.stage.card(request, /waiting: uat is held by Quinn Abara/, 60);
    assert.match(seats.read(held), /Asked for a yes: @Quinn Abara/);
    await seats.inThread(card, /Approved by @Otto Lindgren in Slack for @Quinn Abara/);
    await seats.comment(key, /Approved, and it waits: uat is held by Quinn Abara[^]*The holder is asked/);
    assert.equal((await only(request, 'request-approved')).for, quinn.id);
    assert.equal((await only(request, 'request-held')).holder, quinn.id);

    const question = await seats.direct(quinn, new RegExp(`You hold uat until .*May ${request}`));
    await rig.stage.press(quinn, question, buttonOf(question, /no/i));
    await seats.direct(dana, new RegExp(`${request} .*was rejected by Quinn Abara, who holds uat`));
    await rig.stage.issue(request, 'Rejected', 60);
    assert.ok((await only(request, 'request-rejected')).hold !== undefined);
    assert.equal(await rig.store.runs.ofRequest(request), undefined);
    await seats.told(quinn, '/refresh release uat', /Released/);
    await seats.told(quinn, '/refresh delegate off', /Nobody approves for you/);
  });

  it('where a hold refuses, nothing can be asked for', async () => {
    await seats.told(otto, '/refresh hold ci until tomorrow 23:00 "pipeline of the release"', /held by you/);
    const before = await total();
    await seats.told(
      dana,
      '/refresh ci orders',
      /ci is held by Otto Lindgren until .*: pipeline of the release; nothing may be asked for[^]*environment-held/,
    );
    assert.equal(await total(), before);
    await seats.told(dana, '/refresh holds ci', /Held by @Otto Lindgren until .*pipeline of the release/);
    await seats.told(otto, '/refresh release ci', /Released/);
    await seats.inChannel(/ci.{0,2} was released by @Otto Lindgren/);
  });

  it('who waits for long is asked again, and then the fallback, who decides', async () => {
    const { request, card } = await people.pending({ more: '--at "tomorrow 22:00"' });
    const client = new Client({ connectionString: rig.storeUrl });
    await client.connect();
    // As if it had been asked for an hour ago.
    await client.query(
      `update freshet.requests set expires_at = expires_at - interval '65 minutes' where number = $1`,
      [idNumber(request)],
    );
    await client.end();
    await seats.inThread(card, /Still needed: [^]*It can be given by [^]*@Quinn Abara/);
    await seats.direct(quinn, new RegExp(`${request} .*waits for your yes or no`));
    await seats.inThread(card, /Nobody has decided for 1 h: release-manager may now, too/);
    await seats.direct(sam, new RegExp(`${request} .*waits for your yes or no`));
    assert.equal((await only(request, 'approvers-reminded')).number, 1);

    await rig.stage.press(sam, card, 'approve');
    await seats.inThread(card, /Approved by @Sam Okafor in Slack as the fallback/);
    assert.equal((await only(request, 'request-approved')).fallback, true);
    await people.cancelled(request);
  });

  it('what was approved for later is looked at again at its moment', async () => {
    const at = ahead(30);
    const { request, card } = await people.pending({ more: `--at ${typed(at)}` });
    await rig.stage.press(quinn, card, 'approve');
    await rig.stage.card(request, /approved, starts/, 60);
    await seats.told(otto, '/refresh hold uat until tomorrow 23:00 "load test"', /held by you/);
    const question = await seats.direct(otto, new RegExp(`You hold uat until .*May ${request}`));
    await seats.inThread(card, /It waits: uat is held by Otto Lindgren/);
    await until('its moment is over', () => rig.store.now().getTime() > at.getTime() + 2000);
    assert.equal((await rig.store.requests.get(request))?.state, 'approved');
    assert.equal(await rig.store.runs.ofRequest(request), undefined);
    await rig.stage.press(otto, question, buttonOf(question, /no/i));
    await rig.stage.issue(request, 'Rejected', 60);
    await seats.told(otto, '/refresh release uat', /Released/);
  });

  it('a refresh for a ticket starts at its moment, and the ticket hears how it ended', async () => {
    const { jira } = rig.sandbox;
    await seats.told(dana, `/refresh ci orders --for SHOP-999`, /Jira has no ticket "SHOP-999"/);
    const ticket = jira.createIssue(dana.jira, { summary: 'Release 12', project: shopProject.key }).key;
    const at = ahead(18);
    const request = await rig.ask('ci', { more: `--at ${typed(at)} --for ${ticket}` });
    const card = await rig.stage.card(request, /approved, starts/, 60);
    assert.match(seats.read(card), new RegExp(ticket));
    await seats.inThread(card, new RegExp(`Linked to ${ticket} in Jira`));
    const { state } = await rig.until(request, ['succeeded', 'failed', 'fenced'], 120);
    assert.equal(state, 'succeeded', JSON.stringify(await rig.store.events.ofRequest(request)));
    assert.ok((await only(request, 'run-started')).at >= at, 'not before its moment');
    const key = await rig.stage.issue(request, 'Done', 60);
    assert.deepEqual(jira.issue(ticket).issueLinks, [`relates to ${key}`]);
    await seats.comment(ticket, new RegExp(`orders on .*: refreshed in[^]*${request} · ${key}`));
    assert.equal((await only(request, 'ticket-linked')).ticket, ticket);
  });

  it('what does not fit together is refused, with what fits better', async () => {
    const { backups } = await rig.store.backups.list(
      { database: 'billing', anonymised: true, usable: true },
      { limit: 5, offset: 0 },
    );
    const [nightly, weekly] = backups;
    const set = await seats.told(dana, '/backups align orders billing --env ci', /Set of orders and billing/);
    assert.match(set, new RegExp(`${nightly!.id}[^]*The data is \\d+ min apart`));
    const moment = new Date(nightly!.dataAt!.getTime() + 60_000).toISOString();
    const then = await seats.told(
      dana,
      `/backups align orders billing --env ci --as-of ${moment}`,
      /Set of orders and billing/,
    );
    assert.ok(then.includes(nightly!.id), then);
    const before = await total();
    const refused = await seats.told(
      dana,
      `/refresh ci orders billing --backup ${weekly!.id}`,
      /sets-not-aligned/,
    );
    assert.ok(refused.includes(nightly!.id), refused);
    assert.equal(await total(), before);
  });

  it('a schedule is made, paused, resumed, skipped once and run now, with backups that fit one another', async () => {
    const reason = 'fresh every morning';
    await seats.told(
      dana,
      `/refresh schedule add ci "${notNow()}" --databases orders,billing --name both-of-ci --reason "${reason}"`,
      /both-of-ci was added/,
    );
    await seats.inChannel(/@Dana Whitlock made the schedule both-of-ci: refresh orders, billing on ci/);
    for (const [verb, words] of [
      ['pause', /both-of-ci was paused[^]*paused by @Dana Whitlock/],
      ['resume', /both-of-ci was resumed/],
      ['skip', /both-of-ci leaves out its next time/],
    ] as const)
      await seats.told(dana, `/refresh schedule ${verb} both-of-ci`, words);
    await seats.inChannel(/The schedule both-of-ci leaves out .*, as @Dana Whitlock asked/);
    const list = await seats.told(dana, '/refresh schedule', /both-of-ci/);
    assert.match(list, /nightly-ci/, 'that of the site file as well');

    await people.type(dana, 'schedule run both-of-ci');
    const request = await requestOf(rig.stage, reason);
    const { state, items } = await rig.until(request, ['succeeded', 'failed', 'fenced'], 120);
    assert.equal(state, 'succeeded', JSON.stringify(await rig.store.events.ofRequest(request)));
    const card = await rig.stage.card(request, /done/, 60);
    assert.match(seats.read(card), /The data is \d+ min apart[^]*as schedule both-of-ci does/);
    const backups = await Promise.all(items.map(({ backup }) => rig.store.backups.get(backup!.id)));
    const moments = backups.map((backup) => backup!.dataAt!.getTime());
    assert.ok(Math.max(...moments) - Math.min(...moments) < 3_600_000, JSON.stringify(backups));
    assert.equal((await only(request, 'request-created')).schedule, 'both-of-ci');
    const told = await types();
    for (const type of ['added', 'paused', 'resumed', 'skips'] as const)
      assert.equal(told.filter((one) => one === `schedule-${type}`).length, 1, type);
  });

  async function types(): Promise<EventType[]> {
    return (await rig.store.events.after(undefined, 1000)).events.map(({ type }) => type);
  }

  it('when a freeze is lifted, what waited runs; where one refuses, nothing can be asked for', async () => {
    await rig.resite(({ environments: { dev, ci } }) => {
      delete dev!['freeze'];
      Object.assign(ci!, { freeze: frozen('year-end closing'), onFreeze: 'refuse' });
    });
    await seats.told(
      dana,
      '/refresh ci orders',
      /ci is frozen until .*year-end closing[^]*environment-frozen/,
    );
    const { state } = await rig.until(waits, ['succeeded', 'failed', 'fenced'], 120);
    assert.equal(state, 'succeeded', JSON.stringify(await rig.store.events.ofRequest(waits)));
    await rig.stage.card(waits, /done/, 60);
    await rig.stage.issue(waits, 'Done', 60);
  });

  it('the log of it all is whole, can be taken along, and leaves nothing that must not be', async () => {
    await people.agreed();
    const sealed = await until('something is sealed', () => rig.store.seals.latest(), 120);
    const [verdict, jsonl, csv, received] = await Promise.all([
      rig.says(['audit', 'verify', '--head', sealed.hash]),
      rig.says(['audit', 'export', '--format', 'jsonl']),
      rig.says(['audit', 'export', '--format', 'csv']),
      rig.says(['audit', 'received', '--environment', 'ci']),
    ]);
    assert.match(verdict, /^ok {4}\d+ seals, \d+ events/);
    const exported = jsonl
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { type: EventType }).type);
    // Meanwhile more may have been written.
    assert.deepEqual(exported.slice(0, 1000), (await types()).slice(0, exported.length));
    assert.ok(exported.includes('schedule-added') && exported.includes('hold-placed'));
    assert.match(csv, /^id,at,type,request,run,actor,front,data\r\n/);
    assert.match(received, /billing/);
    await checkInvariants(rig, {
      targets: { orders_ci: [await contentAfter(rig, await backupIn(rig, 'anonymised', '.dump'), 'ci')] },
    });
  });
});
