import assert from 'node:assert/strict';
import { App, type AckFn } from '@slack/bolt';
import type { RequestId } from '../../../../../src/domain/ids.ts';
import type { Site } from '../../../../../src/domain/site.ts';
import { encodeMeta } from '../../../../../src/fronts/slack/modal/names.ts';
import { submitted } from '../../../../../src/fronts/slack/modal/submit.ts';
import type { View } from '../../../../../src/sandbox/slack/views.ts';
import { createService } from '../../../../../src/service/service.ts';
import { cards, channel, dana, openStages, quinn, team, type Stage } from '../stage.ts';
import { filled, form, opened, submission, textOf } from './form.ts';
import { untilHolds } from '../../../../until.ts';

const first: RequestId = 'REQ-1';

async function requests(stage: Stage): Promise<number> {
  return (await stage.paper.store.requests.list({}, { limit: 9, offset: 0 })).total;
}

/** Gives a delivery to a bot straight, and answers with what it acknowledges. */
async function delivered(stage: Stage, body: Record<string, unknown>): Promise<unknown> {
  const receiver = { init: () => undefined, start: () => Promise.resolve(), stop: () => Promise.resolve() };
  const app = new App({ receiver, authorize: () => Promise.resolve({ botToken: 'xoxb-1-secret' }) });
  stage.front.listeners(app);
  let answered: unknown;
  const ack: AckFn<unknown> = (answer) => {
    answered = answer ?? 'nothing';
    return Promise.resolve();
  };
  await app.processEvent({ body, ack });
  return answered;
}

