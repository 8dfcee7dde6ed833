import assert from 'node:assert/strict';
import { App, SocketModeReceiver } from '@slack/bolt';
import type { Site } from '../../../../../src/domain/site.ts';
import { openModal } from '../../../../../src/fronts/slack/modal/index.ts';
import { channel, dana, guest, openStages, quinn, stranger, team } from '../stage.ts';
import { form, opened, textOf } from './form.ts';
import { held, untilHolds } from '../../../../until.ts';

/** A site whose environments take a role that nobody has but QA. */
function forQaAlone(site: Site): Site {
  const environments = Object.fromEntries(
    Object.entries(site.environments).map(([name, one]) => [name, { ...one, requesters: ['qa-manager'] }]),
  );
  return { ...site, environments };
}

describe('opening the form', function () {
  this.timeout(60_000);
  const open = openStages();

  it('shows at once that it loads, then what the person may ask for: never production', async () => {
    const stage = await open();
    // The first call after the opening is held back: what is there before it is seen.
    const { until, letGo } = held();
    stage.slack.faults.onCall('views.update', { kind: 'held', until, times: 1 });
    const delivery = await stage.slack.command(dana, channel, ' ', { command: '/refresh' });
    assert.equal(delivery.error, undefined);
    await form(stage, dana, /Loading/);
    letGo();
    const view = await form(stage, dana, /Choose an environment to see its databases/);
    const [first] = view.content.blocks;
    assert.ok(first?.type === 'input' && first.element.type === 'static_select');
    assert.deepEqual(
      first.element.options?.map(({ value }) => value),
      ['uat', 'ci', 'dev'],
    );
    assert.equal(
      (await stage.paper.service.inbox.take('slack', 9, 1)).length,
      0,
      'nothing went through the inbox',
    );
    assert.deepEqual(stage.slack.ephemerals(dana), []);
    await stage.refresh(dana, 'help');
    assert.match(await stage.told(dana, /Ask for a refresh/), /`\/refresh` alone opens a form/);
  });

  it('chooses what there is only one of', async () => {
    const stage = await open({
      site: (site) => {
        const { ci } = site.environments;
        const { orders } = ci!.databases;
        return { ...site, environments: { ci: { ...ci!, databases: { orders: orders! } } } };
      },
    });
    const backup = await stage.paper.backup();
    const view = await opened(stage, dana, /is overwritten by/);
    assert.match(textOf(view), /not protected: the refresh needs nobody's approval and starts by itself/);
    const { closed } = await stage.slack.submit(dana, view);
    assert.equal(closed, true);
    await stage.told(dana, /It starts at once/);
    assert.equal((await stage.paper.store.requests.get('REQ-1'))?.items[0]?.backup?.id, backup.id);
  });

  it('tells those who may not, in the view, why', async () => {
    const stage = await open({ site: forQaAlone });
    const view = await opened(stage, stranger, /person-unknown/);
    assert.match(textOf(view), /add you to the site file with the Slack member id U0SAM/);
    assert.equal(view.content.type === 'modal' && view.content.submit, undefined);
    await opened(stage, guest, /"U0GUEST" is of another workspace/);
    await opened(stage, dana, /Dana may not ask for any environment; it takes the role "qa-manager"/);
    await opened(stage, quinn);
    assert.deepEqual(stage.slack.notices(), []);
  });

  it('too late, or refused, is told with the one-line form', async () => {
    const stage = await open();
    stage.slack.faults.onCall('views.open', { kind: 'slow', delayMs: 3100, times: 1 });
    await stage.slack.command(dana, channel, '', { command: '/refresh' });
    const text = await stage.told(dana, /form-not-opened/);
    assert.match(text, /asked for more than three seconds ago/);
    assert.match(text, /type it: \/refresh uat orders --reason/);
    stage.slack.faults.onCall('views.open', { kind: 'error', error: 'fatal_error', times: 1 });
    await stage.slack.command(quinn, channel, '', { command: '/refresh' });
    assert.match(await stage.told(quinn, /form-not-opened/), /Slack refuses it with "fatal_error"/);
    assert.equal(stage.slack.view(dana), undefined);
  });

  it('goes on when the answer of the opening is lost, and when the delivery comes many times', async () => {
    const stage = await open();
    stage.slack.faults.onCall('views.open', { kind: 'lost-after', times: 1 });
    await opened(stage, dana);
    stage.slack.faults.onDelivery('slash_commands', { kind: 'repeat', copies: 5, times: 1 });
    await opened(stage, quinn);
    const openings = () => stage.slack.calls().filter(({ method }) => method === 'views.open');
    await untilHolds(() => openings().length === 6);
    assert.equal(openings().filter(({ ok }) => ok).length, 2);
    assert.deepEqual([stage.slack.ephemerals(dana), stage.slack.ephemerals(quinn)], [[], []]);
  });

  it('ends with a form or a reason though Slack answers badly in between', async () => {
    const stage = await open();
    stage.slack.faults.onCall('views.update', { kind: 'status', status: 503, times: 1 });
    stage.slack.faults.onCall('views.update', { kind: 'lost-before', times: 1 });
    await opened(stage, dana);
    // A view of ours that Slack does not take: the fault is ours, and nobody looks at "Loading" for ever.
    stage.slack.faults.onCall('views.update', { kind: 'error', error: 'invalid_arguments', times: 1 });
    const view = await opened(stage, quinn, /form-failed/);
    const reference = /reference ([0-9a-f]{8})/.exec(textOf(view))?.[1];
    assert.ok(stage.logged.some((line) => line.includes(reference!)));
    // Nothing can be changed any more: then it is said beside the form.
    stage.slack.faults.onCall('views.update', { kind: 'status', status: 503 });
    await stage.slack.command(dana, channel, '', { command: '/refresh' });
    assert.match(await stage.told(dana, /form-not-opened/), /could not be opened: Slack does not answer/);
  });

  it('from elsewhere begins with an environment, and answers in a direct message', async () => {
    const stage = await open({ idle: true });
    await stage.paper.backup();
    const { front } = stage.keeper();
    // A process that has nothing but this one button.
    const app = new App({
      receiver: new SocketModeReceiver({
        appToken: 'xapp-1-secret',
        installerOptions: { clientOptions: { slackApiUrl: stage.slack.apiUrl } },
      }),
      authorize: () => Promise.resolve({ botToken: front.botToken }),
      clientOptions: { slackApiUrl: stage.slack.apiUrl },
    });
    app.command('/refresh', async ({ command, ack }) => {
      await ack();
      const { trigger_id: triggerId, user_id: user } = command;
      await openModal(front, { triggerId, user, teams: [team], channel: '', preset: 'uat' });
    });
    await app.start();
    try {
      await opened(stage, dana, /Databases of uat/);
    } finally {
      await app.stop();
    }
    // The whole bot takes over what another process opened.
    await stage.front.start();
    const view = stage.slack.view(dana)!;
    await stage.slack.click(dana, view, 'modal-databases', { value: ['orders'] });
    await form(stage, dana, /is overwritten by/);
    assert.equal((await stage.slack.submit(dana, view)).closed, true);
    const direct = await stage.slack.waitFor(() => stage.slack.directMessages(dana)[0]);
    assert.match(stage.read(direct), /REQ-1[^]*It waits for an approval/);
  });
});