describe('submitting the form', function () {
  this.timeout(60_000);
  const open = openStages();

  it('by somebody else than it was opened for is refused, and so is what is no form of ours', async () => {
    const stage = await open();
    await stage.paper.backup();
    const view = await filled(stage, dana, 'uat', ['orders']);
    const refused = await delivered(stage, submission(view, quinn));
    assert.match(JSON.stringify(refused), /"response_action":"update".*form-not-yours/);
    const forged = { ...view, content: { ...view.content, private_metadata: '{"v":1,"user":""}' } };
    assert.match(JSON.stringify(await delivered(stage, submission(forged, dana))), /form-unknown/);
    const foreign = { ...submission(view, dana), team: { id: 'T0PARTNER', domain: 'x' } };
    assert.match(JSON.stringify(await delivered(stage, foreign)), /another workspace.*person-unknown/);
    assert.equal(await requests(stage), 0);
    assert.deepEqual(await stage.paper.attempts(), [
      'U0DANA (U0DANA) form-unknown: submitting a form',
      'U0QUINN (U0QUINN) form-not-yours: submitting the form of U0DANA',
    ]);
    await delivered(stage, submission(view, quinn));
    assert.equal((await stage.paper.attempts()).length, 2, 'once in ten minutes');
    stage.paper.pass(601);
    await delivered(stage, submission(view, quinn));
    assert.equal((await stage.paper.attempts()).length, 3);
    assert.equal((await stage.slack.submit(dana, view)).closed, true, 'hers still counts');
    await stage.card(first);
  });

  it('makes one request, however often it is delivered, also when it is asked for again', async () => {
    const stage = await open();
    await stage.another();
    await stage.paper.backup();
    const view = await filled(stage, dana, 'uat', ['orders']);
    stage.slack.faults.onDelivery('interactive', { kind: 'repeat', copies: 20, times: 1 });
    assert.equal((await stage.slack.submit(dana, view)).closed, true);
    await stage.told(dana, /REQ-1/);
    await stage.card(first);
    // A copy that comes when the request is there already is not told that it is there.
    assert.equal(await delivered(stage, submission(view, dana)), 'nothing');
    assert.equal(stage.slack.ephemerals(dana).length, 1);
    assert.deepEqual([await requests(stage), cards(stage)], [1, 1]);
    // A form of its own that asks for the same is refused where it is filled in.
    const again = await filled(stage, dana, 'uat', ['orders']);
    await form(stage, dana, /:x: REQ-1 asks for exactly the same and is pending/);
    const { errors, closed } = await stage.slack.submit(dana, again);
    assert.match(errors['databases:uat'] ?? '', /REQ-1 asks for exactly the same/);
    assert.equal(closed, false);
    assert.equal(await requests(stage), 1);
    assert.deepEqual(stage.slack.notices(), []);
  });

  it('works after a restart; what has gone meanwhile is refused at its field', async () => {
    const stage = await open();
    const backup = await stage.paper.backup();
    await stage.paper.backup({ database: 'billing' });
    const view = await filled(stage, dana, 'uat', ['orders', 'billing']);
    await stage.front.stop();
    const changed = async (change: (site: Site) => Site) => {
      const site = change(stage.paper.site);
      return stage.another({ site, service: createService({ ...stage.paper.deps, site }) });
    };
    const { uat, ci, dev } = stage.paper.site.environments;

    const withoutUat = await changed((site) => ({ ...site, environments: { ci: ci!, dev: dev! } }));
    const gone = await stage.slack.submit(dana, view);
    assert.deepEqual(Object.keys(gone.errors), ['environment']);
    assert.match(gone.errors['environment']!, /Environment "uat" is not configured; expected "ci" or "dev"/);
    await withoutUat.stop();

    const { orders } = uat!.databases;
    const withoutBilling = await changed((site) => ({
      ...site,
      environments: { ...site.environments, uat: { ...uat!, databases: { orders: orders! } } },
    }));
    const moved = await stage.slack.submit(dana, view);
    assert.match(moved.errors['databases:uat'] ?? '', /"billing" does not live in "uat"/);
    await withoutBilling.stop();

    await stage.another();
    await stage.paper.store.write((tx) => tx.backups.update(backup.id, { state: 'missing' }));
    const lost = await stage.slack.submit(dana, view);
    assert.deepEqual(Object.keys(lost.errors), ['backup:uat:orders:BKP-1']);
    assert.match(lost.errors['backup:uat:orders:BKP-1']!, /BKP-1 is gone from repository "nightly"/);
    assert.equal(await requests(stage), 0);

    await stage.paper.store.write((tx) => tx.backups.update(backup.id, { state: 'present' }));
    const start = Math.floor(Date.now() / 1000) + 3600;
    assert.match(
      (await stage.slack.submit(dana, view, { 'modal-when': String(start - 7200) })).errors['when'] ?? '',
      /is past; a start lies between now and 30 days ahead/,
    );
    for (const never of [1e20, -1e20, 'soon']) {
      const forged = structuredClone(view);
      forged.values['when'] = {
        'modal-when': { type: 'datetimepicker', selected_date_time: never as number },
      };
      const refused = JSON.stringify(await delivered(stage, submission(forged, dana)));
      assert.match(refused, /"when":"[^}]*is too far ahead/);
    }
    assert.equal((await stage.slack.submit(dana, view, { 'modal-when': String(start) })).closed, true);
    await stage.card(first);
    const request = await stage.paper.store.requests.get(first);
    assert.equal(request?.startAt?.getTime(), start * 1000);
    assert.deepEqual(
      request?.items.map(({ database }) => database),
      ['orders', 'billing'],
    );
  });

  it('has each error at the field it belongs to, whatever a client lets through', async () => {
    const stage = await open();
    await stage.paper.backup();
    const view = await filled(stage, dana, 'uat', ['orders']);
    const refused = async (change: (view: View) => void): Promise<Record<string, string>> => {
      const changed = structuredClone(view);
      change(changed);
      const answer = await delivered(stage, submission(changed, dana));
      assert.ok(typeof answer === 'object' && answer !== null && 'errors' in answer, JSON.stringify(answer));
      return answer.errors as Record<string, string>;
    };
    const long = await refused(({ values }) => {
      values['reason'] = { 'modal-reason': { type: 'plain_text_input', value: 'x'.repeat(2001) } };
    });
    assert.deepEqual(Object.keys(long), ['reason']);
    assert.match(long['reason']!, /The reason has 2001 characters; at most 2000 are kept\. Say it shorter/);
    const none = await refused(({ values }) => {
      values['databases:uat']!['modal-databases']!.selected_options = [];
    });
    assert.deepEqual(Object.keys(none), ['databases:uat']);
    assert.equal(await requests(stage), 0);
  });

  it('faster than the form could follow is asked for what it does not show', async () => {
    const stage = await open();
    await stage.paper.backup();
    const view = await filled(stage, dana, 'uat', ['orders']);
    const unseen = structuredClone(view);
    unseen.values['environment']!['modal-environment']!.selected_option!.value = 'ci';
    const answer = JSON.stringify(await delivered(stage, submission(unseen, dana)));
    assert.match(answer, /"response_action":"update".*Choose databases of ci, then submit again/);
    assert.match(answer, /"block_id":"databases:ci".*"initial_options".*"value":"orders"/);
    assert.equal(await requests(stage), 0);
  });

  it('faster than the form could follow is never accepted unchecked', async () => {
    const paper = { workspace: () => Promise.reject(new Error('away')), log: { warn: () => undefined } };
    const accepted: string[] = [];
    const taking = {
      accept: (key: string) => Promise.resolve((accepted.push(key), 'new' as const)),
      knows: () => Promise.resolve(false),
    };
    const chosen = (environment: string) => ({
      environment: { 'modal-environment': { selected_option: { value: environment } } },
      'databases:uat': { 'modal-databases': { selected_options: [{ value: 'orders' }] } },
    });
    const submit = (environment: string) =>
      submitted(paper as unknown as Parameters<typeof submitted>[0], taking, {
        user: dana,
        userName: 'dana',
        teams: [team],
        viewId: environment,
        metadata: encodeMeta({ user: dana, channel }),
        values: chosen(environment),
        inputs: ['environment', 'databases:uat'],
      });
    assert.deepEqual(await submit('ci'), {
      response_action: 'errors',
      errors: { environment: 'Choose databases of ci, then submit again.' },
    });
    assert.equal(await submit('uat'), undefined);
    assert.deepEqual(accepted, ['modal uat']);
  });

  it('is accepted when it can not be checked in time, and refused when it can not be kept', async () => {
    const stage = await open();
    const { service, deps } = stage.paper;
    await stage.paper.backup({ state: 'corrupt', stateReason: 'cut short' });
    const view = await filled(stage, dana, 'uat', ['orders'], /No backup of/);
    const { faultsOf } = service;
    service.faultsOf = () => new Promise(() => undefined);
    const accept = service.inbox.accept.bind(service.inbox);
    service.inbox.accept = () => new Promise(() => undefined);
    const unsure = await stage.slack.submit(dana, view);
    assert.equal(unsure.delivery!.error, undefined);
    await form(stage, dana, /could not make sure that it kept[^]*delivery-not-stored/);
    service.inbox.accept = accept;

    const other = await filled(stage, dana, 'uat', ['orders'], /No backup of/);
    const kept = await stage.slack.submit(dana, other);
    assert.equal(kept.closed, true);
    assert.match(await stage.told(dana, /backup-none/), /No backup of "orders" is fit for "uat"/);
    service.faultsOf = faultsOf;
    // A fault of ours in the check is none of theirs: the deed itself answers.
    service.faultsOf = () => Promise.reject(new Error('row 17 of secrets'));
    await deps.store.write((tx) => tx.backups.update('BKP-1', { state: 'present' }));
    const third = await filled(stage, dana, 'uat', ['orders']);
    assert.equal((await stage.slack.submit(dana, third)).closed, true);
    await stage.card(first);
  });

  it('of 50 databases makes one request of 50', async () => {
    const many = Array.from({ length: 50 }, (_, at) => `database-${at}`);
    const stage = await open({
      site: (site) => {
        const uat = site.environments['uat']!;
        const placed = many.map((database) => [
          database,
          { ...uat.databases['orders']!, database, databaseName: database, target: `uat-${database}` },
        ]);
        const databases = many.map((name) => [name, { name, engine: 'postgres', title: 'סביבה <!here>' }]);
        return {
          ...site,
          databases: Object.fromEntries(databases),
          environments: { uat: { ...uat, databases: Object.fromEntries(placed) } },
        };
      },
    });
    for (const database of many) await stage.paper.backup({ database });
    const view = await opened(stage, dana, /Databases of uat/);
    await stage.slack.click(dana, view, 'modal-databases', { value: many });
    await form(stage, dana, /Overwritten, too: .* \d+ sessions are open on them\./);
    const { closed, errors } = await stage.slack.submit(dana, view);
    assert.deepEqual([closed, errors], [true, {}]);
    await stage.card(first);
    assert.equal((await stage.paper.store.requests.get(first))?.items.length, 50);
    assert.deepEqual(stage.slack.notices(), []);
  });

  it('that was cut off in the middle is not done twice, and they are told what it was', async () => {
    const stage = await open({ idle: true });
    await stage.paper.backup();
    const input = { environment: 'uat', databases: ['orders'], backup: ['BKP-1'], reason: 'say "it"' };
    const deed = { kind: 'form', user: dana, userName: 'dana', channel, teams: [team], input };
    await stage.paper.service.inbox.accept('slack', 'modal V1', deed);
    assert.equal((await stage.paper.service.inbox.take('slack', 8, 0)).length, 1);
    await stage.front.start();
    const text = await stage.told(dana, /interrupted/);
    assert.ok(text.includes(String.raw`/refresh uat orders --backup BKP-1 --reason "say \"it\""`), text);
    assert.equal(await requests(stage), 0);
    await untilHolds(() => stage.slack.ephemerals(dana).length === 1);
    assert.doesNotMatch(textOf(stage.slack.view(dana)), /./);
  });
});
